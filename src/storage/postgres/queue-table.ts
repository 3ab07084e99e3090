/**
 * The table of queues, and the copies of its rows that this node has made. Every request looks up a queue, so a copy is
 * used without asking the database for as long as other nodes report their changes to this one (`trusted`).
 */

import type { Millis } from '../../time/clock.ts';
import { isHidden } from '../hidden.ts';
import type { Listing, Queue, QueueKey, QueueSettings } from '../store.ts';
import { BatchLane } from './batch-lanes.ts';
import type { Lane } from './lanes.ts';
import type { Tx } from './session.ts';
import { statement } from './statement.ts';

/** A queue as its row was at one instant. */
export interface QueueState {
  readonly queue: Queue;
  /** The messages of the queue carry it. A purge gives the queue another one. */
  readonly generation: number;
  /** Whether each verb on its messages locks the row. Once true, it stays so. */
  readonly serial: boolean;
  /** Grows with each change of the row. */
  readonly version: number;
  /** Whether a receive on this node has met the in-flight limit, and none has been told since that there is room. */
  full: boolean;
}

export interface QueueRow {
  id: number;
  account: string;
  region: string;
  name: string;
  fifo: boolean;
  serial: boolean;
  version: number;
  created_at: Millis;
  modified_at: Millis;
  retention_ms: Millis;
  attributes: string;
  tags: string;
  generation: number;
}

/** Finds queues by their IDs. */
const BY_ID = statement<QueueRow>('SELECT * FROM squab.queues WHERE id = ANY ($1::bigint[])');

/** Finds queues by accounts, regions and names, of which there are as many of each. */
const BY_KEY = statement<QueueRow>(`
  SELECT q.* FROM unnest($1::text[], $2::text[], $3::text[]) AS k (account, region, name)
    CROSS JOIN LATERAL (
      SELECT * FROM squab.queues
      WHERE queues.account = k.account COLLATE "C" AND queues.region = k.region COLLATE "C"
        AND queues.name = k.name COLLATE "C"
      OFFSET 0
    ) q`);

/** Lists the queues of an account and a region whose names are in a range, without the name $5. */
const LIST = statement<QueueRow>(`
  SELECT * FROM squab.queues
  WHERE account = $1 AND region = $2 AND name >= $3 AND name < $4 AND name <> $5
  ORDER BY name LIMIT $6`);

/** The IDs of all queues, in the order of their creation. */
const IDS = statement<{ id: number; account: string }>('SELECT id, account FROM squab.queues WHERE id > 0 ORDER BY id');

/** Every queue, in the order of creation. */
const ALL = statement<QueueRow>('SELECT * FROM squab.queues WHERE id > 0 ORDER BY id');

/** Creates a queue; returns nothing if the name is taken. */
const INSERT = statement<QueueRow>(`
  INSERT INTO squab.queues (id, account, region, name, fifo, serial, version, created_at, modified_at, retention_ms,
    attributes, tags, generation)
  VALUES (nextval('squab.numbers'), $1, $2, $3, $4, $4, 1, $5, $5, $6, $7, $8, nextval('squab.numbers'))
  ON CONFLICT (account, region, name) DO NOTHING RETURNING *`);

/** Stores a changed queue. */
const UPDATE = statement<QueueRow>(`
  UPDATE squab.queues SET modified_at = $2, retention_ms = $3, attributes = $4, tags = $5, version = version + 1
  WHERE id = $1 RETURNING *`);

/** Gives a queue a new generation. */
const RENEW = statement<QueueRow>(`
  UPDATE squab.queues SET generation = nextval('squab.numbers'), version = version + 1 WHERE id = $1 RETURNING *`);

const DELETE = statement<never>('DELETE FROM squab.queues WHERE id = ANY ($1::bigint[])');

/** Leaves generations that no queue uses any more to `expire`. */
const ABANDON = statement<never>('INSERT INTO squab.abandoned (generation) SELECT unnest($1::bigint[])');

/** Locks the queues that meet these conditions, of which each may be null, in the order in which all verbs lock them. */
const LOCK_SCOPE = statement<QueueRow>(`
  SELECT * FROM squab.queues
  WHERE id > 0 AND ($1::text IS NULL OR account = $1) AND ($2::text IS NULL OR region = $2) AND starts_with(name, $3)
  ORDER BY id FOR UPDATE`);

interface Copy {
  state: QueueState;
  /** Whether the row may have changed since. */
  isOld: boolean;
}

