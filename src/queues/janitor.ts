/**
 * Frees the space of messages that are expired, purged, or left from deleted queues, and lets the store give space back
 * that is free for long. Nobody depends on it being quick: the store hands out and counts no such message. It works in
 * small portions, so that requests get their turn between.
 */

import type { Store } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';

/** About a millisecond of work. */
const PORTION = 200;

/** What is sent meanwhile to a queue that nobody uses again expires unseen so much later at most, where time is leapt over. */
const LONGEST_SLEEP_MS: Millis = 86_400_000;

/** How long space is free at least before it is given back; and how long what was purged waits for it at most. */
const FREE_FOR_MS: Millis = 60_000;

export interface Janitor {
  /** Grows with each portion. */
  readonly portions: number;
  end(): Promise<void>;
}

/**
 * Starts to sweep: now, whenever something may have expired by `clock`, and every minute of `machine`. Messages have a time
 * that may stand still or leap; a disk fills up in that of the machine.
 */
export function startJanitor(
  store: Store,
  { clock, machine }: { clock: Clock; machine: Clock },
  report: (error: unknown) => void,
): Janitor {
  let ended = false;
  let portions = 0;
  let cancelAlarms = () => {};
  let lastLook = machine.now();
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
    const cancels = [
      clock.at(Math.min(next ?? latest, latest), sweepAgain),
      machine.at(machine.now() + FREE_FOR_MS, sweepAgain),
    ];
    cancelAlarms = () => {
      for (const cancel of cancels) cancel();
    };
  }

  function sweepAgain(): void {
    cancelAlarms();
    sweeping = sweep();
  }

  async function reclaim(): Promise<void> {
    const now = machine.now();
    if (now < lastLook + FREE_FOR_MS) return;
    lastLook = now;
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
