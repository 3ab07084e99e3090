/** The schemas of queues, messages and events in responses; reports.ts makes the objects. */

import { z } from 'zod';
import { BODY_SHOWN } from './reports.ts';

const instant = () => z.iso.datetime();

export const queueReference = () => z.object({ name: z.string(), account: z.string(), region: z.string() });

const attributes = () =>
  z.record(
    z.string(),
    z.object({ dataType: z.string(), stringValue: z.string().optional(), binaryValue: z.string().optional() }),
  );

export const contentReport = () =>
  z.object({
    messageId: z.string(),
    body: z.string(),
    attributes: attributes().optional(),
    groupId: z.string().optional(),
    deduplicationId: z.string().optional(),
    senderId: z.string(),
    traceHeader: z.string().optional(),
  });

export const messageReport = () =>
  contentReport().extend({
    bodyIsCut: z.literal(true).optional().describe('The body is longer'),
    state: z
      .enum(['visible', 'in-flight', 'delayed', 'blocked'])
      .describe('blocked: it would be visible, but an earlier message of its group is hidden'),
    sequenceNumber: z.string().optional(),
    sentAt: instant(),
    visibleAt: instant().describe('When its delay or visibility timeout ends or ended'),
    expiresAt: instant(),
    receiveCount: z.int(),
    firstReceivedAt: instant().optional(),
    receiver: z.string().optional().describe('The client that received it last, as far as the journal knows'),
    deadLetterSource: z.string().optional().describe('The ARN of the queue that it was dead-lettered from'),
    blockedBy: z.object({ messageId: z.string(), visibleAt: instant() }).optional(),
  });

export const eventReport = () =>
  z.object({
    id: z.int(),
    at: instant(),
    kind: z.string(),
    queue: queueReference().optional().describe('Missing if the event is about a topic'),
    topic: queueReference().optional().describe('Missing if the event is about a queue'),
    messageId: z.string().optional().describe("In events of topics, the publication's ID"),
    body: z.string().optional().describe(`The first ${BODY_SHOWN} characters of the body; only in sent events`),
    groupId: z.string().optional(),
    visibleAt: instant().optional(),
    receiveCount: z.int().optional(),
    receiver: z.string().optional(),
    deduplicationKey: z.string().optional(),
    function: z.string().optional().describe('The function that was invoked with the message'),
    reason: z
      .string()
      .optional()
      .describe('Why the function did not succeed, or a message of a topic was not delivered'),
    subscriber: z
      .object({ subscription: z.string(), protocol: z.string(), endpoint: z.string() })
      .optional()
      .describe('The subscription that a publication is delivered to, or not'),
    attempt: z.int().optional().describe('The number of the attempt to deliver, from 1'),
    nextAt: instant().optional().describe('When the next attempt is due'),
    publication: z
      .object({ topicArn: z.string(), messageId: z.string() })
      .optional()
      .describe('In sent events of messages that come from a topic: what was published there'),
    to: z.object({ queue: queueReference(), messageId: z.string().optional() }).optional(),
    text: z.string().describe('The event as a sentence'),
  });
