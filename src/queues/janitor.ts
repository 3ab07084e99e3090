/**
 * Frees the space of messages that have expired, were purged, or were in deleted queues, and has the engine return
 * space to the file system once it has been free for a while. The janitor need not be quick, since the engine neither
 * delivers nor counts such messages. It works in small portions, so that requests can run in between.
 */

import type { Store } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';

/** The number of messages freed per portion: about a millisecond of work. */
const PORTION = 200;

/**
 * The longest that the janitor sleeps, by SQS's clock. Sends do not wake it. So, when that clock is moved, a message
 * that was sent during the sleep, to a queue that is not used again, may be freed up to this long after it expired.
 */
const LONGEST_SLEEP_MS: Millis = 86_400_000;

/**
 * How long space must have been free before it is returned to the file system. It is also the longest that purged
 * messages wait to be freed.
 */
const RECLAIM_INTERVAL_MS: Millis = 60_000;

export interface Janitor {
  /** The number of portions done so far. */
  readonly portions: number;
  /** Stops sweeping. Resolves when the current portion is done. */
  end(): Promise<void>;
}

/**
 * Starts the janitor. It sweeps now, whenever a message may have expired by `clock`, and every minute by `machine`:
 * SQS's clock may be frozen or moved, but a disk fills up in real time. `report` receives every error; the janitor
 * carries on after it.
 */
export function startJanitor(
  store: Store,
  { clock, machine }: { clock: Clock; machine: Clock },
  report: (error: unknown) => void,
): Janitor {
  let ended = false;
  let portions = 0;
  let cancelAlarms = () => {};
  let lastReclaim = machine.now();
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
      machine.at(machine.now() + RECLAIM_INTERVAL_MS, sweepAgain),
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
