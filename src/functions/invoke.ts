/**
 * Passes invocations of clients on to functions.
 * Source: Lambda API reference, Invoke; developer guide, "Asynchronous invocation".
 */

import { SqsError } from '../errors.ts';
import { excessOf } from '../queues/json-bounds.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { rest } from '../time/rest.ts';
import { type Outcome as DeliveryOutcome, outcomeOfStatus } from '../topics/deliveries/outcome.ts';
import { type Answer, PAYLOAD_BYTES_MAX } from './call.ts';
import { functionNameOf, nameInArn, type Owner } from './function-names.ts';
import type { FunctionTable, LocalFunction } from './function-table.ts';
import type { Invoker } from './invoker.ts';
import {
  ASYNCHRONOUS_BYTES_MAX,
  ASYNCHRONOUS_MAX,
  ASYNCHRONOUS_PAYLOAD_MAX,
  PARSED_TOKENS_MAX,
} from './lambda-limits.ts';
import type { Outcome } from './outcome.ts';
import type { Log } from './reports.ts';

/** "Lambda attempts to run it two more times, with a one-minute wait […] and two minutes". */
const RETRIES_AFTER_MS: readonly Millis[] = [60_000, 120_000];

const ASYNCHRONOUS = { 'x-amz-invocation-type': 'Event' };

export interface InvokeInput {
  /** A name or an ARN. */
  functionName: string;
  type: string | undefined;
  payload: Buffer;
  /** Headers that are passed on. */
  headers: Readonly<Record<string, string>>;
  /** Returns a signal that is aborted when the client disconnects. Called only if it waits for the answer. */
  signal(): AbortSignal;
}

/** Undefined members: the function has not been waited for. */
export interface Invoked {
  status: number;
  answer?: Answer;
  /** Whether the function failed. */
  failed?: boolean;
}

interface Dependencies {
  functions: FunctionTable;
  invoker: Invoker;
  /** SQS's clock. */
  clock: Clock;
  log: Log;
}

export class Invocations {
  readonly #dependencies: Dependencies;
  readonly #stopping = new AbortController();
  /** How many asynchronous invocations have not ended, and how many bytes their payloads have. */
  readonly #asynchronous = { count: 0, bytes: 0 };

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Invokes a function as a client asks for. Throws `ResourceNotFoundException`, `ValidationException`,
   * `InvalidRequestContentException`, `RequestEntityTooLarge`, `TooManyRequestsException`.
   */
  async invoke(
    owner: Owner,
    { functionName, type = 'RequestResponse', payload, headers, signal }: InvokeInput,
  ): Promise<Invoked> {
    const target = this.#find(functionName, owner);
    checkPayload(payload, type === 'Event' ? ASYNCHRONOUS_PAYLOAD_MAX : PAYLOAD_BYTES_MAX);
    const event = payload.length === 0 ? '{}' : payload;
    if (type === 'DryRun') return { status: 204 };
    if (type === 'Event') {
      const { count, bytes } = this.#asynchronous;
      const isFull = count >= ASYNCHRONOUS_MAX || bytes + payload.length > ASYNCHRONOUS_BYTES_MAX;
      if (isFull) throw tooManyRequests('Rate Exceeded.');
      void this.#invokeLater(target, event, headers);
      return { status: 202 };
    }
    if (type !== 'RequestResponse') {
      throw new SqsError(
        'ValidationException',
        `1 validation error detected: Value '${type}' at 'invocationType' failed to satisfy constraint: Member must ` +
          'satisfy enum value set: [Event, DryRun, RequestResponse]',
      );
    }
    const stopping = this.#stopping.signal;
    const gone = signal();
    // Nobody would get the answer: without a limit of time, such invocations would fill the memory. But an emulator that has
    // the event works on it to the end, and until then cannot take another one.
    const ends = target.isEmulator ? stopping : AbortSignal.any([stopping, gone]);
    const outcome = await this.#dependencies.invoker.invoke(target, event, ends, { headers, unless: gone });
    return invokedOf(target, outcome);
  }

  /**
   * Passes an event of SNS on to a function. An error of the function itself is not a failed delivery. Resolves to
   * undefined if the signal is aborted. Source: SNS developer guide, "Amazon SNS dead-letter queues".
   */
  async deliver(functionArn: string, event: string, signal: AbortSignal): Promise<DeliveryOutcome | undefined> {
    const target = this.#dependencies.functions.find(nameInArn(functionArn));
    if (!target) {
      const reason = `Squab has no URL for the function ${functionArn}; give it one with --function NAME=URL`;
      return { kind: 'refused', reason };
    }
    const outcome = await this.#dependencies.invoker.invoke(target, event, signal, { headers: ASYNCHRONOUS });
    if (outcome.kind === 'aborted') return undefined;
    if (outcome.kind === 'succeeded') return outcomeOfStatus(outcome.answer.status);
    const answer = outcome.kind === 'failed' ? outcome.answer : undefined;
    return answer ? outcomeOfStatus(answer.status) : { kind: 'failed', reason: outcome.reason };
  }

  /** Abandons all invocations. */
  end(): void {
    this.#stopping.abort();
  }

  #find(text: string, owner: Owner): LocalFunction {
    const name = functionNameOf(text, owner);
    const target = name && this.#dependencies.functions.find(name.name);
    if (target) return target;
    throw new SqsError('ResourceNotFoundException', `Function not found: ${name?.arn ?? text}`);
  }

  /** Invokes a function without waiting for it; if it fails, twice more. */
  async #invokeLater(target: LocalFunction, event: string | Buffer, headers: InvokeInput['headers']): Promise<void> {
    const { invoker, clock, log } = this.#dependencies;
    const { signal } = this.#stopping;
    this.#asynchronous.count++;
    this.#asynchronous.bytes += event.length;
    for (const waitMs of [0, ...RETRIES_AFTER_MS]) {
      if (waitMs > 0) await rest([signal], clock, clock.now() + waitMs);
      if (signal.aborted) break;
      const outcome = await invoker.invoke(target, event, signal, { headers });
      if (outcome.kind === 'succeeded' || outcome.kind === 'aborted') break;
      log.warn({ function: target.name, reason: outcome.reason }, 'An asynchronous invocation of a function failed.');
    }
    this.#asynchronous.count--;
    this.#asynchronous.bytes -= event.length;
  }
}

function invokedOf({ name }: LocalFunction, outcome: Outcome): Invoked {
  if (outcome.kind === 'succeeded') return { status: 200, answer: outcome.answer, failed: false };
  if (outcome.kind === 'throttled') throw tooManyRequests(`The function ${name} cannot be invoked: ${outcome.reason}.`);
  if (outcome.kind === 'failed' && outcome.answer) return { status: 200, answer: outcome.answer, failed: true };
  const body = Buffer.from(JSON.stringify({ errorType: 'Squab.NoAnswer', errorMessage: `${name}: ${outcome.reason}` }));
  return { status: 200, answer: { kind: 'answer', status: 200, headers: {}, body }, failed: true };
}

function checkPayload(payload: Buffer, bytesMax: number): void {
  if (payload.length > bytesMax) {
    throw new SqsError('RequestEntityTooLarge', `${payload.length} byte payload is too large for the invocation.`);
  }
  // Parsing one like this takes seconds. The function finds out itself whether it is valid.
  if (excessOf(payload, undefined, PARSED_TOKENS_MAX) !== undefined) return;
  try {
    if (payload.length > 0) JSON.parse(payload.toString());
  } catch {
    throw new SqsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

function tooManyRequests(message: string): SqsError {
  return new SqsError('TooManyRequestsException', message);
}
