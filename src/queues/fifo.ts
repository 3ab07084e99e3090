/**
 * What FIFO queues add to messages: message groups, deduplication IDs and sequence numbers. The order of delivery is
 * the engine's concern.
 * Source: developer guide, "FIFO queue delivery logic" and "Exactly-once processing"; API reference, SendMessage.
 */

import { createHash } from 'node:crypto';
import { invalidParameter, invalidValue, missingParameter, type SqsError } from '../errors.ts';
import type { NewMessage, Queue } from '../storage/store.ts';
import { settingOf } from './attributes.ts';
import { isMessageId } from './characters.ts';
import { DEDUPLICATION_SECONDS } from './limits.ts';

interface FifoInput {
  body: string | undefined;
  delaySeconds?: number | undefined;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
}

/**
 * Checks a message against the rules that only FIFO queues have. Throws `MissingParameter`, `InvalidParameterValue`.
 */
export function checkFifoSend(queue: Queue, input: FifoInput): void {
  checkDelay(input);
  if (input.groupId === undefined) throw missingParameter('MessageGroupId');
  checkDeduplication(queue, input);
  checkIds(input);
}

/**
 * Checks a batch as `checkFifoSend` checks a message. A single invalid entry fails the whole batch. `noBody` returns
 * the error for an entry without a body, by the entry's index from 0. Throws `InvalidParameterValue` and the error of
 * `noBody`.
 */
export function checkFifoBatch(queue: Queue, inputs: readonly FifoInput[], noBody: (index: number) => SqsError): void {
  for (const { groupId } of inputs) {
    // The code differs from that for a single message, which is MissingParameter.
    if (groupId === undefined) throw invalidParameter('The request must contain the parameter MessageGroupId.');
  }
  for (const input of inputs) checkDeduplication(queue, input);
  for (const [index, input] of inputs.entries()) {
    if (!input.body) throw noBody(index);
    checkDelay(input);
    checkIds(input);
  }
}

/**
 * "If you set DelaySeconds for a FIFO queue, it must be set on the queue". SQS accepts 0, and uses the queue's delay.
 */
function checkDelay({ delaySeconds }: FifoInput): void {
  if (delaySeconds === undefined || delaySeconds === 0) return;
  throw invalidValue(
    delaySeconds,
    'DelaySeconds',
    'The request include parameter that is not valid for this queue type.',
  );
}

function checkDeduplication(queue: Queue, { deduplicationId }: FifoInput): void {
  if (deduplicationId !== undefined || settingOf(queue, 'ContentBasedDeduplication') === 'true') return;
  throw invalidParameter(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}

function checkIds({ groupId, deduplicationId }: FifoInput): void {
  checkId('MessageGroupId', groupId);
  checkId('MessageDeduplicationId', deduplicationId);
}

/** Checks the characters and the length of an ID; undefined is valid. Throws `InvalidParameterValue`. */
export function checkId(parameter: string, value: string | undefined): void {
  if (value === undefined || isMessageId(value)) return;
  throw invalidValue(
    value,
    parameter,
    `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

/**
 * Returns a message's deduplication ID (the sender's, or else the SHA-256 of its body), and the key by which the engine
 * recognizes duplicates for 5 minutes, within the queue or within the message group, according to `DeduplicationScope`.
 * A change of the scope affects only messages that are sent afterwards.
 */
export function deduplicationOf(
  queue: Queue,
  { body, groupId, deduplicationId }: FifoInput,
): Required<Pick<NewMessage, 'deduplicationId' | 'deduplication'>> {
  const id = deduplicationId ?? createHash('sha256').update(body!).digest('hex');
  // Neither ID can contain a space, so the key is unambiguous.
  const key = settingOf(queue, 'DeduplicationScope') === 'messageGroup' ? `${groupId} ${id}` : id;
  return { deduplicationId: id, deduplication: { key, windowMs: DEDUPLICATION_SECONDS * 1000 } };
}

/**
 * Returns the sequence number that belongs to an engine's message key: 20 digits that increase with each message, as on
 * AWS. It is unique, since an engine never reuses a key.
 */
export function sequenceNumber(key: number): string {
  return `1887${String(key).padStart(KEY_DIGITS, '0')}`;
}

/** No safe integer has more digits. */
const KEY_DIGITS = 16;
