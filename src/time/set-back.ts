/** Notices that a clock was set back, for waits that have to last as long as before. */

import type { Clock, Millis } from './clock.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How often the clock of a program, which does not report this itself, is compared with its earlier time. */
const LOOK_EVERY_MS: Millis = 1000;

/**
 * Calls `listener` with the number of milliseconds whenever `clock` has been set back. Returns a function that ends
 * this. The clock of the machine (`machine`) never goes back; see `steadyClock`.
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
