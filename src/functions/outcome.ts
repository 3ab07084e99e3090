/**
 * Judges the answer of a function: did it succeed, and with which messages? The answers of the Runtime Interface
 * Emulator and of SAM have no header that says so.
 * Source: Lambda developer guide, "Implementing partial batch responses"; the source of
 * aws-lambda-runtime-interface-emulator.
 */

import { excessOf } from '../queues/json-bounds.ts';
import { isJsonObject } from '../queues/json-object.ts';
import { briefText } from '../queues/own-text.ts';
import type { Received } from '../queues/receive.ts';
import type { MappingSettings } from '../storage/mappings.ts';
import type { Batch } from './batch.ts';
import type { Answer, NoAnswer } from './call.ts';
import type { LocalFunction } from './function-table.ts';
import { PARSED_TOKENS_MAX } from './lambda-limits.ts';

/**
 * `failed`: the function got the event, and did not succeed. `throttled`: it cannot take the event now. `aborted`:
 * Squab ended the call. Reasons complete "Function f failed: …".
 */
export type Outcome =
  | { kind: 'succeeded'; answer: Answer }
  | { kind: 'failed'; reason: string; answer?: Answer }
  | { kind: 'throttled' | 'aborted'; reason: string };

export interface Handled {
  handled: ReadonlySet<Received>;
  /** Why the function has not handled the other messages. */
  reason: string | undefined;
}

/** Statuses that say that the function's server is busy, or that it cannot reach the function. */
const THROTTLED = new Set([429, 502, 503]);

/** How many characters of an answer a reason quotes. */
const QUOTED = 300;

/** Returns the outcome of an invocation, given the answer of the function, or why there is none. */
export function outcomeOf({ isEmulator }: LocalFunction, result: Answer | NoAnswer): Outcome {
  if (result.kind === 'unreached') return { kind: 'throttled', reason: result.reason };
  if (result.kind === 'aborted') return { kind: 'aborted', reason: result.reason };
  if (result.kind !== 'answer') return { kind: 'failed', reason: result.reason };
  const { status, headers, body } = result;
  if (THROTTLED.has(status)) return { kind: 'throttled', reason: `its server answered with status ${status}` };
  // It handles one invocation at a time.
  if (isEmulator && status === 400 && body.length === 0) return { kind: 'throttled', reason: 'it is busy' };
  const failed = (reason: string): Outcome => ({ kind: 'failed', reason, answer: result });
  const text = body.toString();
  if (headers['x-amz-function-error'] !== undefined) return failed(errorIn(text) ?? quoted(text));
  if (status >= 300)
    return failed(`its server answered with status ${status}${text === '' ? '' : `: ${quoted(text)}`}`);
  const error = errorIn(text);
  if (error !== undefined) return failed(error);
  if (text.startsWith('Task timed out after ')) return failed(quoted(text));
  return { kind: 'succeeded', answer: result };
}

/** Returns the error that a runtime reports in the place of a function's result. */
function errorIn(text: string): string | undefined {
  if (!text.startsWith('{') || !text.includes('"errorMessage"')) return undefined;
  const value = parsed(text);
  if (!isJsonObject(value)) return undefined;
  const { errorMessage, errorType, stackTrace } = value;
  if (typeof errorMessage !== 'string' || (errorType === undefined && stackTrace === undefined)) return undefined;
  return quoted(typeof errorType === 'string' ? `${errorType}: ${errorMessage}` : errorMessage);
}

/** Returns which messages of a batch a function has handled, and why it has not handled the others. */
export function handledOf({ entries }: Batch, outcome: Outcome, { reportsFailures }: MappingSettings): Handled {
  if (outcome.kind !== 'succeeded') return { handled: new Set(), reason: outcome.reason };
  if (!reportsFailures) return { handled: new Set(entries), reason: undefined };
  const failures = failuresIn(outcome.answer.body, new Set(entries.map(({ message }) => message.messageId)));
  if ('all' in failures) return { handled: new Set(), reason: failures.all };
  const handled = entries.filter(({ message }) => !failures.ids.has(message.messageId));
  const reason = handled.length < entries.length ? 'its answer lists the message in batchItemFailures' : undefined;
  return { handled: new Set(handled), reason };
}

/** The IDs of the messages that failed, or `all` with the reason. */
export type Failures = { ids: ReadonlySet<string> } | { all: string };

/**
 * Returns which messages of a batch failed, according to the answer of a function that reports failures. `batch` are
 * the IDs of its messages.
 */
export function failuresIn(body: Buffer, batch: ReadonlySet<string>): Failures {
  const text = body.toString().trim();
  const none = { ids: new Set<string>() };
  if (text === '') return none;
  const value = parsed(text);
  if (value === undefined) return { all: 'its answer is not valid JSON, or has too many parts' };
  if (value === null) return none;
  if (!isJsonObject(value)) return { all: 'its answer is not a JSON object' };
  const { batchItemFailures: items } = value;
  if (items === undefined || items === null) return none;
  if (!Array.isArray(items)) return { all: 'batchItemFailures in its answer is not a list' };
  const ids = new Set<string>();
  for (const item of items) {
    const id = isJsonObject(item) ? item.itemIdentifier : undefined;
    if (typeof id !== 'string' || id === '') {
      return { all: 'an item of batchItemFailures in its answer has no itemIdentifier' };
    }
    if (!batch.has(id))
      return { all: `batchItemFailures in its answer names ${quoted(id)}, which is not in the batch` };
    ids.add(id);
  }
  return { ids };
}

/** Returns undefined for a text that is not JSON, or that would take seconds to parse. */
function parsed(text: string): unknown {
  if (excessOf(Buffer.from(text), undefined, PARSED_TOKENS_MAX) !== undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  return briefText(text, QUOTED);
}
