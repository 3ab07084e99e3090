/** Queues over HTTP. */

import { z } from 'zod';
import { queueReference } from '../journal/report-shapes.ts';
import { count, ofQueue, place } from '../parameters.ts';
import { type Route, route } from '../route.ts';

const queueReport = queueReference.extend({
  arn: z.string(),
  fifo: z.boolean(),
  createdAt: z.iso.datetime(),
  modifiedAt: z.iso.datetime(),
  messages: z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() }),
  waitingReceives: z.int().describe('Long polls that wait for messages'),
  attributes: z.record(z.string(), z.string()).describe('As GetQueueAttributes tells them'),
  tags: z.record(z.string(), z.string()),
});

export const queueRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/queues',
    summary: 'Lists queues of all accounts and regions, with their settings, counts, and receives that wait.',
    parameters: z.object({
      ...place,
      prefix: z.string().optional().describe('Only names that begin so'),
      limit: count(1000, 100),
      after: z.string().optional().describe('The `next` of the page before'),
    }),
    answer: z.object({ queues: z.array(queueReport), next: z.string().optional() }),
    handle: (control, { parameters }) => control.queues.list(parameters),
  }),
  route({
    method: 'GET',
    path: '/queues/{name}',
    summary: 'Tells all of one queue.',
    parameters: z.object(ofQueue),
    answer: queueReport,
    handle: (control, { parameters }) => control.queues.get(parameters),
  }),
];
