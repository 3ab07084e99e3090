/** Messages over HTTP. */

import { z } from 'zod';
import { contentReport, eventReport, messageReport, queueReference } from '../journal/report-shapes.ts';
import { count, ofQueue, place } from '../parameters.ts';
import { type Route, route } from '../route.ts';

const foundMessage = messageReport.extend({ queue: queueReference });
const history = z.object({
  messageId: z.string(),
  queue: queueReference.describe('Where it is, or was last'),
  present: z.boolean().describe('Whether it is there still; in a list, as far as the journal knows'),
  content: contentReport.optional(),
  events: z
    .array(eventReport)
    .describe('The oldest first; none where the journal does not know the message (any more)'),
});

const ofMessage = {
  messageId: z.string(),
  queue: z.string().optional().describe('Looks only in the queue of this name'),
  ...place,
};

type OfMessage = z.output<z.ZodObject<typeof ofMessage>>;

const queueOf = ({ queue, account, region }: OfMessage) =>
  queue === undefined ? undefined : { name: queue, account, region };

export const messageRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/queues/{name}/messages',
    summary: 'Shows the messages of a queue without receiving them, however they stand.',
    parameters: z.object({
      ...ofQueue,
      state: z.enum(['visible', 'in-flight', 'delayed', 'blocked']).optional().describe('Only those'),
      limit: count(1000, 100),
      after: z.string().optional().describe('The `next` of the page before'),
    }),
    answer: z.object({ messages: z.array(messageReport), next: z.string().optional() }),
    handle: (control, { parameters: { state, limit, after, ...name } }) =>
      control.messages.peek(name, { state, limit, after }),
  }),
  route({
    method: 'GET',
    path: '/messages',
    summary: 'Lists the messages that the journal knows with their histories, the latest first, deleted ones too.',
    parameters: z.object({ queue: z.string().optional(), limit: count(1000, 100) }),
    answer: z.object({ messages: z.array(history) }),
    handle: (control, { parameters: { queue, limit } }) => ({ messages: control.messages.recent(queue, limit) }),
  }),
  route({
    method: 'GET',
    path: '/messages/{messageId}',
    summary: 'Finds a message by its id.',
    parameters: z.object(ofMessage),
    answer: foundMessage,
    handle: (control, { parameters }) => control.messages.find(parameters.messageId, queueOf(parameters)),
  }),
  route({
    method: 'GET',
    path: '/messages/{messageId}/history',
    summary: 'Tells what happened to a message, also when it is deleted.',
    parameters: z.object({ messageId: z.string() }),
    answer: history,
    handle: (control, { parameters }) => control.messages.history(parameters.messageId),
  }),
  route({
    method: 'DELETE',
    path: '/messages/{messageId}',
    summary: 'Deletes a message, however it stands.',
    parameters: z.object(ofMessage),
    answer: z.object({}),
    handle: async (control, { parameters }) => {
      await control.messages.delete(parameters.messageId, queueOf(parameters));
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/messages/{messageId}/dead-letter',
    summary: 'Gives a message to the dead-letter queue of its queue.',
    parameters: z.object(ofMessage),
    answer: z.object({ queue: queueReference }),
    handle: async (control, { parameters }) => ({
      queue: await control.messages.deadLetter(parameters.messageId, queueOf(parameters)),
    }),
  }),
  route({
    method: 'POST',
    path: '/messages/{messageId}/replay',
    summary: 'Sends what a message was sent with once more, as a new message; the first may be deleted.',
    parameters: z.object({ messageId: z.string() }),
    body: z.object({
      queue: z.string().optional().describe('Where to; by default the queue that it was in'),
      ...place,
    }),
    answer: z.object({ messageId: z.string(), queue: queueReference }),
    handle: (control, { parameters: { messageId }, body }) =>
      control.messages.replay(messageId, queueOf({ messageId, ...body })),
  }),
];
