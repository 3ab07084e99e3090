/**
 * Time. Everything that needs to know the hour, or to be woken at one, asks a Clock; only this file asks the machine.
 * So a test (and later a user) can hold time still and move it, and all of SQS follows.
 */

/** An instant, or a duration where the name says so (`…Ms`), in milliseconds. Instants count from 1970-01-01 UTC. */
export type Millis = number;

export interface Clock {
  /** The present instant, in whole milliseconds. */
  now(): Millis;
  /** Calls `wake` once, at `time` or as soon after it as possible. The function that it returns cancels the call. */
  at(time: Millis, wake: () => void): () => void;
}

/** Node's timers hold a signed 32-bit delay; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The machine's own time, but that it never goes back: when the machine's clock is set back, it goes on from where it was
 * (until that clock has overtaken it), so that polls end and messages come back after as long as was asked for.
 * Its timers do not keep the process alive: an open server does that. `wall` tells what the machine's clock shows,
 * `elapsed` measures time that nobody sets.
 */
export function steadyClock(wall: () => Millis, elapsed: () => Millis): Clock {
  let last = Number.NEGATIVE_INFINITY;
  let elapsedThen = 0;
  /** How far it is ahead of the machine's clock. */
  let ahead = 0;
  const now = () => {
    const shown = wall();
    const elapsedNow = elapsed();
    if (shown >= last) ahead = 0;
    else if (shown + ahead < last) ahead = last + Math.floor(elapsedNow - elapsedThen) - shown;
    last = shown + ahead;
    elapsedThen = elapsedNow;
    return last;
  };
  return {
    now,
    at(time, wake) {
      let timer: NodeJS.Timeout;
      const sleep = () => {
        const left = time - now();
        if (left <= 0) wake();
        else timer = setTimeout(sleep, Math.min(left, LONGEST_TIMER_MS)).unref();
      };
      timer = setTimeout(sleep, Math.max(0, Math.min(time - now(), LONGEST_TIMER_MS))).unref();
      return () => clearTimeout(timer);
    },
  };
}

export const systemClock: Clock = steadyClock(
  () => Date.now(),
  () => performance.now(),
);

interface Alarm {
  time: Millis;
  wake: () => void;
}

/**
 * A clock that stands still until it is told to move. `advance` stops at every alarm on the way, so that what happens
 * at 3 s has happened, and set its own alarms, before it is 4 s.
 */
export class VirtualClock implements Clock {
  #now: Millis;
  /** In the order in which they ring; alarms of one instant in the order in which they were set. */
  #alarms: Alarm[] = [];

  /** Throws RangeError when `start` is no instant. */
  constructor(start: Millis | Date = Date.UTC(2026, 0, 1)) {
    this.#now = wholeMillis(start instanceof Date ? start.getTime() : start, 'A clock cannot start at');
  }

  now(): Millis {
    return this.#now;
  }

  at(time: Millis, wake: () => void): () => void {
    const alarm = { time, wake };
    const later = this.#alarms.findIndex((other) => other.time > time);
    this.#alarms.splice(later === -1 ? this.#alarms.length : later, 0, alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /**
   * Moves the clock forward by `ms` milliseconds (whole ones: a fraction is dropped) and lets everything happen that falls
   * into that time, in order. Resolves when it has happened. Rejects with RangeError when `ms` is no duration.
   */
  async advance(ms: Millis): Promise<void> {
    const end = this.#now + wholeMillis(ms, 'A clock cannot advance by');
    await eventLoopSettles();
    for (let next = this.#alarms[0]; next && next.time <= end; next = this.#alarms[0]) {
      this.#alarms.shift();
      this.#now = Math.max(this.#now, next.time);
      next.wake();
      await eventLoopSettles();
    }
    this.#now = end;
    await eventLoopSettles();
  }
}

/** The store keeps whole milliseconds. */
function wholeMillis(value: unknown, refusal: string): Millis {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return Math.floor(value);
  throw new RangeError(`${refusal} ${String(value)}: it takes a number of milliseconds, 0 or more.`);
}

/**
 * What a wake-up starts takes a few turns of the event loop (a look at the store, its commit, the next sleep), and no
 * real time. Ten turns are several times what the longest of these chains needs.
 */
async function eventLoopSettles(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
