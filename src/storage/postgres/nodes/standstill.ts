/**
 * Notices that this process has stood still, as when it was stopped or had no processor. Meanwhile, other nodes may have
 * given up waiting until it has heard of a change (hearing.ts), and what they told may still be on its way.
 */

import { type Millis, systemClock } from '../../../time/clock.ts';
import type { Connection } from '../connection.ts';
import { ConnectionLost } from '../faults.ts';

export class StoodStill extends ConnectionLost {}

/** How often the process shows that it runs. */
const EVERY_MS: Millis = 250;

/** Less than the time for which other nodes wait. */
const STANDSTILL_MS: Millis = 750;

/**
 * Ends the connection on which a node hears of changes once the process has stood still. Returns a function that returns
 * whether what was heard can be relied on. It must be called each time: requests may be read before a timer is due.
 */
export function endAtStandstill(connection: Pick<Connection, 'destroy' | 'lost' | 'onLost'>): () => boolean {
  let seenAt = performance.now();
  let cancel = () => {};
  const runs = () => {
    const now = performance.now();
    if (now - seenAt > STANDSTILL_MS) connection.destroy(new StoodStill('this process stood still'));
    seenAt = now;
    return connection.lost === undefined;
  };
  const look = () => {
    if (runs()) cancel = systemClock.at(systemClock.now() + EVERY_MS, look);
  };
  look();
  connection.onLost(() => cancel());
  return runs;
}
