/**
 * Frees the space of messages that are expired, purged, or left from deleted queues, and lets the store give space back
 * that is free for long. Nobody depends on it being quick: the store hands out and counts no such message. It works in
 * small portions, so that requests get their turn between.
 */

import type { Clock, Millis } from '../clock.ts';
import type { Store } from '../storage/store.ts';

/** About a millisecond of work. */
const PORTION = 200;

/** What is sent meanwhile to a queue that nobody uses again takes up space for so much longer at most. */
const LONGEST_SLEEP_MS: Millis = 3_600_000;

/** How long space is free at least before it is given back. */
const FREE_FOR_MS: Millis = 60_000;

export interface Janitor {
  /** Grows with each portion. */
  readonly portions: number;
  end(): Promise<void>;
}

/** Starts to sweep, now and whenever something may have expired. */
export function startJanitor(store: Store, clock: Clock, report: (error: unknown) => void): Janitor {
  let ended = false;
  let portions = 0;
  let cancelAlarm = () => {};
  let lastLook = clock.now();
  let sweeping = sweep();

  async function sweep(): Promise<void> {
    let next: Millis | undefined;
    try {
      while (!ended) {
        const now = clock.now();
        const { freed, nextAt } = await store.expire(now, PORTION);
        next = nextAt;
        portions++;
        const isDone = nextAt === undefined || nextAt > now;
        if (freed === 0 && isDone) break;
      }
      await reclaim();
    } catch (error) {
      report(error);
    }
    if (ended) return;
    const latest = clock.now() + LONGEST_SLEEP_MS;
    cancelAlarm = clock.at(Math.min(next ?? latest, latest), () => {
      sweeping = sweep();
    });
  }

  async function reclaim(): Promise<void> {
    const now = clock.now();
    // A clock that was set back must not put it off.
    if (now >= lastLook && now < lastLook + FREE_FOR_MS) return;
    lastLook = now;
    for (let look: 'first' | 'next' = 'first'; !ended && (await store.reclaim(look)); ) look = 'next';
  }

  return {
    get portions() {
      return portions;
    },
    async end() {
      ended = true;
      cancelAlarm();
      await sweeping;
    },
  };
}
