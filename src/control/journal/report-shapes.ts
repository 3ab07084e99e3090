/** What is told of queues, messages and events, described for HTTP; reports.ts makes it. */

import { z } from 'zod';
import { BODY_SHOWN } from './reports.ts';

const instant = z.iso.datetime();

export const queueReference = z.object({ name: z.string(), account: z.string(), region: z.string() });

const attributes = z.record(
  z.string(),
  z.object({ dataType: z.string(), stringValue: z.string().optional(), binaryValue: z.string().optional() }),
);

export const contentReport = z.object({
  messageId: z.string(),
  body: z.string(),
  attributes: attributes.optional(),
  groupId: z.string().optional(),
  deduplicationId: z.string().optional(),
  senderId: z.string(),
  traceHeader: z.string().optional(),
});

export const messageReport = contentReport.extend({
  state: z
    .enum(['visible', 'in-flight', 'delayed', 'blocked'])
    .describe('blocked: visible by itself, but an earlier message of its group is not'),
  sequenceNumber: z.string().optional(),
  sentAt: instant,
  visibleAt: instant.describe('When its delay or visibility timeout ends, or ended'),
  expiresAt: instant,
  receiveCount: z.int(),
  firstReceivedAt: instant.optional(),
  receiver: z.string().optional().describe('Who received it last, as far as the journal knows'),
  deadLetterSource: z.string().optional().describe('ARN of the queue that gave it up'),
  blockedBy: z.object({ messageId: z.string(), visibleAt: instant }).optional(),
});

export const eventReport = z.object({
  id: z.int(),
  at: instant,
  kind: z.string(),
  queue: queueReference,
  messageId: z.string().optional(),
  body: z.string().optional().describe(`Its first ${BODY_SHOWN} characters`),
  groupId: z.string().optional(),
  visibleAt: instant.optional(),
  receiveCount: z.int().optional(),
  receiver: z.string().optional(),
  deduplicationKey: z.string().optional(),
  to: z.object({ queue: queueReference, messageId: z.string().optional() }).optional(),
  text: z.string().describe('The same in words'),
});