const identity = ({ account, region, name }: QueueKey) => `${region}/${account}/${name}`;
const packed = (map: ReadonlyMap<string, string>) => JSON.stringify([...map]);
const unpacked = (text: string) => new Map(JSON.parse(text) as [string, string][]);

export class QueueTable {
  readonly #lane: Lane;
  readonly #lookups: BatchLane<number, QueueState | undefined>;
  readonly #searches: BatchLane<QueueKey, QueueState | undefined>;
  readonly #byId = new Map<number, Copy>();
  readonly #byKey = new Map<string, number>();
  /** The queues whose states are full, whichever copy of them. */
  readonly #full = new Set<number>();
  /** How many times copies have been declared old: a row that was read meanwhile may be old, too. */
  #forgotten = 0;

  /** Whether this node learns of the changes that others make. While it does not, every look asks the database. */
  trusted = false;

  /** Looks queues up on the connections of this lane. */
  constructor(lane: Lane) {
    this.#lane = lane;
    this.#lookups = new BatchLane(lane, async (session, ids) => {
      const found = await this.#remembered(session.run(BY_ID, [[...new Set(ids)]]));
      return ids.map((id) => found.find(({ queue }) => queue.id === id) ?? this.#drop(id));
    });
    this.#searches = new BatchLane(lane, async (session, keys) => {
      const columns = [keys.map((key) => key.account), keys.map((key) => key.region), keys.map((key) => key.name)];
      const found = await this.#remembered(session.run(BY_KEY, columns));
      const byKey = new Map(found.map((state) => [identity(state.queue), state]));
      return keys.map((key) => byKey.get(identity(key)) ?? this.#drop(this.#byKey.get(identity(key))));
    });
  }

  async byId(id: number): Promise<QueueState | undefined> {
    return this.#usable(id) ?? this.#lookups.ask(id);
  }

  async byKey(key: QueueKey): Promise<QueueState | undefined> {
    return this.#usable(this.#byKey.get(identity(key))) ?? this.#searches.ask(key);
  }

  /** Finds those of these queues that exist. In a transaction, whose connection reads what there is no usable copy of. */
  async within(tx: Tx, ids: readonly number[]): Promise<Map<number, QueueState>> {
    const copies = ids.flatMap((id) => this.#usable(id) ?? []);
    const found = new Map(copies.map((state) => [state.queue.id, state]));
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;
    for (const state of await this.#remembered(tx.run(BY_ID, [missing]))) found.set(state.queue.id, state);
    return found;
  }

  /** Returns this node's copy, however old it is. */
  cached(id: number): QueueState | undefined {
    return this.#byId.get(id)?.state;
  }

  /** Declares the copy of a queue old. The next look asks the database. */
  forget(id: number): void {
    this.#forgotten++;
    const copy = this.#byId.get(id);
    if (copy) copy.isOld = true;
  }

  forgetAll(): void {
    this.#forgotten++;
    for (const copy of this.#byId.values()) copy.isOld = true;
  }

  /** Drops the copies of all queues, after a restored snapshot has replaced the rows: versions begin again. */
  reset(): void {
    this.#forgotten++;
    this.#byId.clear();
    this.#byKey.clear();
  }

  /** Keeps a copy of a row that a committed transaction has read or written, unless there is a newer one. */
  remember(row: QueueRow): QueueState {
    const known = this.#byId.get(row.id);
    if (known && known.state.version > row.version) return known.state;
    if (known && known.state.version === row.version) {
      known.isOld = false;
      return known.state;
    }
    const state = this.stateOf(row);
    this.#byId.set(row.id, { state, isOld: false });
    this.#byKey.set(identity(row), row.id);
    return state;
  }

  /** Returns what a row says, without keeping a copy: its transaction may be rolled back. */
  stateOf(row: QueueRow): QueueState {
    const { generation, serial, version } = row;
    const full = this.#full;
    return {
      ...{ queue: queueOf(row), generation, serial, version },
      get full() {
        return full.has(row.id);
      },
      set full(isFull) {
        if (isFull) full.add(row.id);
        else full.delete(row.id);
      },
    };
  }

  /** Drops the copy of a queue that was deleted. */
  drop(id: number): void {
    this.#forgotten++;
    this.#drop(id);
  }

  /** Lists queues in the order of their names, byte by byte. */
  async list({ account, region, prefix = '', after = '', limit }: Listing): Promise<Queue[]> {
    if (isHidden({ account })) return [];
    // Names are ASCII, so that JavaScript compares them as bytes, too. No character sorts after the last of Unicode.
    const from = prefix > after ? prefix : after;
    const values = [account, region, from, `${prefix}\u{10ffff}`, after, limit];
    return (await this.#lane.run((session) => session.run(LIST, values), { repeatable: true })).map(queueOf);
  }

  /** Returns the IDs of all queues in the order of their creation, without hidden ones. */
  async ids(): Promise<number[]> {
    const rows = await this.#lane.run((session) => session.run(IDS, []), { repeatable: true });
    return rows.flatMap((row) => (isHidden(row) ? [] : row.id));
  }

  /** Returns every queue, hidden ones included, in the order of their creation. Keeps no copies. */
  async all(tx: Tx): Promise<QueueState[]> {
    return (await tx.run(ALL, [])).map((row) => this.stateOf(row));
  }

  /**
   * Creates a queue in a transaction, or finds the one that has the name. The caller keeps a copy of it (`remember`) once
   * the transaction is committed.
   */
  async create(
    tx: Tx,
    key: QueueKey,
    settings: QueueSettings,
    now: Millis,
  ): Promise<{ row: QueueRow; created: boolean }> {
    const { account, region, name } = key;
    const { fifo, retentionMs, attributes, tags } = settings;
    const values = [account, region, name, fifo, now, retentionMs, packed(attributes), packed(tags)];
    for (;;) {
      const [row] = await tx.run(INSERT, values);
      if (row) return { row, created: true };
      const [existing] = await tx.run(BY_KEY, [[account], [region], [name]]);
      // Without it, the queue that had the name was deleted in between.
      if (existing) return { row: existing, created: false };
    }
  }

  /** Stores a changed queue, whose row is locked. Returns the new row. */
  async change(tx: Tx, { id, modifiedAt, retentionMs, attributes, tags }: Queue): Promise<QueueRow> {
    const [row] = await tx.run(UPDATE, [id, modifiedAt, retentionMs, packed(attributes), packed(tags)]);
    return row!;
  }

  /** Gives a queue, whose row is locked, a new generation, which abandons all its messages. Returns the new row. */
  async purge(tx: Tx, { queue, generation }: QueueState): Promise<QueueRow> {
    const [, [row]] = await Promise.all([tx.run(ABANDON, [[generation]]), tx.run(RENEW, [queue.id])]);
    return row!;
  }

  /** Removes queues, whose rows are locked, with everything in them. */
  async remove(tx: Tx, states: readonly QueueState[]): Promise<void> {
    await Promise.all([
      tx.run(ABANDON, [states.map(({ generation }) => generation)]),
      tx.run(DELETE, [states.map(({ queue }) => queue.id)]),
    ]);
  }

  /** Locks the queues of a scope in the order of their creation, without hidden ones. */
  async lockScope(
    tx: Tx,
    { account, region, prefix = '' }: { account?: string | undefined; region?: string | undefined; prefix?: string | undefined },
  ): Promise<QueueState[]> {
    const rows = await tx.run(LOCK_SCOPE, [account ?? null, region ?? null, prefix]);
    return rows.filter((row) => !isHidden(row)).map((row) => this.stateOf(row));
  }

  #usable(id: number | undefined): QueueState | undefined {
    if (!this.trusted || id === undefined) return undefined;
    const copy = this.#byId.get(id);
    return copy && !copy.isOld ? copy.state : undefined;
  }

  /** Keeps copies of rows that are being read. They are old at once if copies were declared old meanwhile. */
  async #remembered(reading: Promise<QueueRow[]>): Promise<QueueState[]> {
    const before = this.#forgotten;
    const rows = await reading;
    const states = rows.map((row) => this.remember(row));
    if (this.#forgotten !== before) for (const { queue } of states) this.forget(queue.id);
    return states;
  }

  #drop(id: number | undefined): undefined {
    const copy = id === undefined ? undefined : this.#byId.get(id);
    if (!copy) return;
    const { queue } = copy.state;
    this.#byId.delete(queue.id);
    this.#full.delete(queue.id);
    const name = identity(queue);
    if (this.#byKey.get(name) === queue.id) this.#byKey.delete(name);
  }
}

function queueOf(row: QueueRow): Queue {
  let tags: Queue['tags'] | undefined;
  return {
    id: row.id,
    account: row.account,
    region: row.region,
    name: row.name,
    fifo: row.fifo,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    retentionMs: row.retention_ms,
    attributes: unpacked(row.attributes),
    // Parsed when they are first needed, which for most queues is never.
    get tags() {
      tags ??= unpacked(row.tags);
      return tags;
    },
  };
}
