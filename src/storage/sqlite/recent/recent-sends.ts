/**
 * Remembers recent sends to FIFO queues by their deduplication keys.
 *
 * The table of them that is sorted by key is dear to write, since most clients choose random IDs: each of a thousand rows
 * goes to a page of its own, which is then written twice. So the latest sends are in a table in the order of time, whose
 * rows share pages, and in memory, where they are found. Once there are LATEST_MAX of them, those whose window has not ended
 * move to the sorted table together, where each page then gets many.
 */

import type { Millis } from '../../../time/clock.ts';
import type { RememberedSend } from '../../inspection.ts';
import type { NewMessage, Sent } from '../../store.ts';
import type { Connection } from '../database.ts';

/** Moving as many takes some hundredths of a second. */
const LATEST_MAX = 10_000;

interface Row {
  generation: number;
  deduplicationKey: string;
  messageId: string;
  key: number;
  until: Millis;
}

const identity = (generation: number, key: string) => `${generation} ${key}`;

export class RecentSends {
  readonly #all;
  readonly #insert;
  readonly #delete;
  readonly #sort;
  readonly #deleteAll;
  readonly #hasSorted;
  readonly #findSorted;
  readonly #forgetSorted;
  /** The rows of `latest_sends`, in their order; undefined until they are read. */
  #latest: Map<string, Row> | undefined;
  /** Whether the sorted table may have rows. */
  #searchesSorted = true;

  constructor(connection: Connection) {
    this.#all = connection.prepare<[], Row>(
      `SELECT generation, deduplication_key AS deduplicationKey, message_id AS messageId, message_key AS key,
         expires_at AS until
       FROM latest_sends ORDER BY message_key`,
    );
    this.#insert = connection.prepare<[number, number, string, string, Millis]>(
      'INSERT INTO latest_sends VALUES (?, ?, ?, ?, ?)',
    );
    this.#delete = connection.prepare<[number]>('DELETE FROM latest_sends WHERE message_key = ?');
    this.#sort = connection.prepare<[Millis]>(
      `INSERT OR REPLACE INTO deduplications
       SELECT generation, deduplication_key, message_id, message_key, expires_at FROM latest_sends
       WHERE expires_at > ? ORDER BY generation, deduplication_key`,
    );
    this.#deleteAll = connection.prepare<[]>('DELETE FROM latest_sends');
    this.#hasSorted = connection
      .prepare<[], number>('SELECT count(*) FROM (SELECT 1 FROM deduplications WHERE generation >= 0 LIMIT 1)')
      .pluck();
    this.#findSorted = connection.prepare<[number, string], RememberedSend>(
      `SELECT message_id AS messageId, message_key AS key, expires_at AS until FROM deduplications
       WHERE generation = ? AND deduplication_key = ?`,
    );
    this.#forgetSorted = connection.prepare<[Millis, number]>(
      `DELETE FROM deduplications WHERE (generation, deduplication_key) IN (
         SELECT generation, deduplication_key FROM deduplications WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
       )`,
    );
  }

  /** Reads the tables again when they are next needed, after a rollback or a restore. */
  reload(): void {
    this.#latest = undefined;
  }

  /**
   * Remembers a send under its deduplication key. If the key is already remembered and its window has not ended, leaves
   * that entry and returns the original; otherwise returns undefined.
   */
  keep(
    generation: number,
    { key, windowMs }: NonNullable<NewMessage['deduplication']>,
    sent: Sent,
    now: Millis,
  ): Sent | undefined {
    const earlier = this.find(generation, key, now);
    if (earlier) return { messageId: earlier.messageId, key: earlier.key };
    const latest = this.#read();
    const id = identity(generation, key);
    const ended = latest.get(id);
    if (ended) this.#drop(latest, id, ended);
    if (latest.size >= LATEST_MAX) this.#sortAll(latest, now);
    const row = { generation, deduplicationKey: key, messageId: sent.messageId, key: sent.key, until: now + windowMs };
    this.#insert.run(row.key, generation, key, row.messageId, row.until);
    latest.set(id, row);
    return undefined;
  }

  /** Returns the remembered send with this deduplication key, if its window has not ended. */
  find(generation: number, key: string, now: Millis): RememberedSend | undefined {
    const found =
      this.#read().get(identity(generation, key)) ??
      (this.#searchesSorted ? this.#findSorted.get(generation, key) : undefined);
    return found && found.until > now ? { messageId: found.messageId, key: found.key, until: found.until } : undefined;
  }

  /** Forgets up to `limit` sends whose windows have ended. Returns how many. */
  forget(now: Millis, limit: number): number {
    const latest = this.#read();
    let forgotten = 0;
    for (const [id, row] of latest) {
      if (forgotten === limit) break;
      // Later ones end later, unless the clock was set back.
      if (row.until > now) continue;
      this.#drop(latest, id, row);
      forgotten++;
    }
    return this.#searchesSorted ? forgotten + this.#forgetSorted.run(now, limit - forgotten).changes : forgotten;
  }

  #read(): Map<string, Row> {
    if (!this.#latest) {
      this.#latest = new Map(this.#all.all().map((row) => [identity(row.generation, row.deduplicationKey), row]));
      this.#searchesSorted = this.#hasSorted.get() === 1;
    }
    return this.#latest;
  }

  #drop(latest: Map<string, Row>, id: string, row: Row): void {
    this.#delete.run(row.key);
    latest.delete(id);
  }

  #sortAll(latest: Map<string, Row>, now: Millis): void {
    this.#sort.run(now);
    this.#deleteAll.run();
    latest.clear();
    this.#searchesSorted = true;
  }
}
