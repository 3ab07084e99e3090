/**
 * Snapshots, and the removal of many queues at once. All nodes of a database have the same snapshots, which outlive
 * them. The tables of a snapshot are those of snapshot-tables.ts.
 *
 * A snapshot is taken by two transactions. One keeps others from writing messages while it begins a new era, and while
 * the other, which is REPEATABLE READ, gets its view of the data. So every receipt that was issued before that view is
 * of an earlier era, and every later one of the new era. Then everyone goes on, and the other transaction copies. If the
 * first one fails once the other has its view, the snapshot begins again.
 *
 * A restore replaces all tables in one transaction, which keeps everyone from them for as long as it takes: some
 * seconds for a million messages. Verbs wait meanwhile, or are refused as during an outage.
 */

import type { Millis } from '../../../time/clock.ts';
import { Turnstile } from '../../../time/turnstile.ts';
import { isHidden } from '../../hidden.ts';
import { FREED_AT_ONCE } from '../../portions.ts';
import { type QueueScope, type SnapshotInfo, SnapshotRefused, type States } from '../../states.ts';
import type { Queue } from '../../store.ts';
import { type Context, orLookAgain } from '../context.ts';
import { EVERYTHING } from '../nodes/payloads.ts';
import type { Session, Tx } from '../session.ts';
import { isStorable, statement } from '../statement.ts';
import {
  ALL_CHANGED,
  copying,
  DELETE,
  dropping,
  FOR_COPIES,
  INSERT,
  LEFT_OVER,
  LIST,
  LOCK_ALL,
  LOCK_LIST,
  restoring,
  type SnapshotRow,
  STOP_WRITING,
} from './snapshot-tables.ts';
import { hasList, makeList, refuse } from './snapshots-schema.ts';

/** How long a snapshot may take to be taken or restored, in milliseconds. */
const LIMIT_MS = 15 * 60_000;

const BEGIN_ERA = statement<{ era: number }>(
  `INSERT INTO squab.void_eras (from_era, to_era) SELECT n, n FROM (SELECT nextval('squab.numbers') AS n) AS numbers
   RETURNING from_era AS era`,
);

/** Makes void the receipts that were issued since an era began, and begins another. */
const VOID = statement<never>(
  `WITH n AS MATERIALIZED (SELECT nextval('squab.numbers') AS era)
   INSERT INTO squab.void_eras (from_era, to_era) SELECT $1::bigint, era FROM n UNION ALL SELECT era, era FROM n
   ON CONFLICT (from_era) DO UPDATE SET to_era = excluded.to_era`,
);

const NUMBER = statement<{ number: number }>(`SELECT nextval('squab.numbers') AS number`);

const TOPICS = statement<{ topics: number }>('SELECT count(*) AS topics FROM squab.topics');

/** How many migration steps the tables have. Also fixes what its transaction sees, if it is the first query. */
const STEPS = statement<{ steps: number }>('SELECT max(done) AS steps FROM squab.steps');

/** The numbers of queues and messages, with hidden queues, but without expired messages. */
const CONTENTS = statement<{ account: string; messages: number }>(
  `SELECT q.account, m.messages FROM squab.queues AS q
   CROSS JOIN LATERAL (SELECT count(*) AS messages FROM squab.contents
                       WHERE generation = q.generation AND generation > 0
                         AND sent_at > $1 - q.retention_ms OFFSET 0) AS m`,
);

/** For each queue, when it may have something to deliver, and when its oldest message was sent. */
const NEXT = statement<{ id: number; fifo: boolean; nextAt: Millis | null; expiresAt: Millis | null }>(
  `SELECT q.id, q.fifo,
     (SELECT sent_at FROM squab.contents WHERE generation = q.generation AND generation > 0 ORDER BY sent_at LIMIT 1)
       + q.retention_ms AS "expiresAt",
     CASE WHEN q.fifo THEN (SELECT ready_at FROM squab.groups WHERE generation = q.generation ORDER BY ready_at LIMIT 1)
     ELSE least(
       (SELECT visible_at FROM squab.messages WHERE generation = q.generation AND line = 0
          AND sent_at > $1 - q.retention_ms ORDER BY visible_at LIMIT 1),
       (SELECT visible_at FROM squab.messages WHERE generation = q.generation AND line = 1
          AND sent_at > $1 - q.retention_ms ORDER BY visible_at LIMIT 1)
     ) END AS "nextAt"
   FROM squab.queues AS q ORDER BY q.id`,
);

