/** Validates messages and sends them. Source: API reference, SendMessage and SendMessageBatch. */

import { invalidParameter, invalidValue, missingParameter, queueDoesNotExist, SqsError } from '../errors.ts';
import type { NewMessage, Queue, Sent } from '../storage/store.ts';
import { numberOf } from './attributes.ts';
import { hasOnlyAllowedCharacters, isMessageId } from './characters.ts';
import { md5OfAttributes, md5OfBody, messageSize, messageSizeAtMost } from './digest.ts';
import type { Env } from './env.ts';
import { checkFifoSend, deduplicationOf } from './fifo.ts';
import { DELAY_SECONDS_MAX, MESSAGE_BYTES_MAX } from './limits.ts';
import { type AttributeInput, checkMessageAttributes, checkSystemAttributes } from './message-attributes.ts';

export interface SendInput {
  body: string | undefined;
  delaySeconds?: number | undefined;
  attributes?: ReadonlyMap<string, AttributeInput> | undefined;
  systemAttributes?: ReadonlyMap<string, AttributeInput> | undefined;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
}

export interface Sender {
  id: string;
  /** The trace header of the HTTP request, for messages that do not have their own. */
  traceHeader: string | undefined;
}

/**
 * The errors of a send, whose wording differs between a request and an entry of a batch. They are functions so that an
 * error object is created only when it is needed.
 */
export interface SendWording {
  /** `index` is the index of the entry, from 0. */
  noBody(index: number): SqsError;
  tooLong(max: number): SqsError;
  deduplicationIdOnStandard(): SqsError;
  badGroupId(value: string): SqsError;
}

export const singleSend: SendWording = {
  noBody: () => missingParameter('MessageBody'),
  tooLong: (max) =>
    invalidParameter(`One or more parameters are invalid. Reason: Message must be shorter than ${max} bytes.`),
  deduplicationIdOnStandard: () =>
    invalidParameter('The request include parameter MessageDeduplicationId which is not valid for this queue type'),
  badGroupId: (value) =>
    invalidValue(
      value,
      'MessageGroupId',
      'MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
    ),
};

/** Returns the errors for the entries of a batch; `entryName` is the name of an entry on the Query wire. */
export function batchSend(entryName: string): SendWording {
  return {
    noBody: (index) => missingParameter(`${entryName}.${index + 1}.MessageBody`),
    tooLong: (max) =>
      invalidParameter(
        `One or more parameters cannot be validated. Reason: Message must be shorter than ${max} bytes.`,
      ),
    deduplicationIdOnStandard: () =>
      invalidParameter('The request include parameter that is not valid for this queue type'),
    badGroupId: () =>
      invalidParameter('MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length'),
  };
}

/** Checks the total size of a batch, which has the same limit as a single message. Throws `BatchRequestTooLong`. */
export function checkBatchSize(inputs: readonly SendInput[]): void {
  const totalOf = (size: typeof messageSize) =>
    inputs.reduce((sum, { body, attributes }) => sum + size(body ?? '', attributes), 0);
  if (totalOf(messageSizeAtMost) <= MESSAGE_BYTES_MAX) return;
  const total = totalOf(messageSize);
  if (total <= MESSAGE_BYTES_MAX) return;
  throw new SqsError(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${MESSAGE_BYTES_MAX} bytes. You have sent ${total} bytes.`,
  );
}

/** A validated message, with the MD5 digests for the response to its sender. */
export interface Prepared {
  message: NewMessage;
  attributesMd5: string | undefined;
  systemAttributesMd5: string | undefined;
}

/**
 * Validates a message for a queue, and prepares it to be sent with a new message ID. `index` is that of its entry in a
 * batch. Throws `MissingParameter`, `InvalidMessageContents`, `InvalidParameterValue`, `UnsupportedOperation`.
 */
export function prepareSend(
  env: Pick<Env, 'newId' | 'cooldowns'>,
  queue: Queue,
  input: SendInput,
  sender: Sender,
  wording: SendWording,
  index = 0,
): Prepared {
  const { body, delaySeconds, groupId } = input;
  if (!body) throw wording.noBody(index);
  if (!hasOnlyAllowedCharacters(body)) {
    throw new SqsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are ' +
        '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  const attributes = checkMessageAttributes(input.attributes);
  const systemAttributes = checkSystemAttributes(input.systemAttributes);
  const max = numberOf(queue, 'MaximumMessageSize');
  if (messageSizeAtMost(body, attributes) > max && messageSize(body, attributes) > max) throw wording.tooLong(max);
  if (delaySeconds !== undefined && !(delaySeconds >= 0 && delaySeconds <= DELAY_SECONDS_MAX)) {
    throw invalidValue(delaySeconds, 'DelaySeconds', `DelaySeconds must be >= 0 and <= ${DELAY_SECONDS_MAX}.`);
  }
  if (queue.fifo) checkFifoSend(queue, input);
  else checkStandardSend(input, wording);

  const message = {
    messageId: env.newId(),
    body,
    bodyMd5: md5OfBody(body),
    senderId: sender.id,
    delayMs: delaySecondsOf(queue, delaySeconds) * 1000,
    attributes,
    traceHeader: systemAttributes?.get('AWSTraceHeader')?.stringValue ?? sender.traceHeader,
    groupId,
    ...(queue.fifo && deduplicationOf(env.cooldowns?.settings.inEffect(queue) ?? queue, input)),
  };
  return {
    message,
    attributesMd5: attributes && md5OfAttributes(attributes),
    systemAttributesMd5: systemAttributes && md5OfAttributes(systemAttributes),
  };
}

function checkStandardSend({ deduplicationId, groupId }: SendInput, wording: SendWording): void {
  if (deduplicationId !== undefined) throw wording.deduplicationIdOnStandard();
  if (groupId !== undefined && !isMessageId(groupId)) throw wording.badGroupId(groupId);
}

/** Returns the delay in seconds. A message's own delay overrides the queue's, except in a FIFO queue. */
function delaySecondsOf(queue: Queue, own: number | undefined): number {
  return own === undefined || queue.fifo ? numberOf(queue, 'DelaySeconds') : own;
}

/**
 * Stores messages. Resolves, once they are as durable as the engine promises, to the message ID and the engine's key of
 * each; for a duplicate, to those of the original message. Throws `QueueDoesNotExist`.
 */
export async function send(env: Env, queue: Queue, prepared: readonly Prepared[]): Promise<Sent[]> {
  const messages = prepared.map(({ message }) => message);
  const sent = queue.fifo
    ? await sendDelayed(env, queue, messages)
    : await env.store.send(queue.id, messages, env.clock.now());
  if (!sent) throw queueDoesNotExist();
  return sent;
}

/**
 * Stores messages with the delay of their FIFO queue. A new delay applies to all messages of the queue, so a message
 * must not arrive with the old one after the change.
 */
async function sendDelayed(env: Env, queue: Queue, messages: readonly NewMessage[]): Promise<Sent[] | undefined> {
  let delayed = messages;
  for (let current: Queue | undefined = queue; current?.id === queue.id; current = await env.store.findQueue(queue)) {
    if (current !== queue) {
      const delayMs = delaySecondsOf(current, undefined) * 1000;
      delayed = messages.map((message) => ({ ...message, delayMs }));
    }
    const expected = new Map([['DelaySeconds', current.attributes.get('DelaySeconds')]]);
    const sent = await env.store.send(queue.id, delayed, env.clock.now(), expected);
    if (sent !== 'outdated') return sent;
  }
  return undefined;
}
