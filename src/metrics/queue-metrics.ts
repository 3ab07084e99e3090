/**
 * The metrics of queues. Each event increments a counter or two as it happens. The contents of queues are read on
 * each scrape, a few hundred queues at a time, so that ten thousand queues keep no request waiting.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageSize } from '../queues/digest.ts';
import type { Happening } from '../storage/happenings.ts';
import type { Holding, Observation } from '../storage/observation.ts';
import type { Queue } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import { emptyTally, type Family, families, heading, type Row, samples, type Tally } from './families.ts';
import { quoted } from './labels.ts';

/** A few milliseconds of work, during which requests wait. */
const QUEUES_AT_ONCE = 250;
const ROWS_AT_ONCE = 2000;

export class QueueMetrics {
  readonly #tallies = new Map<number, Tally>();
  readonly #labels = new Map<number, string>();

  /** Counts an event of the store. */
  record(happening: Happening): void {
    const { queue } = happening;
    switch (happening.kind) {
      case 'sent': {
        const tally = this.#tally(queue);
        tally.sent++;
        tally.sentBytes += messageSize(happening.content.body, happening.content.attributes);
        break;
      }
      case 'received':
        this.#tally(queue).received++;
        break;
      case 'deleted':
        this.#tally(queue).deleted++;
        break;
      case 'deduplicated':
        this.#tally(queue).deduplicated++;
        break;
      case 'expired':
        this.#tally(queue).expired++;
        break;
      case 'dead-lettered':
        this.#tally(queue).deadLettered++;
        break;
      case 'queue-deleted':
        this.#tallies.delete(queue.id);
        this.#labels.delete(queue.id);
        break;
    }
  }

  /** Counts a receive that returned no message: once, however many times a long poll looked for one. */
  emptyReceive(queue: Queue): void {
    this.#tally(queue).emptyReceives++;
  }

  /**
   * Yields the metrics of queues in Prometheus's text format, piece by piece. Queues that are empty and have had no
   * events since Squab started are left out. Throws StoreUnavailable before the first piece.
   */
  async *print(observation: Observation, clock: Clock): AsyncGenerator<string> {
    const rows: Row[] = [];
    const ids = await observation.queueIds();
    for (let at = 0; at < ids.length; at += QUEUES_AT_ONCE) {
      const now = clock.now();
      const holdings = await observation.holdings(ids.slice(at, at + QUEUES_AT_ONCE), now);
      for (const holding of holdings) {
        const tally = this.#tallies.get(holding.queue.id);
        if (tally || holding.oldestSentAt !== undefined) rows.push(this.#row(holding, tally ?? emptyTally(), now));
      }
    }
    yield `# HELP squab_queues Number of queues.\n# TYPE squab_queues gauge\nsquab_queues ${ids.length}\n`;
    for (const family of families) {
      yield* inPieces(family, rows);
    }
  }

  #row({ queue, ...holding }: Holding, tally: Tally, now: number): Row {
    const { oldestSentAt = now } = holding;
    let labels = this.#labels.get(queue.id);
    if (labels === undefined) {
      labels = labelsOf(queue);
      this.#labels.set(queue.id, labels);
    }
    return { labels, holding, age: Math.max(0, (now - oldestSentAt) / 1000), tally };
  }

  #tally({ id }: Queue): Tally {
    let tally = this.#tallies.get(id);
    if (!tally) {
      tally = emptyTally();
      this.#tallies.set(id, tally);
    }
    return tally;
  }
}

async function* inPieces(family: Family, rows: readonly Row[]): AsyncGenerator<string> {
  yield heading(family);
  for (const suffix of Object.keys(family.samples)) {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      yield samples(family, suffix, rows.slice(at, at + ROWS_AT_ONCE));
      await nextTurn();
    }
  }
}

function labelsOf({ name, account, region }: Queue): string {
  return `{queue=${quoted(name)},account=${quoted(account)},region=${quoted(region)}}`;
}
