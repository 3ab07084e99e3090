/** Waiting over HTTP. */

import { z } from 'zod';
import { eventReport } from '../journal/report-shapes.ts';
import { ofQueue } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { waitRequestShape } from './wait-shapes.ts';

const counts = z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() });
const met = z.object({
  event: eventReport.optional().describe('What was waited for, where that is an event'),
  messages: counts.describe('What the queue holds now'),
});

export const waitRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/queues/{name}/wait',
    summary:
      'Answers when something has happened to a message, or the queue is empty; with status 408 when it took too long.',
    parameters: z.object(ofQueue),
    body: waitRequestShape,
    answer: met,
    handle: (control, { parameters, body }, signal) => control.waitFor(parameters, body, signal),
  }),
];
