/**
 * The table of queues, and the copies of its rows that this node has made. Every request looks up a queue, so a copy is
 * used without asking the database for as long as other nodes report their changes to this one (`trusted`).
 */

import type { Millis } from '../../time/clock.ts';
import { bytesOfText, heapBytes, QUEUE_BYTES } from '../catalogue-bound.ts';
import { isHidden } from '../hidden.ts';
import type { Listing, Queue, QueueKey, QueueSettings } from '../store.ts';
import { BatchLane } from './batch-lanes.ts';
import type { Lane } from './lanes.ts';
import {
  ABANDON,
  BY_ID,
  BY_KEY,
  DELETE,
  IDS,
  INSERT,
  LIST,
  LOCK_SCOPE,
  NEXT,
  outlineOf,
  packed,
  type QueueRow,
  queueOf,
  RENEW,
  UPDATE,
} from './queue-rows.ts';
import type { Tx } from './session.ts';
import { isStorable } from './statement.ts';

export type { QueueRow } from './queue-rows.ts';

/** A queue as its row was at one instant. */
export interface QueueState {
  readonly queue: Queue;
  /** The messages of the queue carry it. A purge gives the queue another one. */
  readonly generation: number;
  /** Whether each verb on its messages locks the row. Once true, it stays so. */
  readonly serial: boolean;
  /** Grows with each change of the row. */
  readonly version: number;
  /** How much memory the state needs, in bytes. */
  readonly bytes: number;
  /** Whether a receive on this node has met the in-flight limit, and none has been told since that there is room. */
  full: boolean;
}

interface Copy {
  state: QueueState;
  /** Whether the row may have changed since. */
  isOld: boolean;
}

/** How many queues are read together when all are: a few milliseconds of work, however long their texts are. */
const QUEUES_AT_ONCE = 250;

/** The share of V8's heap that copies may need. */
const SHARE = 0.1;

const identity = ({ account, region, name }: QueueKey) => `${region}/${account}/${name}`;

export class QueueTable {
  readonly #lane: Lane;
  readonly #lookups: BatchLane<number, QueueState | undefined>;
  readonly #searches: BatchLane<QueueKey, QueueState | undefined>;
  readonly #byId = new Map<number, Copy>();
  readonly #byKey = new Map<string, number>();
  /** The queues whose states are full, whichever copy of them. */
  readonly #full = new Set<number>();
  readonly #bytesMax: number;
  #bytes = 0;
  /** How many times copies have been declared old: a row that was read meanwhile may be old, too. */
  #forgotten = 0;

  #trusted = false;
  /** Whether this process has not stood still: it may not have heard what others have told in the meantime. */
  isAwake = () => true;

  /** Looks queues up on the connections of this lane. `bytesMax`: how much memory copies may need. */
  constructor(lane: Lane, bytesMax = heapBytes() * SHARE) {
    this.#lane = lane;
    this.#bytesMax = bytesMax;
    const options = { repeatable: true, areVerbs: false };
    this.#lookups = new BatchLane(lane, (session, ids) => this.#lookUp(session, ids), options);
    this.#searches = new BatchLane(lane, (session, keys) => this.#search(session, keys), options);
  }

  async byId(id: number): Promise<QueueState | undefined> {
    return this.#usable(id) ?? this.#lookups.ask(id);
  }

