/**
 * Frees the space of messages that have expired, were purged, or were in deleted queues, and has the engine return
 * space to the file system once it has been free for a while. The janitor need not be quick, since the engine neither
 * delivers nor counts such messages. It works in small portions, so that requests can run in between. If several nodes
 * share the data, one of them does it.
 */

import type { Store } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';

/** The number of messages freed per portion: about a millisecond of work. */
const PORTION = 200;

/**
 * How long space must have been free before it is returned to the file system. It is also the longest that purged
 * messages wait to be freed.
 */
const RECLAIM_INTERVAL_MS: Millis = 60_000;

/** How long a node that is not in charge waits until it asks again. */
const ASK_AGAIN_MS: Millis = 10_000;

export interface Janitor {
  /** The number of portions done so far. */
  readonly portions: number;
  /** Stops sweeping. Resolves when the current portion is done. */
  end(): Promise<void>;
}

/**
 * Starts the janitor. It sweeps now, whenever a message may have expired by `clock`, so that the `expired` event has the
 * right time, and every minute by `machine`: SQS's clock may be frozen or moved, but a disk fills up in real time.
 * `report` receives every error; the janitor carries on after it.
 */
export function startJanitor(
  store: Store,
  { clock, machine }: { clock: Clock; machine: Clock },
  report: (error: unknown) => void,
): Janitor {
  let ended = false;
  let portions = 0;
  /** Nothing expires before this instant. */
  let expiryFrom = Number.POSITIVE_INFINITY;
  let isAsleep = false;
  let cancelExpiry = () => {};
  let cancelInterval = () => {};
  let lastReclaim = machine.now();
  store.onExpiry((at) => {
    if (at >= expiryFrom) return;
    expiryFrom = at;
    if (isAsleep) setExpiryAlarm();
  });
  let sweeping = sweep();

  async function sweep(): Promise<void> {
    let mayFree = true;
    try {
      if (store.nodes) mayFree = await store.nodes.isJanitor();
      while (!ended && mayFree) {
        const now = clock.now();
        // From here on, the engine reports earlier expiries: with the result, or from verbs that follow.
        expiryFrom = Number.POSITIVE_INFINITY;
        const { freed, nextAt = Number.POSITIVE_INFINITY } = await store.expire(now, PORTION);
        expiryFrom = Math.min(expiryFrom, nextAt);
        portions++;
        if (freed === 0 && nextAt > now) break;
      }
      if (mayFree) await reclaim();
    } catch (error) {
      report(error);
    }
    if (ended) return;
    isAsleep = mayFree;
    if (mayFree) setExpiryAlarm();
    cancelInterval = machine.at(machine.now() + (mayFree ? RECLAIM_INTERVAL_MS : ASK_AGAIN_MS), sweepAgain);
  }

  function setExpiryAlarm(): void {
    cancelExpiry();
    if (expiryFrom < Number.POSITIVE_INFINITY) cancelExpiry = clock.at(expiryFrom, sweepAgain);
  }

  function cancelAlarms(): void {
    isAsleep = false;
    cancelExpiry();
    cancelInterval();
  }

  function sweepAgain(): void {
    cancelAlarms();
    sweeping = sweep();
  }

  async function reclaim(): Promise<void> {
    const now = machine.now();
    if (now < lastReclaim + RECLAIM_INTERVAL_MS) return;
    lastReclaim = now;
    for (let look: 'first' | 'next' = 'first'; !ended && (await store.reclaim(look)); ) look = 'next';
  }

  return {
    get portions() {
      return portions;
    },
    async end() {
      ended = true;
      cancelAlarms();
      await sweeping;
    },
  };
}
