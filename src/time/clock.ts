/**
 * Time. All code that needs the time, or needs to be woken at a certain time, uses a Clock; only this file uses the
 * machine's. That lets a user freeze and move the time (virtual-clock.ts) of all of SQS.
 */

/**
 * Milliseconds: a duration if the name ends with `Ms`, or else a point in time, counted from 1970-01-01 UTC.
 */
export type Millis = number;

export interface Clock {
  /** Returns the current time, in whole milliseconds since 1970-01-01 UTC. */
  now(): Millis;
  /**
   * Calls `wake` once, at `time` or as soon as possible afterwards, but never before `at` has returned. If `time` has
   * been reached already, this also applies while the clock is frozen. Returns a function that cancels the call.
   */
  at(time: Millis, wake: () => void): () => void;
}

/** The delay of Node's timers is a signed 32-bit number; a timer with a longer delay would fire immediately. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * How far the machine's clock may fall behind the monotonic time between two readings. Small adjustments happen all the
 * time; if it falls behind by more, it was set back.
 */
const ADJUSTED_MS_MAX: Millis = 1000;

/**
 * Returns a clock that shows the machine's time, but never goes back. If the machine's clock is set back, this one
 * runs on from where it was until the machine's has caught up, so that polls end and messages become visible when
 * they should. Its timers do not keep the process alive; an open server does. `wall` returns the time that the
 * machine's clock shows, in milliseconds since 1970-01-01 UTC; `elapsed` returns a monotonic time in milliseconds.
 */
export function steadyClock(wall: () => Millis, elapsed: () => Millis): Clock {
  let last = Number.NEGATIVE_INFINITY;
  let lastElapsed = 0;
  /** How far this clock is ahead of the machine's. */
  let ahead = 0;
  const now = () => {
    const shown = wall();
    const elapsedNow = elapsed();
    const expected = last + elapsedNow - lastElapsed;
    const earliest = Math.max(last, expected - ADJUSTED_MS_MAX);
    if (shown >= earliest) ahead = 0;
    else if (shown + ahead < earliest) ahead = Math.floor(expected) - shown;
    last = shown + ahead;
    lastElapsed = elapsedNow;
    return last;
  };
  return {
    now,
    at(time, wake) {
      let timer: NodeJS.Timeout;
      const sleep = () => {
        const left = time - now();
        if (left <= 0) wake();
        else timer = setTimeout(sleep, Math.min(left, TIMER_MS_MAX)).unref();
      };
      timer = setTimeout(sleep, Math.max(0, Math.min(time - now(), TIMER_MS_MAX))).unref();
      return () => clearTimeout(timer);
    },
  };
}

/** Returns a clock that is ahead of another one by `offset`, which may vary a little; like that one, it never goes back. */
export function shiftedClock(clock: Clock, offset: () => Millis): Clock {
  return steadyClock(
    () => clock.now() + Math.round(offset()),
    () => performance.now(),
  );
}

/** Resolves after `ms` milliseconds of real time. Unlike an alarm of a Clock, it keeps the process alive. */
export function sleep(ms: Millis): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Like `sleep`, but calls `wake`, unless the returned function is called before that. */
export function wakeAfter(ms: Millis, wake: () => void): () => void {
  const timer = setTimeout(wake, ms);
  return () => clearTimeout(timer);
}

/** The machine's time; see `steadyClock`. */
export const systemClock: Clock = steadyClock(
  () => Date.now(),
  () => performance.now(),
);
