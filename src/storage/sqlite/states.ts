/**
 * Snapshots, and the removal of many queues at once.
 *
 * A snapshot is a copy of the tables in an in-memory database attached to the connection. The copies have the same
 * columns and indexes as the tables, so that SQLite copies rows from page to page without decoding them, in less than
 * a microsecond each. The list of snapshots is a table of that database, so that it changes in the same transactions.
 *
 * Contents are most of the data. They never change while they exist, and their keys are never reused, so most of them
 * are copied in advance, in portions; one transaction then copies everything else, and makes up for what has changed.
 */

import type { Millis } from '../../time/clock.ts';
import { isHidden } from '../hidden.ts';
import { isInScope } from '../scopes.ts';
import type { QueueScope, SnapshotInfo, States } from '../states.ts';
import type { Queue } from '../store.ts';
import { ContentCopy } from './content-copy.ts';
import type { Connection } from './database.ts';
import type { Eras } from './eras.ts';
import type { Messages } from './messages.ts';
import type { Parts } from './parts.ts';
import type { QueueTable } from './queue-table.ts';
import type { StoredRecords } from './topics/sqlite-topics.ts';
import type { Turns } from './turns.ts';

/** A row of the list of snapshots. */
interface Snapshot {
  /** Part of the names of its tables. */
  number: number;
  name: string;
  /** The era that began when it was taken. */
  era: number;
  takenAt: Millis;
  queues: number;
  messages: number;
  topics: number;
}

interface Definition {
  type: 'table' | 'index';
  name: string;
  tbl_name: string;
  sql: string;
}

/** A restore neither makes issued numbers available again nor changes keys and secrets. */
const NEVER_RESTORED = ['numbers', 'receipt_secret', 'texts'];

/** Copied in portions. */
const CONTENTS = 'contents';

/** A snapshot that is being taken. */
interface Taking {
  number: number;
  name: string;
  copy: ContentCopy;
  taken: () => void;
}

interface Context {
  turns: Turns;
  parts: Parts;
  eras: Eras;
  messages: Messages;
  records: StoredRecords;
}

export class SqliteStates implements States {
  readonly #connection: Connection;
  readonly #context: Context;
  readonly #queues: QueueTable;
  readonly #definitions: Definition[];
  #lastNumber = 0;
  /** How many snapshots are being taken. */
  #taking = 0;

  constructor(connection: Connection, context: Context) {
    this.#connection = connection;
    this.#context = context;
    this.#queues = context.parts.queues;
    const all = connection.prepare<[], Definition>(
      `SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL
       ORDER BY type DESC, rowid`,
    );
    this.#definitions = all.all().filter(({ tbl_name }) => !NEVER_RESTORED.includes(tbl_name));
  }

