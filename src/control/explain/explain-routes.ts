/** Routes that explain what a receive or a send would do. */

import { z } from 'zod';
import { messageReport, queueReference } from '../journal/report-shapes.ts';
import { MESSAGE_BODY_BYTES } from '../messages/message-shapes.ts';
import { queueParameters } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { hypotheticalSendShape } from './explain-shapes.ts';
import { IDS_LISTED } from './queue-view.ts';

const reason = () =>
  z.object({
    kind: z
      .enum([
        ...(['empty', 'in-flight-limit', 'delayed', 'in-flight', 'blocked', 'received-too-often'] as const),
        ...(['waiting-receives', 'fault-rules'] as const),
      ])
      .describe('The kind of reason'),
    count: z.int().describe('How many messages (or receives, or fault rules) it applies to'),
    until: z.iso.datetime().optional().describe('When it stops applying to the first of them'),
    messageIds: z.array(z.string()).describe(`The IDs of the first ${IDS_LISTED} of them`),
    text: z.string().describe('The reason as a phrase or a sentence'),
  });

const receiveExplanation = () =>
  z.object({
    queue: queueReference(),
    at: z.iso.datetime(),
    outcome: z
      .enum(['message', 'nothing', 'over-limit', 'unknown'])
      .describe(
        'What a receive of one message would return now, if no fault rule is triggered; over-limit: a short poll would ' +
          'fail with OverLimit; unknown: it would first move thousands of messages to the dead-letter queue',
      ),
    text: z.string().describe('The whole explanation as sentences'),
    messages: z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() }),
    next: messageReport().optional().describe('The message that a receive would return'),
    reasons: z.array(reason()),
    changesAt: z.iso
      .datetime()
      .optional()
      .describe('The earliest time at which a receive may return a message, if nothing else happens first'),
  });

const sendExplanation = () =>
  z.object({
    queue: queueReference(),
    at: z.iso.datetime(),
    outcome: z.enum(['sent', 'deduplicated', 'refused']).describe('What would happen to the message'),
    text: z.string(),
    visibleAt: z.iso.datetime().optional(),
    original: z
      .object({ messageId: z.string(), until: z.iso.datetime() })
      .optional()
      .describe('The message that it would duplicate, and when its deduplication interval ends'),
    code: z.string().optional().describe('The error code, if the outcome is refused'),
  });

export const explainRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/queues/{name}/explain',
    summary: 'Explains what a receive would return now, or why it would return nothing and what would change that.',
    parameters: () => z.object(queueParameters()),
    answer: receiveExplanation,
    handle: (control, { parameters }) => control.explain.receive(parameters),
  }),
  route({
    method: 'POST',
    path: '/queues/{name}/explain-send',
    summary: 'Explains what would happen to a message if it were sent now. Sends nothing.',
    parameters: () => z.object(queueParameters()),
    body: hypotheticalSendShape,
    bodyBytes: MESSAGE_BODY_BYTES,
    answer: sendExplanation,
    handle: (control, { parameters, body }) => control.explain.send(parameters, body),
  }),
];
