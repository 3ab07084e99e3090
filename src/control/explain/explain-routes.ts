/** Explanations over HTTP. */

import { z } from 'zod';
import { messageReport, queueReference } from '../journal/report-shapes.ts';
import { ofQueue } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import { NAMED } from './outlook.ts';

const reason = z.object({
  kind: z
    .enum(['empty', 'in-flight-limit', 'delayed', 'in-flight', 'blocked', 'received-too-often', 'waiting-receives'])
    .describe('Why, in a word'),
  count: z.int().describe('How many messages (or receives) it concerns'),
  until: z.iso.datetime().optional().describe('When the first of them is over'),
  messageIds: z.array(z.string()).describe(`The first ${NAMED} of them`),
  text: z.string(),
});

const receiveExplanation = z.object({
  queue: queueReference,
  at: z.iso.datetime(),
  outcome: z.enum(['message', 'nothing', 'over-limit']).describe('What a receive would get now'),
  text: z.string().describe('All of it in words'),
  messages: z.object({ visible: z.int(), inFlight: z.int(), delayed: z.int() }),
  next: messageReport.optional().describe('The message that a receive would get'),
  reasons: z.array(reason),
  changesAt: z.iso.datetime().optional().describe('When a receive may find something by itself'),
});

const sendExplanation = z.object({
  queue: queueReference,
  at: z.iso.datetime(),
  outcome: z.enum(['sent', 'deduplicated', 'refused']).describe('What would become of it now'),
  text: z.string(),
  visibleAt: z.iso.datetime().optional(),
  original: z
    .object({ messageId: z.string(), until: z.iso.datetime() })
    .optional()
    .describe('The message that it would be taken for a repetition of, and until when'),
  code: z.string().optional().describe('The code of the refusal'),
});

const hypotheticalSend = z.object({
  body: z.string(),
  groupId: z.string().optional(),
  deduplicationId: z.string().optional(),
  delaySeconds: z.int().optional(),
});

export const explainRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/queues/{name}/explain',
    summary: 'Explains what a receive would get now, or why nothing, and what would change that.',
    parameters: z.object(ofQueue),
    answer: receiveExplanation,
    handle: (control, { parameters }) => control.explain.receive(parameters),
  }),
  route({
    method: 'POST',
    path: '/queues/{name}/explain-send',
    summary: 'Explains what would become of a message if it were sent now; nothing is sent.',
    parameters: z.object(ofQueue),
    body: hypotheticalSend,
    answer: sendExplanation,
    handle: (control, { parameters, body }) => control.explain.send(parameters, body),
  }),
];