  removeQueues(scope: QueueScope): Promise<Queue[]> {
    const { turns, parts } = this.#context;
    return turns.run(() => {
      const selected = [...this.#queues.states()].filter(({ queue }) => !isHidden(queue) && isInScope(queue, scope));
      for (const state of selected) {
        this.#queues.remove(state);
        parts.outbox.record?.({ kind: 'queue-deleted', queue: state.queue });
      }
      return selected.map(({ queue }) => queue);
    });
  }

  async takeSnapshot(name: string, now: Millis, taken = () => {}): Promise<SnapshotInfo> {
    const { turns } = this.#context;
    this.#attach();
    this.#taking++;
    const number = ++this.#lastNumber;
    const copy = new ContentCopy(this.#connection, 'main.contents', `snapshots.contents_${number}`);
    try {
      return await turns.finish(() => this.#take({ number, name, copy, taken }, now));
    } catch (error) {
      await turns.run(() => this.#dropTables(number)).catch(() => {});
      throw error;
    } finally {
      this.#taking--;
      this.#detachIfEmpty();
    }
  }

  #take({ number, name, copy, taken }: Taking, now: Millis): SnapshotInfo | 'unfinished' {
    const { eras, parts } = this.#context;
    this.#makeTables(number);
    if (copy.portion()) return 'unfinished';
    const states = [...this.#queues.states()];
    for (const state of states) parts.counts.bringTo(state, now);
    if (states.some(({ expiryFrom }) => expiryFrom <= now)) return 'unfinished';
    this.#remove(name);
    this.#queues.saveCounts();
    for (const table of this.#tables()) {
      if (table !== CONTENTS) this.#copy(`main.${table}`, `snapshots.${table}_${number}`);
    }
    copy.complete();
    const shown = states.filter(({ queue }) => !isHidden(queue));
    const messages = shown.reduce((sum, { counts }) => sum + counts.visible + counts.inFlight + counts.delayed, 0);
    const topics = this.#connection.prepare<[], number>('SELECT count(*) FROM main.topics').pluck().get()!;
    const snapshot = { number, name, era: eras.begin(), takenAt: now, queues: shown.length, messages, topics };
    this.#connection
      .prepare('INSERT INTO snapshots.list VALUES (:number, :name, :era, :takenAt, :queues, :messages, :topics)')
      .run(snapshot);
    parts.outbox.call(taken);
    return infoOf(snapshot);
  }

  restoreSnapshot(name: string, now: Millis, restored = () => {}): Promise<SnapshotInfo | undefined> {
    const { turns, eras, parts, messages, records } = this.#context;
    let copy: ContentCopy | undefined;
    let staging: number | undefined;
    return turns.finish(() => {
      const snapshot = this.#list().find((one) => one.name === name);
      if (!snapshot) return undefined;
      copy ??= new ContentCopy(this.#connection, `snapshots.contents_${snapshot.number}`, 'main.contents', (keys) => {
        staging ??= parts.numbers.next();
        this.#stage(staging, keys);
      });
      if (copy.portion()) return 'unfinished';
      // The restore discards the effects of earlier verbs of this turn, too.
      this.#queues.saveCounts();
      // Tables that refer to others are emptied before them and filled after them.
      const tables = this.#tables().filter((table) => table !== CONTENTS);
      for (const table of tables.toReversed()) this.#connection.exec(`DELETE FROM main.${table}`);
      for (const table of tables) this.#copy(`snapshots.${table}_${snapshot.number}`, `main.${table}`);
      copy.complete();
      this.#queues.reload();
      records.reload();
      parts.memories.sends.reload();
      eras.beginVoiding(snapshot.era);
      parts.outbox.call(restored);
      for (const state of this.#queues.states()) {
        parts.counts.bringTo(state, now);
        parts.outbox.expires(Math.max(state.expiryFrom, now));
        const at = messages.nextVisibleAt(state, Number.POSITIVE_INFINITY, now);
        if (at !== undefined) parts.announce(state.queue.id, at);
      }
      return infoOf(snapshot);
    });
  }

  snapshots(): readonly SnapshotInfo[] {
    return this.#list().map(infoOf);
  }

  /** There are no other nodes. */
  async refreshSnapshots(): Promise<void> {}

  async removeSnapshot(name: string): Promise<boolean> {
    const removed = await this.#context.turns.run(() => this.#remove(name));
    this.#detachIfEmpty();
    return removed;
  }

  /** Returns the snapshots in the order in which they were taken. */
  #list(): Snapshot[] {
    if (!this.#isAttached()) return [];
    return this.#connection.prepare<[], Snapshot>('SELECT * FROM snapshots.list ORDER BY number').all();
  }

  /** Removes a snapshot, in a transaction. Returns false if there is none of this name. */
  #remove(name: string): boolean {
    const snapshot = this.#list().find((one) => one.name === name);
    if (!snapshot) return false;
    this.#dropTables(snapshot.number);
    this.#connection.prepare('DELETE FROM snapshots.list WHERE number = ?').run(snapshot.number);
    return true;
  }

  /** Attaches the in-memory database, outside of a transaction as SQLite requires. */
  #attach(): void {
    if (this.#isAttached()) return;
    this.#connection.exec(`ATTACH ':memory:' AS snapshots`);
    this.#connection.exec(
      `CREATE TABLE snapshots.list (number INTEGER PRIMARY KEY, name TEXT, era INTEGER, takenAt INTEGER,
         queues INTEGER, messages INTEGER, topics INTEGER)`,
    );
  }

  /**
   * Detaches the in-memory database if it has no snapshot and will not get one: SQLite frees its memory only then. Must
   * not be called in a transaction.
   */
  #detachIfEmpty(): void {
    if (this.#taking === 0 && this.#isAttached() && this.#list().length === 0) {
      this.#connection.exec('DETACH snapshots');
    }
  }

  #isAttached(): boolean {
    if (!this.#connection.open) return false;
    const attached = this.#connection.pragma('database_list') as { name: string }[];
    return attached.some(({ name }) => name === 'snapshots');
  }

  #tables(): string[] {
    return this.#definitions.filter(({ type }) => type === 'table').map(({ name }) => name);
  }

  /**
   * Gives contents that are not the main tables' own yet to an abandoned generation: if the restore does not get as far
   * as its last transaction, the janitor frees them. Until then they belong to no queue.
   */
  #stage(generation: number, keys: readonly number[]): void {
    this.#connection.prepare('INSERT OR IGNORE INTO abandoned VALUES (?)').run(generation);
    this.#connection
      .prepare(`INSERT INTO messages SELECT ?, value, 0, 0, 0, 0, NULL, NULL, NULL, value FROM json_each(?)`)
      .run(generation, JSON.stringify(keys));
  }

  #dropTables(number: number): void {
    for (const table of this.#tables()) this.#connection.exec(`DROP TABLE IF EXISTS snapshots.${table}_${number}`);
  }

  /**
   * Creates copies of the definitions of tables and indexes, with `number` appended to their names, unless they exist.
   */
  #makeTables(number: number): void {
    for (const { type, name, tbl_name, sql } of this.#definitions) {
      const start = `CREATE ${type.toUpperCase()} IF NOT EXISTS snapshots.${name}_${number}`;
      const rest = sql.slice(`CREATE ${type} ${name}`.length);
      // A copy has no foreign keys.
      if (type === 'table') this.#connection.exec(start + rest.replace(/REFERENCES \w+( ON DELETE CASCADE)?/g, ''));
      else this.#connection.exec(start + rest.replace(` ON ${tbl_name}`, ` ON ${tbl_name}_${number}`));
    }
  }

  #copy(from: string, to: string): void {
    this.#connection.exec(`INSERT INTO ${to} SELECT * FROM ${from}`);
  }
}

function infoOf({ name, takenAt, queues, messages, topics }: Snapshot): SnapshotInfo {
  return { name, takenAt, queues, messages, topics };
}
