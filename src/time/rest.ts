/** Waits for an instant, or for something that happens before it. */

import type { Clock, Millis } from './clock.ts';

/** Resolves when one of the signals is aborted, or, if given, at the instant `until` of the clock. */
export function rest(signals: readonly AbortSignal[], clock?: Clock, until?: Millis): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some(({ aborted }) => aborted)) return resolve();
    const end = () => {
      cancelAlarm();
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const cancelAlarm = until === undefined ? () => {} : clock!.at(until, end);
    for (const signal of signals) signal.addEventListener('abort', end);
  });
}
