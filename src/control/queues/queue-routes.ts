/** Routes of queues. */

import { z } from 'zod';
import { queueReference } from '../journal/report-shapes.ts';
import { queueParameters } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { listingShape } from './queue-shapes.ts';

const queueReport = queueReference.extend({
  arn: z.string(),
  fifo: z.boolean(),
  createdAt: z.iso.datetime(),
  modifiedAt: z.iso.datetime(),
  messages: z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() }),
  waitingReceives: z.int().describe('How many long polls are waiting for messages'),
  attributes: z.record(z.string(), z.string()).describe('As GetQueueAttributes returns them'),
  tags: z.record(z.string(), z.string()),
});

export const queueRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/queues',
    summary:
      'Lists the queues of all accounts and regions, with their attributes, message counts and waiting receives.',
    parameters: listingShape,
    answer: z.object({ queues: z.array(queueReport), next: z.string().optional() }),
    handle: (control, { parameters }) => control.queues.list(parameters),
  }),
  route({
    method: 'GET',
    path: '/queues/{name}',
    summary: 'Describes one queue.',
    parameters: z.object(queueParameters),
    answer: queueReport,
    handle: (control, { parameters }) => control.queues.get(parameters),
  }),
  route({
    method: 'POST',
    path: '/queues/{name}/purge',
    summary: 'Deletes every message in a queue: visible, in flight and delayed.',
    parameters: z.object(queueParameters),
    answer: z.object({}),
    handle: async (control, { parameters }) => {
      await control.queues.purge(parameters);
      return {};
    },
  }),
];
