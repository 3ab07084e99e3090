/** Invokes functions over HTTP. */

import type { Clock } from '../time/clock.ts';
import { InTurns } from '../time/in-turns.ts';
import { Turnstile } from '../time/turnstile.ts';
import { call } from './call.ts';
import type { LocalFunction } from './function-table.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

/** Judging a longer answer than this takes from a tenth of a millisecond to several milliseconds. */
const LONG_ANSWER_BYTES = 64 * 1024;

export interface InvokerOptions {
  machine: Clock;
  /** Receives each invocation, so that a move of the clock can wait for it. */
  track(invocation: Promise<unknown>): void;
}

export class Invoker {
  readonly #options: InvokerOptions;
  /** By the URL of each Runtime Interface Emulator that has invocations; clients choose names in URLs with `{name}`. */
  readonly #lines = new Map<string, { turnstile: Turnstile; length: number }>();
  /** Long answers are judged one after another, with other work in between. */
  readonly #judging = new InTurns();

  constructor(options: InvokerOptions) {
    this.#options = options;
  }

  /**
   * Invokes a function with an event. Of the invocations of a Runtime Interface Emulator, one waits for the other.
   * `unless`: if this signal is aborted before the function gets the event, it does not get it, and the invocation ends
   * soon. Never rejects; resolves soon after `signal` is aborted.
   */
  invoke(
    target: LocalFunction,
    event: string | Buffer,
    signal: AbortSignal,
    { headers = {}, unless }: { headers?: Readonly<Record<string, string>>; unless?: AbortSignal } = {},
  ): Promise<Outcome> {
    const invoke = async (): Promise<Outcome> => {
      if (unless?.aborted) return { kind: 'aborted', reason: 'it is no longer needed' };
      const { machine } = this.#options;
      const common = { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' };
      const options = { headers: { ...common, ...headers }, timeoutMs: target.timeoutMs, machine, signal };
      const result = await call(target.url, event, options);
      if (result.kind === 'answer' && result.body.length > LONG_ANSWER_BYTES) await this.#judging.turn();
      return outcomeOf(target, result);
    };
    const ends = () => (unless ? AbortSignal.any([signal, unless]) : signal);
    const invocation = target.isEmulator ? this.#inLine(target.url, invoke, ends()) : invoke();
    this.#options.track(invocation);
    return invocation;
  }

  async #inLine(url: string, invoke: () => Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
    const line = this.#lines.get(url) ?? { turnstile: new Turnstile(), length: 0 };
    this.#lines.set(url, line);
    line.length++;
    try {
      return await line.turnstile.run(invoke, signal);
    } finally {
      if (--line.length === 0) this.#lines.delete(url);
    }
  }
}
