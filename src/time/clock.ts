/**
 * Time. Everything that needs to know the hour, or to be woken at one, asks a Clock; only this file asks the machine.
 * So a user can hold time still and move it (virtual-clock.ts), and all of SQS follows.
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

/** Resolves after `ms` milliseconds of the machine's time. Unlike a clock's alarm it keeps the process alive. */
export function sleep(ms: Millis): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export const systemClock: Clock = steadyClock(
  () => Date.now(),
  () => performance.now(),
);