/** How many times a snapshot is begun while connections are lost. */
const ATTEMPTS_MAX = 5;

/** A transaction has its view of the data, and the era that was to begin at that moment may not have begun. */
class EraUnknown extends Error {}

export class PostgresStates implements States {
  readonly #context: Context;
  #list: readonly SnapshotRow[] = [];
  /** The verbs of this node on snapshots run one after another: each needs two connections of the same lane. */
  readonly #line = new Turnstile();

  constructor(context: Context) {
    this.#context = context;
  }

  async removeQueues(scope: QueueScope): Promise<Queue[]> {
    if (!Object.values(scope).every((part) => isStorable(part ?? ''))) return [];
    const { lanes, queues, newEffects, report, changed } = this.#context;
    const removing = lanes.other.run((session) =>
      session.transaction(async (tx) => {
        const selected = await queues.lockScope(tx, scope);
        await queues.remove(tx, selected);
        const found = { removed: selected.map(({ queue }) => queue), effects: newEffects() };
        for (const queue of found.removed) found.effects.record?.({ kind: 'queue-deleted', queue });
        return found;
      }),
    );
    const { removed, effects } = await orLookAgain(this.#context, { queueIds: 'all' }, removing);
    for (const { id } of removed) queues.drop(id);
    report(effects);
    await changed({ queueIds: removed.map(({ id }) => id) });
    return removed;
  }

  async takeSnapshot(name: string, now: Millis, taken = () => {}): Promise<SnapshotInfo> {
    if (!isStorable(name)) throw new SnapshotRefused('The name of a snapshot in a database cannot contain NUL.');
    return this.#line.run(async () => {
      const { schema } = this.#context.sessions.target;
      await this.#run((session) => makeList(session, schema));
      const row = await this.#takeUnbroken(name, now);
      const effects = this.#context.newEffects();
      effects.call(taken);
      await this.refreshSnapshots();
      this.#context.report(effects);
      await this.#context.changed({ snapshots: true });
      return infoOf(row);
    });
  }

  restoreSnapshot(name: string, now: Millis, restored = () => {}): Promise<SnapshotInfo | undefined> {
    return this.#line.run(async () => {
      await this.refreshSnapshots();
      if (!this.#list.some((one) => one.name === name)) return undefined;
      const { queues, newEffects, report, changed } = this.#context;
      const done = await this.#run((session) =>
        session.transaction(async (tx) => {
          const row = await this.#restore(tx, name);
          return row && { row, next: await tx.run(NEXT, [now]) };
        }),
      );
      await this.refreshSnapshots();
      if (!done) return undefined;
      queues.reset();
      const effects = newEffects();
      effects.call(restored);
      for (const { id, fifo, nextAt, expiresAt } of done.next) {
        if (expiresAt === null || nextAt === null) continue;
        effects.expires(Math.max(expiresAt, now));
        // A message that locks a group may expire before its timeout ends.
        effects.announce(id, Math.max(fifo ? Math.min(nextAt, expiresAt) : nextAt, now));
      }
      report(effects);
      await changed({ ...EVERYTHING, restored: true });
      await this.#free(
        done.next.filter(({ expiresAt }) => (expiresAt ?? now + 1) <= now).map(({ id }) => id),
        now,
      );
      return infoOf(done.row);
    });
  }

  snapshots(): readonly SnapshotInfo[] {
    return this.#list.map(infoOf);
  }

  removeSnapshot(name: string): Promise<boolean> {
    return this.#line.run(async () => {
      await this.refreshSnapshots();
      if (!this.#list.some((one) => one.name === name)) return false;
      const removed = await this.#run((session) =>
        session.transaction(async (tx) => {
          await tx.script(LOCK_LIST);
          return this.#remove(tx, name);
        }),
      );
      await this.refreshSnapshots();
      await this.#context.changed({ snapshots: true });
      return removed;
    });
  }

  async refreshSnapshots(): Promise<void> {
    this.#list = await this.#context.lanes.other.run(
      async (session) => {
        return (await hasList(session, this.#context.sessions.target.schema)) ? session.run(LIST, []) : [];
      },
      { repeatable: true },
    );
  }

  async #takeUnbroken(name: string, now: Millis): Promise<SnapshotRow> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#run((session) => session.transaction((tx) => this.#take(tx, name, now)));
      } catch (error) {
        if (!(error instanceof EraUnknown)) throw error;
        if (attempt === ATTEMPTS_MAX) throw this.#context.sessions.unavailable();
      }
    }
  }

  async #take(tx: Tx, name: string, now: Millis): Promise<SnapshotRow> {
    await tx.script(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; ${FOR_COPIES}; ${LOCK_LIST}`);
    let hasView = false;
    const [era, [format]] = await this.#context.lanes.other.run(
      (session) =>
        session.transaction(async (other) => {
          // The era that was begun before is unknown, and receives may have gone on since.
          if (hasView) throw new EraUnknown();
          await other.script(STOP_WRITING);
          const [begun] = await other.run(BEGIN_ERA, []);
          // Until its first query, the transaction has no view of the data.
          hasView = true;
          return [begun!.era, await tx.run(STEPS, [])] as const;
        }),
      { repeatable: true },
    );
    await this.#remove(tx, name);
    for (const { number } of await tx.run(LEFT_OVER, [])) await tx.script(dropping(number));
    const [[next], contents, [counted]] = await Promise.all([
      tx.run(NUMBER, []),
      tx.run(CONTENTS, [now]),
      tx.run(TOPICS, []),
    ]);
    const shown = contents.filter((queue) => !isHidden(queue));
    const row: SnapshotRow = {
      ...{ number: next!.number, name, era, taken_at: now, queues: shown.length, topics: counted!.topics },
      steps: format!.steps,
      messages: shown.reduce((sum, { messages }) => sum + messages, 0),
    };
    await tx.script(copying(row.number));
    await tx.run(INSERT, [row.number, name, era, now, row.queues, row.messages, row.topics, row.steps]);
    return row;
  }

  /** Replaces the tables by those of a snapshot. Returns undefined if it no longer exists. */
  async #restore(tx: Tx, name: string): Promise<SnapshotRow | undefined> {
    await tx.script(`${FOR_COPIES}; ${LOCK_LIST}`);
    const row = (await tx.run(LIST, [])).find((one) => one.name === name);
    if (!row) return undefined;
    const [format] = await tx.run(STEPS, []);
    if (row.steps !== format!.steps) {
      throw new SnapshotRefused(
        `The snapshot ${JSON.stringify(name)} was taken by another version of Squab, whose tables were different ` +
          `(format ${row.steps}; this one has ${format!.steps}). Take it again.`,
      );
    }
    // The row that changes of topics lock before they use the tables.
    await tx.run(ALL_CHANGED, []);
    await tx.script(LOCK_ALL);
    await tx.script(restoring(row.number));
    await tx.run(VOID, [row.era]);
    return row;
  }

  /** Frees expired messages of restored queues, up to as many of each as a verb frees of its queue. */
  async #free(queueIds: readonly number[], now: Millis): Promise<void> {
    for (const id of queueIds) await this.#context.expired.free(id, now, FREED_AT_ONCE);
  }

  /** Removes a snapshot, with the list locked. Returns false if there is none of this name. */
  async #remove(tx: Tx, name: string): Promise<boolean> {
    const row = (await tx.run(LIST, [])).find((one) => one.name === name);
    if (!row) return false;
    await Promise.all([tx.script(dropping(row.number)), tx.run(DELETE, [row.number])]);
    return true;
  }

  /** Carries out work that takes its time, and that the role may not be allowed to do. */
  #run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { lanes, sessions } = this.#context;
    const allowed = (session: Session) => work(session).catch((error) => refuse(error, sessions.target));
    return orLookAgain(this.#context, EVERYTHING, lanes.other.run(allowed, { limitMs: LIMIT_MS }));
  }
}

function infoOf({ name, taken_at, queues, messages, topics }: SnapshotRow): SnapshotInfo {
  return { name, takenAt: taken_at, queues, messages, topics };
}
