/**
 * What is different about messages of FIFO queues: groups, deduplication ids, sequence numbers.
 * Which of them may go out is the engine's rule. Source: developer guide, "FIFO queue delivery logic", "Exactly-once
 * processing"; API reference, SendMessage.
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

/** Checks what only a FIFO queue asks of a message. Throws `MissingParameter`, `InvalidParameterValue`. */
export function checkFifoSend(queue: Queue, input: FifoInput): void {
  checkDelay(input);
  if (input.groupId === undefined) throw missingParameter('MessageGroupId');
  checkDeduplication(queue, input);
  checkIds(input);
}

/**
 * As `checkFifoSend`, for a batch, which an entry that FIFO queues do not take fails as a whole; `noBody` is the refusal
 * of an entry without a body.
 */
export function checkFifoBatch(queue: Queue, inputs: readonly FifoInput[], noBody: (index: number) => SqsError): void {
  for (const { groupId } of inputs) {
    // Not MissingParameter, as it is for a single message.
    if (groupId === undefined) throw invalidParameter('The request must contain the parameter MessageGroupId.');
  }
  for (const input of inputs) checkDeduplication(queue, input);
  for (const [index, input] of inputs.entries()) {
    if (!input.body) throw noBody(index);
    checkDelay(input);
    checkIds(input);
  }
}

/** "If you set DelaySeconds for a FIFO queue, it must be set on the queue": 0 is taken, and means the queue's. */
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

/** Checks an id that may be absent. Throws `InvalidParameterValue`. */
export function checkId(parameter: string, value: string | undefined): void {
  if (value === undefined || isMessageId(value)) return;
  throw invalidValue(
    value,
    parameter,
    `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

/**
 * By what a message is known as a duplicate: its own id, else its content; in the whole queue or within its group, as the
 * queue's `DeduplicationScope` says. A new scope concerns new messages.
 */
export function deduplicationOf(
  queue: Queue,
  { body, groupId, deduplicationId }: FifoInput,
): Required<Pick<NewMessage, 'deduplicationId' | 'deduplication'>> {
  const id = deduplicationId ?? createHash('sha256').update(body!).digest('hex');
  // Neither id has a space in it.
  const key = settingOf(queue, 'DeduplicationScope') === 'messageGroup' ? `${groupId} ${id}` : id;
  return { deduplicationId: id, deduplication: { key, windowMs: DEDUPLICATION_SECONDS * 1000 } };
}

/** "20 digits" that grow with each message, as AWS's do; the engine gives no key twice. */
export function sequenceNumber(key: number): string {
  return String(FIRST_SEQUENCE_NUMBER + BigInt(key));
}

const FIRST_SEQUENCE_NUMBER = 18_870_000_000_000_000_000n;
