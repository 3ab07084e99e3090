/** Waits for an instant. */

import type { Clock, Millis } from '../../time/clock.ts';

/** Resolves at the instant `until` of the clock, or when the signal is aborted. */
export function rest(signal: AbortSignal, clock: Clock, until: Millis): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      cancelAlarm();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancelAlarm = clock.at(until, end);
    signal.addEventListener('abort', end);
  });
}
