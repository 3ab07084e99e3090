/** Routes of messages. */

import { z } from 'zod';
import { contentReport, eventReport, messageReport, queueReference } from '../journal/report-shapes.ts';
import { accountAndRegion, queueParameters } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { bodyText, idText, messageIdText, queueNameText } from '../text.ts';
import { addedAttributes, MESSAGE_BODY_BYTES, peekShape, recentShape } from './message-shapes.ts';

const foundMessage = () => messageReport().extend({ queue: queueReference() });
const history = () =>
  z.object({
    messageId: z.string(),
    queue: queueReference().describe('The queue that it is in, or was in last'),
    present: z.boolean().describe('Whether it exists; in a list, as far as the journal knows'),
    content: contentReport().optional(),
    events: z
      .array(eventReport())
      .describe('Oldest first; empty if the journal does not know the message, or no longer does'),
  });

const addedMessage = () =>
  z.strictObject({
    body: bodyText,
    groupId: idText.optional(),
    deduplicationId: idText.optional(),
    traceHeader: bodyText.optional(),
    attributes: addedAttributes().optional(),
    deadLetterSource: queueNameText.optional().describe('The ARN of the queue that dead-lettered the message'),
  });

interface OptionalQueue {
  queue?: string | undefined;
  account?: string | undefined;
  region?: string | undefined;
}

/** Returns the schema of these members, which refuses an account or a region that would have no effect. */
const inQueue = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .strictObject(shape)
    .refine(
      ({ queue, account, region }: OptionalQueue) => queue !== undefined || (account ?? region) === undefined,
      '"account" and "region" apply only with "queue"',
    );

const queueOf = ({ queue, account, region }: OptionalQueue) =>
  queue === undefined ? undefined : { name: queue, account, region };

const messageParameters = () =>
  inQueue({
    messageId: messageIdText,
    queue: queueNameText.optional().describe('Only searches the queue with this name, URL or ARN'),
    ...accountAndRegion(),
  });

export const messageRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/queues/{name}/messages',
    summary: 'Lists the messages of a queue in any state, without receiving them.',
    parameters: () =>
      z.object({
        ...queueParameters(),
        ...peekShape().shape,
      }),
    answer: () => z.object({ messages: z.array(messageReport()), next: z.string().optional() }),
    handle: (control, { parameters: { state, bodyContains, bodyCharacters, limit, after, ...name } }) =>
      control.messages.peek(name, { state, bodyContains, bodyCharacters, limit, after }),
  }),
  route({
    method: 'POST',
    path: '/queues/{name}/messages',
    summary: 'Adds a message to a queue, for example a copy of one that another queue dead-lettered.',
    parameters: () => z.object(queueParameters()),
    body: addedMessage,
    bodyBytes: MESSAGE_BODY_BYTES,
    answer: () => z.object({ messageId: z.string() }),
    handle: (control, { parameters, body }) => control.messages.add(parameters, body),
  }),
  route({
    method: 'GET',
    path: '/messages',
    summary: 'Lists the messages in the journal with their histories, latest first, including deleted ones.',
    parameters: () =>
      inQueue({
        queue: queueNameText
          .optional()
          .describe('Only messages that are, or were last, in the queue with this name, URL or ARN'),
        ...accountAndRegion(),
        ...recentShape().shape,
      }),
    answer: () => z.object({ messages: z.array(history()) }),
    handle: (control, { parameters }) => ({
      messages: control.messages.recent(queueOf(parameters), parameters.limit),
    }),
  }),
  route({
    method: 'GET',
    path: '/messages/{messageId}',
    summary: 'Finds a message by its ID.',
    parameters: messageParameters,
    answer: foundMessage,
    handle: (control, { parameters }) => control.messages.find(parameters.messageId, queueOf(parameters)),
  }),
  route({
    method: 'GET',
    path: '/messages/{messageId}/history',
    summary: 'Returns the history of a message, even if it has been deleted.',
    parameters: () => z.object({ messageId: messageIdText }),
    answer: history,
    handle: (control, { parameters }) => control.messages.history(parameters.messageId),
  }),
  route({
    method: 'DELETE',
    path: '/messages/{messageId}',
    line: 'reads',
    summary: 'Deletes a message in any state.',
    parameters: messageParameters,
    answer: () => z.object({}),
    handle: async (control, { parameters }) => {
      await control.messages.delete(parameters.messageId, queueOf(parameters));
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/messages/{messageId}/dead-letter',
    line: 'reads',
    summary: "Moves a message to its queue's dead-letter queue.",
    parameters: messageParameters,
    answer: () => z.object({ queue: queueReference() }),
    handle: async (control, { parameters }) => ({
      queue: await control.messages.deadLetter(parameters.messageId, queueOf(parameters)),
    }),
  }),
  route({
    method: 'POST',
    path: '/messages/{messageId}/make-visible',
    line: 'reads',
    summary: 'Makes a message visible that is delayed or in flight.',
    parameters: messageParameters,
    answer: () => z.object({}),
    handle: async (control, { parameters }) => {
      await control.messages.makeVisible(parameters.messageId, queueOf(parameters));
      return {};
    },
  }),
  route({
    method: 'POST',
    path: '/messages/{messageId}/replay',
    line: 'reads',
    summary: 'Sends a copy of a message as a new message; the original may have been deleted.',
    parameters: () => z.object({ messageId: messageIdText }),
    body: () =>
      inQueue({
        queue: queueNameText
          .optional()
          .describe('The target queue; by default, the queue that the message is in or was in last'),
        ...accountAndRegion(),
      }),
    answer: () => z.object({ messageId: z.string(), queue: queueReference() }),
    handle: (control, { parameters: { messageId }, body }) => control.messages.replay(messageId, queueOf(body)),
  }),
];
