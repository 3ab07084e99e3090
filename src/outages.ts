/**
 * Logs failures of the storage: each fault once, not once per request, and its end once the storage has worked for a
 * while. On a disk that is nearly full, small writes still succeed between large ones that fail; that does not end
 * the fault. All times here are the machine's, since SQS's clock may be frozen.
 */

import type { StoreUnavailable } from './storage/store.ts';
import type { Clock, Millis } from './time/clock.ts';

/** How long the storage must work without a fault before the log says that it works again. */
const RECOVERED_AFTER_MS: Millis = 5000;

interface Log {
  error(message: string): void;
  warn(message: string): void;
}

/** Returns a listener for `Store.onFault` that logs to `log`. */
export function outageLog(machine: Clock, log: Log): (fault: StoreUnavailable | undefined) => void {
  const logged = new Set<string>();
  let cancelAlarm = () => {};
  return (fault) => {
    cancelAlarm();
    if (fault && !logged.has(fault.message)) {
      logged.add(fault.message);
      log.error(`${fault.message} Until then, requests that cannot be stored fail with ServiceUnavailable.`);
    }
    if (fault || logged.size === 0) return;
    cancelAlarm = machine.at(machine.now() + RECOVERED_AFTER_MS, () => {
      logged.clear();
      log.warn('The storage works again.');
    });
  };
}
