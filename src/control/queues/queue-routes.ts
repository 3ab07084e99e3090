/** Routes of queues. */

import { z } from 'zod';
import { queueReference } from '../journal/report-shapes.ts';
import { queueParameters } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { countedShape, listingShape } from './queue-shapes.ts';

const queueCounts = () =>
  queueReference().extend({
    messages: z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() }),
    oldestSentAt: z.iso.datetime().optional().describe('When its oldest message was sent; missing if it has none'),
    waitingReceives: z.int().describe('How many long polls are waiting for messages'),
    traffic: z
      .object({
        in: z.int().describe('Messages that were sent or moved to the queue'),
        received: z.int().describe('Receives of messages'),
        out: z.int().describe('Messages that were deleted, expired, or moved to another queue; not purged ones'),
      })
      .optional()
      .describe('Totals since Squab started, or since the last reset or restored snapshot; missing without a journal'),
  });

const queueReport = () =>
  queueCounts().extend({
    arn: z.string(),
    fifo: z.boolean(),
    createdAt: z.iso.datetime(),
    modifiedAt: z.iso.datetime(),
    deadLetterQueue: queueReference().optional().describe('The queue that its redrive policy names'),
    sources: z.array(queueReference()).describe('The queues whose redrive policies name this one: up to 100 of them'),
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
    answer: () =>
      z.object({
        queues: z.array(queueReport()),
        total: z.int().describe('How many queues all pages have together'),
        accounts: z.array(z.string()).describe('The accounts that have queues'),
        regions: z.array(z.string()).describe('The regions that have queues'),
        next: z.string().optional(),
      }),
    handle: (control, { parameters }) => control.queues.list(parameters),
  }),
  route({
    method: 'GET',
    path: '/queues/{name}',
    summary: 'Describes one queue.',
    parameters: () => z.object(queueParameters()),
    answer: queueReport,
    handle: (control, { parameters }) => control.queues.get(parameters),
  }),
  route({
    method: 'POST',
    path: '/counts',
    summary: 'Counts the messages of many queues; those that do not exist are left out.',
    body: () => z.strictObject({ queues: countedShape().describe('Names, URLs or ARNs of queues') }),
    answer: () => z.object({ queues: z.array(queueCounts()) }),
    handle: async (control, { body }) => ({ queues: await control.queues.counts(body.queues) }),
  }),
  route({
    method: 'POST',
    path: '/queues/{name}/purge',
    summary: 'Deletes every message in a queue: visible, in flight and delayed.',
    parameters: () => z.object(queueParameters()),
    answer: () => z.object({}),
    handle: async (control, { parameters }) => {
      await control.queues.purge(parameters);
      return {};
    },
  }),
];
