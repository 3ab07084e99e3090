/**
 * Copies the contents of messages between the main tables and a snapshot, most of them in portions. A content never
 * changes while it exists, and no key is used twice, so contents with the same key are equal: `complete` only has to
 * compare keys, and is right whatever happened between the portions.
 */

import type { Connection } from './database.ts';

/** The contents that one portion copies: a few milliseconds of work, unless the disk is slow. */
export const COPIED_AT_ONCE = 1000;
const COPIED_BYTES_AT_ONCE = 2_000_000;

export class ContentCopy {
  readonly #copied: ((keys: readonly number[]) => void) | undefined;
  readonly #missing;
  readonly #copyUpTo;
  readonly #deleteOthers;
  readonly #copyMissing;
  #last = -1;

  /** Copies `from` one table `to` the other. `copied` is called in each portion, with the keys that it has copied. */
  constructor(connection: Connection, from: string, to: string, copied?: (keys: readonly number[]) => void) {
    this.#copied = copied;
    const isMissing = (source: string, target: string) =>
      `key NOT IN (SELECT key FROM ${target}) AND ${source}.key > ?`;
    const [source = from] = from.split('.').slice(1);
    // Statements are prepared when they are needed first: a snapshot's table may not exist yet.
    this.#missing = () =>
      connection.prepare<[number], { key: number; bytes: number }>(
        `SELECT key, octet_length(body) AS bytes FROM ${from} WHERE ${isMissing(source, to)}
         ORDER BY key LIMIT ${COPIED_AT_ONCE}`,
      );
    this.#copyUpTo = () =>
      connection.prepare(`INSERT INTO ${to} SELECT * FROM ${from} WHERE ${isMissing(source, to)} AND key <= ?`);
    this.#deleteOthers = () => connection.prepare(`DELETE FROM ${to} WHERE key NOT IN (SELECT key FROM ${from})`);
    this.#copyMissing = () =>
      connection.prepare(`INSERT INTO ${to} SELECT * FROM ${from} WHERE key NOT IN (SELECT key FROM ${to})`);
  }

  /** Copies a portion in advance. Returns false, without copying, if no more than a portion is left. */
  portion(): boolean {
    const keys: number[] = [];
    let bytes = 0;
    for (const row of this.#missing().iterate(this.#last)) {
      keys.push(row.key);
      bytes += row.bytes;
      if (bytes >= COPIED_BYTES_AT_ONCE) break;
    }
    if (keys.length < COPIED_AT_ONCE && bytes < COPIED_BYTES_AT_ONCE) return false;
    const last = keys.at(-1)!;
    this.#copyUpTo().run(this.#last, last);
    this.#copied?.(keys);
    this.#last = last;
    return true;
  }

  /** Makes both tables equal: deletes the contents that only the target has, and copies those that it lacks. */
  complete(): void {
    this.#deleteOthers().run();
    this.#copyMissing().run();
  }
}