  async byKey(key: QueueKey): Promise<QueueState | undefined> {
    if (!isStorable(identity(key))) return undefined;
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

  /** Must be told whether this node learns of the changes that others make. While it does not, every look asks the database. */
  trust(trusted: boolean): void {
    this.reset();
    this.#trusted = trusted;
  }

  /** Declares the copy of a queue old. The next look asks the database. */
  forget(id: number): void {
    this.#forgotten++;
    const copy = this.#byId.get(id);
    if (copy) copy.isOld = true;
  }

  /** Drops the copies of all queues, after a restored snapshot has replaced the rows: versions begin again. */
  reset(): void {
    this.#forgotten++;
    this.#byId.clear();
    this.#byKey.clear();
    this.#bytes = 0;
  }

  /** Keeps a copy of a row that a committed transaction has read or written, unless there is a newer one. */
  remember(row: QueueRow): QueueState {
    return this.keep(this.stateOf(row));
  }

  /** As above, for a state. Returns the newest one. */
  keep(state: QueueState): QueueState {
    const { id } = state.queue;
    const known = this.#byId.get(id);
    if (known && known.state.version > state.version) return known.state;
    if (known && known.state.version === state.version) {
      known.isOld = false;
      return known.state;
    }
    // Queues are many, or their attributes and tags long: what is needed again is read again.
    if (this.#bytes + state.bytes > this.#bytesMax) this.reset();
    this.#bytes += state.bytes - (this.#byId.get(id)?.state.bytes ?? 0);
    this.#byId.set(id, { state, isOld: false });
    this.#byKey.set(identity(state.queue), id);
    return state;
  }

  /** Returns what a row says, without keeping a copy: its transaction may be rolled back. */
  stateOf(row: QueueRow): QueueState {
    const { generation, serial, version } = row;
    const full = this.#full;
    return {
      ...{ queue: queueOf(row), generation, serial, version },
      bytes: QUEUE_BYTES + bytesOfText(row.attributes) + bytesOfText(row.tags),
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
    if (isHidden({ account }) || ![account, region, prefix, after].every(isStorable)) return [];
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

  /** Returns every queue in the order of their creation, without hidden ones, tags and policies. Keeps no copies. */
  async outlines(tx: Tx): Promise<Queue[]> {
    const outlines: Queue[] = [];
    for (let after = 0, isLast = false; !isLast; ) {
      const rows = await tx.run(NEXT, [after, QUEUES_AT_ONCE]);
      for (const row of rows) if (!isHidden(row)) outlines.push(outlineOf(row));
      after = rows.at(-1)?.id ?? after;
      isLast = rows.length < QUEUES_AT_ONCE;
    }
    return outlines;
  }

  /**
   * Creates a queue in a transaction, or finds the one that has the name. The caller keeps a copy of it (`keep`) once
   * the transaction is committed.
   */
  async create(
    tx: Tx,
    key: QueueKey,
    settings: QueueSettings,
    now: Millis,
  ): Promise<{ state: QueueState; created: boolean }> {
    const { account, region, name } = key;
    const { fifo, retentionMs, attributes, tags } = settings;
    const values = [account, region, name, fifo, now, retentionMs, packed(attributes), packed(tags)];
    for (;;) {
      const [row] = await tx.run(INSERT, values);
      if (row) return { state: this.stateOf(row), created: true };
      const [existing] = await tx.run(BY_KEY, [[account], [region], [name]]);
      // Without it, the queue that had the name was deleted in between.
      if (existing) return { state: this.stateOf(existing), created: false };
    }
  }

  /** Stores a changed queue, whose row is locked. Returns its new state. */
  async change(tx: Tx, { id, modifiedAt, retentionMs, attributes, tags }: Queue): Promise<QueueState> {
    const [row] = await tx.run(UPDATE, [id, modifiedAt, retentionMs, packed(attributes), packed(tags)]);
    return this.stateOf(row!);
  }

  /** Gives a queue, whose row is locked, a new generation, which abandons all its messages. Returns its new state. */
  async purge(tx: Tx, { queue, generation }: QueueState): Promise<QueueState> {
    const [, [row]] = await Promise.all([tx.run(ABANDON, [[generation]]), tx.run(RENEW, [queue.id])]);
    return this.stateOf(row!);
  }

  /** Removes queues, whose rows are locked, with everything in them. */
  async remove(tx: Tx, states: readonly QueueState[]): Promise<void> {
    await Promise.all([
      tx.run(ABANDON, [states.map(({ generation }) => generation)]),
      tx.run(DELETE, [states.map(({ queue }) => queue.id)]),
    ]);
  }

  /** Locks the queues of a scope in the order of their creation, without hidden ones, attributes and tags. */
  async lockScope(
    tx: Tx,
    {
      account,
      region,
      prefix = '',
    }: { account?: string | undefined; region?: string | undefined; prefix?: string | undefined },
  ): Promise<QueueState[]> {
    const rows = await tx.run(LOCK_SCOPE, [account ?? null, region ?? null, prefix]);
    return rows.filter((row) => !isHidden(row)).map((row) => this.stateOf(row));
  }

  #usable(id: number | undefined): QueueState | undefined {
    if (!this.#trusted || id === undefined || !this.isAwake()) return undefined;
    const copy = this.#byId.get(id);
    return copy && !copy.isOld ? copy.state : undefined;
  }

  async #lookUp(tx: Tx, ids: readonly number[]): Promise<(QueueState | undefined)[]> {
    const found = await this.#remembered(tx.run(BY_ID, [[...new Set(ids)]]));
    const byId = new Map(found.map((state) => [state.queue.id, state]));
    return ids.map((id) => byId.get(id) ?? this.#drop(id));
  }

  async #search(tx: Tx, keys: readonly QueueKey[]): Promise<(QueueState | undefined)[]> {
    const columns = [keys.map((key) => key.account), keys.map((key) => key.region), keys.map((key) => key.name)];
    const found = await this.#remembered(tx.run(BY_KEY, columns));
    const byKey = new Map(found.map((state) => [identity(state.queue), state]));
    return keys.map((key) => byKey.get(identity(key)) ?? this.#drop(this.#byKey.get(identity(key))));
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
    const { queue, bytes } = copy.state;
    this.#bytes -= bytes;
    this.#byId.delete(queue.id);
    this.#full.delete(queue.id);
    const name = identity(queue);
    if (this.#byKey.get(name) === queue.id) this.#byKey.delete(name);
  }
}
