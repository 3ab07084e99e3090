/** The route that waits for an event or a state of a queue. */

import { z } from 'zod';
import { eventReport } from '../journal/report-shapes.ts';
import { queueParameters } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { waitRequestShape } from './wait-shapes.ts';

const counts = () => z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() });
const result = () =>
  z.object({
    event: eventReport().optional().describe('The event that ended the wait; missing if the wait was for a state'),
    messages: counts().describe('How many messages the queue holds now'),
  });

export const waitRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/queues/{name}/wait',
    summary: 'Waits for an event of a message, or until the queue is empty or drained; responds with 408 on timeout.',
    parameters: () => z.object(queueParameters()),
    body: waitRequestShape,
    atOnce: 200,
    answer: result,
    handle: (control, { parameters, body }, signal) => control.waitFor(parameters, body, signal),
  }),
];
