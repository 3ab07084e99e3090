/** Detects that a clock was set back, so that waits for a duration do not become longer. */

import type { Clock, Millis } from './clock.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How often a program's own clock, which does not report that it was set back, is read. */
const LOOK_EVERY_MS: Millis = 1000;

/**
 * Calls `listener` with the number of milliseconds whenever `clock` was set back. Returns a function that removes the
 * listener. `machine` is the machine's clock, which never goes back; see `steadyClock`.
 */
export function onSetBack(clock: Clock, machine: Clock, listener: (byMs: Millis) => void): () => void {
  if (clock === machine) return () => {};
  if (clock instanceof VirtualClock) return clock.onSetBack(listener);
  let last = clock.now();
  let cancel = () => {};
  const look = () => {
    const now = clock.now();
    if (now < last) listener(last - now);
    last = now;
    cancel = machine.at(machine.now() + LOOK_EVERY_MS, look);
  };
  look();
  return () => cancel();
}
