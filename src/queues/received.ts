/**
 * Deletes received messages, and changes their visibility timeouts, by their receipt handles. Both functions take
 * several handles at a time, and return either an error or undefined for each.
 * Source: API reference, DeleteMessage and ChangeMessageVisibility; developer guide, "Visibility timeout".
 */

import { actOnAccepted, invalidValue, missingParameter, queueDoesNotExist, refusalOr, SqsError } from '../errors.ts';
import type { Queue, Receipt } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';
import type { Env } from './env.ts';
import { VISIBILITY_SECONDS_MAX } from './limits.ts';
import type { ReceiptHandle } from './receipt-handle.ts';

/** "Total VisibilityTimeout … is beyond the limit [43200 seconds]": measured from the receive. */
const TOTAL_VISIBILITY_MS_MAX = VISIBILITY_SECONDS_MAX * 1000;

/** Returns SQS's error for an expired receipt handle; its wording differs between a request and an entry of a batch. */
export type ExpiredWording = (handle: string) => SqsError;

export const singleDelete: ExpiredWording = (handle) =>
  invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.');

export const batchDelete: ExpiredWording = () =>
  new SqsError('ReceiptHandleIsInvalid', 'The receipt handle has expired');

/**
 * Deletes messages. Resolves to one result per handle, in order: undefined on success, which includes messages that are
 * already deleted, or else `MissingParameter`, `ReceiptHandleIsInvalid` or `InvalidParameterValue`. Throws
 * `QueueDoesNotExist`.
 */
export async function deleteMessages(
  env: Env,
  queue: Queue,
  handles: readonly (string | undefined)[],
  expired: ExpiredWording,
): Promise<(SqsError | undefined)[]> {
  const now = env.clock.now();
  const checked = handles.map((text) => refusalOr(() => openHandle(env, queue, text, now, expired)));
  return actOnAccepted(checked, async (opened) => {
    const outcomes = await env.store.delete(
      queue.id,
      opened.map(({ receipt }) => receipt),
      now,
    );
    if (!outcomes) throw queueDoesNotExist();
    return outcomes.map((outcome, index) => {
      // In a FIFO queue, a handle is valid only while its message is in flight. In a standard queue, an old handle has
      // no effect, and is not an error.
      return queue.fifo && (outcome === 'stale' || outcome === 'lapsed') ? expired(opened[index]!.text) : undefined;
    });
  });
}

export interface VisibilityInput {
  handle: string | undefined;
  visibilitySeconds: number | undefined;
}

/** The errors of a visibility change, whose wording differs between a request and an entry of a batch. */
export interface VisibilityWording {
  /** `index` is the index of the entry, from 0. */
  noTimeout(index: number): SqsError;
  badTimeout(value: number): SqsError;
  expired: ExpiredWording;
  /** The message has been deleted, or, in a FIFO queue, is no longer in flight. */
  notAvailable(handle: string): SqsError;
}

const NOT_AVAILABLE = 'Message does not exist or is not available for visibility timeout change';

export const singleVisibilityChange: VisibilityWording = {
  noTimeout: () => missingParameter('VisibilityTimeout'),
  badTimeout: (value) => invalidValue(value, 'VisibilityTimeout', `Must be between 0 and ${VISIBILITY_SECONDS_MAX}.`),
  expired: singleDelete,
  notAvailable: (handle) => invalidValue(handle, 'ReceiptHandle', `${NOT_AVAILABLE}.`),
};

/** Returns the errors for the entries of a batch; `entryName` is the name of an entry on the Query wire. */
export function batchVisibilityChange(entryName: string): VisibilityWording {
  return {
    noTimeout: (index) => missingParameter(`${entryName}.${index + 1}.VisibilityTimeout`),
    badTimeout: (value) =>
      invalidValue(
        value,
        'VisibilityTimeout',
        `VisibilityTimeout must be an integer between 0 and ${VISIBILITY_SECONDS_MAX}.`,
      ),
    expired: batchDelete,
    notAvailable: () => new SqsError('ReceiptHandleIsInvalid', NOT_AVAILABLE),
  };
}

/**
 * Sets the visibility timeouts of messages, in seconds from now. In a standard queue, every receipt handle of a message
 * works, not only that of its latest receive, as observed on the service. The results are like those of
 * `deleteMessages`, except that changing a deleted message is an error: `InvalidParameterValue`, or
 * `ReceiptHandleIsInvalid` in a batch. Throws `QueueDoesNotExist`.
 */
export async function changeVisibility(
  env: Env,
  queue: Queue,
  inputs: readonly VisibilityInput[],
  wording: VisibilityWording,
): Promise<(SqsError | undefined)[]> {
  const now = env.clock.now();
  const checked = inputs.map((input, index) => refusalOr(() => checkChange(env, queue, input, index, wording, now)));
  return actOnAccepted(checked, async (changes) => {
    const outcomes = await env.store.changeVisibility(queue.id, changes, now);
    if (!outcomes) throw queueDoesNotExist();
    return outcomes.map((outcome, index) => {
      // In a standard queue, a handle that became stale when a snapshot was restored has no effect, and is not an
      // error.
      const succeeds = outcome === 'changed' || (outcome === 'stale' && !queue.fifo);
      return succeeds ? undefined : wording.notAvailable(changes[index]!.text);
    });
  });
}

interface Change {
  text: string;
  receipt: Receipt;
  visibilityMs: Millis;
}

function checkChange(
  env: Env,
  queue: Queue,
  { handle, visibilitySeconds }: VisibilityInput,
  index: number,
  wording: VisibilityWording,
  now: Millis,
): Change {
  if (visibilitySeconds === undefined) throw wording.noTimeout(index);
  if (!(visibilitySeconds >= 0 && visibilitySeconds <= VISIBILITY_SECONDS_MAX)) {
    throw wording.badTimeout(visibilitySeconds);
  }
  const { text, receipt } = openHandle(env, queue, handle, now, wording.expired);
  const visibilityMs = visibilitySeconds * 1000;
  if (now + visibilityMs > receipt.receivedAt + TOTAL_VISIBILITY_MS_MAX) {
    throw invalidValue(
      visibilitySeconds,
      'VisibilityTimeout',
      `Total VisibilityTimeout for the message is beyond the limit [${VISIBILITY_SECONDS_MAX} seconds]`,
    );
  }
  return { text, receipt, visibilityMs };
}

interface OpenHandle extends ReceiptHandle {
  text: string;
}

function openHandle(
  { receiptHandles }: Env,
  queue: Queue,
  text: string | undefined,
  now: Millis,
  expired: ExpiredWording,
): OpenHandle {
  if (!text) throw missingParameter('ReceiptHandle');
  const handle = receiptHandles.parse(text);
  if (handle?.queueId !== queue.id) {
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${text}" is not a valid receipt handle.`);
  }
  if (now > handle.receipt.receivedAt + TOTAL_VISIBILITY_MS_MAX) throw expired(text);
  return { ...handle, text };
}
