/** The delays of the fault effect `latency`, and how much memory requests and responses may take that wait for their end. */

import { bytesOfText, heapBytes } from '../../storage/catalogue-bound.ts';
import type { Clock, Millis } from '../../time/clock.ts';

interface Sleeper {
  clock: Clock;
  /** When the sleep ends, on that clock. */
  until: Millis;
  /** What counts against the limit. */
  bytes: number;
  cancelAlarm: () => void;
  wake(): void;
}

/** A delay, and what waits for its end. */
export interface Delay {
  ms: Millis;
  clock: Clock;
  /** Is aborted when the client has gone. */
  signal: AbortSignal;
  /** The input of a request, or the output of one that has been carried out. */
  waiting: { input: unknown } | { output: unknown };
}

/**
 * How many bytes may wait of the requests whose clients have gone, which the limit on connections does not limit, and of
 * responses, which a receive can have made a hundred times as long as its request. Beyond that, the first ones wait no longer.
 */
const BYTES_MAX = Math.min(256 * 1024 * 1024, heapBytes() / 16);

/** How many requests whose clients have gone may wait, however short they are. */
const ABANDONED_MAX = 100;

export class Delays {
  readonly #bytesMax: number;
  readonly #sleepers = new Set<Sleeper>();
  /** Those that count, in the order in which they began to. */
  readonly #counted = new Set<Sleeper>();
  #bytes = 0;
  #ended = false;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Resolves when the delay is over, or with `end`, or before that if too much waits. */
  async sleep({ ms, clock, signal, waiting }: Delay): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      const sleeper: Sleeper = {
        ...{ clock, until: clock.now() + ms, bytes: 0, cancelAlarm: () => {} },
        wake: () => {
          sleeper.cancelAlarm();
          this.#sleepers.delete(sleeper);
          if (this.#counted.delete(sleeper)) this.#bytes -= sleeper.bytes;
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      setAlarm(sleeper);
      if ('output' in waiting) this.#count(sleeper, bytesIn(waiting.output));
      const abandon = () => this.#count(sleeper, 'input' in waiting ? bytesIn(waiting.input) : 0, true);
      if (signal.aborted) abandon();
      else signal.addEventListener('abort', abandon, { once: true });
    });
  }

  /** Must be called when a clock was set back by `byMs`, so that delays on that clock do not become longer. */
  setBack(clock: Clock, byMs: Millis): void {
    for (const sleeper of this.#sleepers) {
      if (sleeper.clock !== clock) continue;
      sleeper.until -= byMs;
      setAlarm(sleeper);
    }
  }

  /** Ends all delays, because the server is stopping. */
  end(): void {
    this.#ended = true;
    for (const sleeper of this.#sleepers) sleeper.wake();
  }

  #count(sleeper: Sleeper, bytes: number, isAbandoned = false): void {
    if (!this.#sleepers.has(sleeper)) return;
    const least = isAbandoned ? Math.floor(this.#bytesMax / ABANDONED_MAX) : 0;
    const counted = Math.max(least, sleeper.bytes, bytes);
    this.#bytes += counted - sleeper.bytes;
    sleeper.bytes = counted;
    this.#counted.add(sleeper);
    while (this.#bytes > this.#bytesMax) {
      const [first] = this.#counted;
      first!.wake();
    }
  }
}

function setAlarm(sleeper: Sleeper): void {
  sleeper.cancelAlarm();
  sleeper.cancelAlarm = sleeper.clock.at(sleeper.until, sleeper.wake);
}

/** Returns how much memory the texts and bytes in an input or output need. */
function bytesIn(value: unknown): number {
  if (typeof value === 'string') return bytesOfText(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (Buffer.isBuffer(value)) return value.length;
  const parts: Iterable<unknown> = value instanceof Map ? [...value].flat() : Object.values(value);
  let bytes = 0;
  for (const part of parts) bytes += bytesIn(part);
  return bytes;
}
