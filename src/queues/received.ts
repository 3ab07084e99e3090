/**
 * What a consumer does with a message that it holds the receipt handle of: delete it, or change its visibility timeout.
 * Both take several at a time and hand back a refusal for each that fails; what became of the others does not matter.
 * Source: API reference, DeleteMessage and ChangeMessageVisibility; developer guide, "Visibility timeout".
 */

import { actOnAccepted, invalidValue, missingParameter, queueDoesNotExist, refusalOr, SqsError } from '../errors.ts';
import type { Queue, Receipt } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';
import type { Env } from './env.ts';
import { VISIBILITY_SECONDS_MAX } from './limits.ts';
import { parseReceiptHandle, type ReceiptHandle } from './receipt-handle.ts';

/** "Total VisibilityTimeout … is beyond the limit [43200 seconds]": counted from the receive. */
const LONGEST_HOLD_MS = VISIBILITY_SECONDS_MAX * 1000;

/** How SQS words that a handle is of no use any more, for a request and for an entry of a batch. */
export type ExpiredWording = (handle: string) => SqsError;

export const singleDelete: ExpiredWording = (handle) =>
  invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.');

export const batchDelete: ExpiredWording = () =>
  new SqsError('ReceiptHandleIsInvalid', 'The receipt handle has expired');

/**
 * Deletes messages. The result stands for each handle in turn: undefined for a success, which deleting a message again
 * is too, else `MissingParameter`, `ReceiptHandleIsInvalid` or `InvalidParameterValue`. Throws `QueueDoesNotExist`.
 */
export async function deleteMessages(
  env: Env,
  queue: Queue,
  handles: readonly (string | undefined)[],
  expired: ExpiredWording,
): Promise<(SqsError | undefined)[]> {
  const now = env.clock.now();
  const checked = handles.map((text) => refusalOr(() => openHandle(queue, text, now, expired)));
  return actOnAccepted(checked, async (opened) => {
    const outcomes = await env.store.delete(
      queue.id,
      opened.map(({ receipt }) => receipt),
      now,
    );
    if (!outcomes) throw queueDoesNotExist();
    return outcomes.map((outcome, index) => {
      // In a FIFO queue a handle is good only while its message is in flight. In a standard queue an old one does nothing.
      return queue.fifo && (outcome === 'stale' || outcome === 'lapsed') ? expired(opened[index]!.text) : undefined;
    });
  });
}

export interface VisibilityInput {
  handle: string | undefined;
  visibilitySeconds: number | undefined;
}

/** SQS words some refusals differently for a request and for an entry of a batch. */
export interface VisibilityWording {
  /** `index` is that of the entry, from 0. */
  noTimeout(index: number): SqsError;
  badTimeout(value: number): SqsError;
  expired: ExpiredWording;
  /** The message is deleted, or in a FIFO queue no longer in flight. */
  notAvailable(handle: string): SqsError;
}

const NOT_AVAILABLE = 'Message does not exist or is not available for visibility timeout change';

export const singleVisibilityChange: VisibilityWording = {
  noTimeout: () => missingParameter('VisibilityTimeout'),
  badTimeout: (value) => invalidValue(value, 'VisibilityTimeout', `Must be between 0 and ${VISIBILITY_SECONDS_MAX}.`),
  expired: singleDelete,
  notAvailable: (handle) => invalidValue(handle, 'ReceiptHandle', `${NOT_AVAILABLE}.`),
};

/** As `singleVisibilityChange`, for the entries of a batch; `entryName` is their name on the Query wire. */
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
 * Lets the visibility timeout of messages end so many seconds from now. In a standard queue any handle of a message will
 * do, as observed on the service, not only that of its latest receive. Results as for `deleteMessages`; a message that is
 * deleted is refused here, with `InvalidParameterValue` or in a batch `ReceiptHandleIsInvalid`. Throws `QueueDoesNotExist`.
 */
export async function changeVisibility(
  env: Env,
  queue: Queue,
  inputs: readonly VisibilityInput[],
  wording: VisibilityWording,
): Promise<(SqsError | undefined)[]> {
  const now = env.clock.now();
  const checked = inputs.map((input, index) => refusalOr(() => checkChange(queue, input, index, wording, now)));
  return actOnAccepted(checked, async (changes) => {
    const outcomes = await env.store.changeVisibility(queue.id, changes, now);
    if (!outcomes) throw queueDoesNotExist();
    return outcomes.map((outcome, index) => {
      // In a standard queue, a handle that a restored snapshot made worthless has no effect, and is no error.
      const fine = outcome === 'changed' || (outcome === 'stale' && !queue.fifo);
      return fine ? undefined : wording.notAvailable(changes[index]!.text);
    });
  });
}

interface Change {
  text: string;
  receipt: Receipt;
  visibilityMs: Millis;
}

function checkChange(
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
  const { text, receipt, receivedAt } = openHandle(queue, handle, now, wording.expired);
  const visibilityMs = visibilitySeconds * 1000;
  if (now + visibilityMs > receivedAt + LONGEST_HOLD_MS) {
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

function openHandle(queue: Queue, text: string | undefined, now: Millis, expired: ExpiredWording): OpenHandle {
  if (!text) throw missingParameter('ReceiptHandle');
  const handle = parseReceiptHandle(text);
  if (handle?.queueId !== queue.id) {
    throw new SqsError('ReceiptHandleIsInvalid', `The input receipt handle "${text}" is not a valid receipt handle.`);
  }
  if (now > handle.receivedAt + LONGEST_HOLD_MS) throw expired(text);
  return { ...handle, text };
}
