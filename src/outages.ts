/**
 * What the log says when the storage fails: each fault once, not once a request, and that it is over once that has lasted.
 * On a disk that is nearly full small things still work between large ones that do not: that is no end of the fault.
 */

import type { StoreUnavailable } from './storage/store.ts';
import type { Clock, Millis } from './time/clock.ts';

/** The storage has worked for so long without a fault before it is said to work again. */
const SOUND_MS: Millis = 5000;

interface Log {
  error(message: string): void;
  warn(message: string): void;
}

/** Hears of faults as `Store.onFault` tells them. */
export function outageLog(clock: Clock, log: Log): (fault: StoreUnavailable | undefined) => void {
  const said = new Set<string>();
  let cancelAlarm = () => {};
  return (fault) => {
    cancelAlarm();
    if (fault && !said.has(fault.message)) {
      said.add(fault.message);
      log.error(`${fault.message} Until then, what cannot be stored is refused as ServiceUnavailable.`);
    }
    if (fault || said.size === 0) return;
    cancelAlarm = clock.at(clock.now() + SOUND_MS, () => {
      said.clear();
      log.warn('The storage works again.');
    });
  };
}
