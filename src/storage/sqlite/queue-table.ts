/**
 * The table of queues. All its rows are also kept in memory, because every request looks up a queue and there are few
 * of them. The rows in memory are a cache: the transaction that changes them also writes them, and after a rollback
 * those that the transaction touched are read again.
 */

import type { Millis } from '../../time/clock.ts';
import type { Listing, Queue, QueueChange, QueueKey, QueueSettings } from '../store.ts';
import type { Connection } from './database.ts';
import type { Numbers } from './numbers.ts';

export interface QueueState {
  queue: Queue;
  generation: number;
  /** The counts at the instant `countedAt`; maintained by counts.ts. */
  visible: number;
  inFlight: number;
  delayed: number;
  countedAt: Millis;
  /** No message of the queue expires before this instant. It may be too early, but never too late. Not stored. */
  expiryFrom: Millis;
  /** Whether the counts in memory differ from those on disk. */
  unsaved: boolean;
  /**
   * Whether a receive may have reached the in-flight limit since a message last stopped being in flight. Not stored.
   */
  full: boolean;
  /** Whether the queue may hold messages with a group. Not stored. */
  hasGroups: boolean;
}

interface QueueRow {
  id: number;
  account: string;
  region: string;
  name: string;
  fifo: number;
  created_at: number;
  modified_at: number;
  retention_ms: number;
  attributes: string;
  tags: string;
  generation: number;
  visible: number;
  in_flight: number;
  delayed: number;
  counted_at: number;
}

const identity = (key: QueueKey) => `${key.region}/${key.account}/${key.name}`;
const packed = (map: ReadonlyMap<string, string>) => JSON.stringify([...map]);
const unpacked = (text: string) => new Map(JSON.parse(text) as [string, string][]);

export class QueueTable {
  readonly #numbers: Numbers;
  readonly #all;
  readonly #one;
  readonly #insert;
  readonly #update;
  readonly #delete;
  readonly #list;
  readonly #setGeneration;
  readonly #saveCounts;
  readonly #abandon;
  readonly #byId = new Map<number, QueueState>();
  readonly #byKey = new Map<string, QueueState>();
  #unsaved: QueueState[] = [];
  /** IDs of the queues that this transaction created, changed or removed. */
  readonly #touched = new Set<number>();

  constructor(connection: Connection, numbers: Numbers) {
    this.#numbers = numbers;
    this.#all = connection.prepare<[], QueueRow>('SELECT * FROM queues');
    this.#one = connection.prepare<[number], QueueRow>('SELECT * FROM queues WHERE id = ?');
    this.#insert = connection.prepare(
      `INSERT INTO queues (id, account, region, name, fifo, created_at, modified_at, retention_ms, attributes, tags,
         generation, counted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = connection.prepare(
      'UPDATE queues SET modified_at = ?, retention_ms = ?, attributes = ?, tags = ? WHERE id = ?',
    );
    this.#delete = connection.prepare('DELETE FROM queues WHERE id = ?');
    this.#list = connection
      .prepare<[Required<Listing>], number>(
        `SELECT id FROM queues WHERE account = :account AND region = :region AND name > :after
           AND substr(name, 1, length(:prefix)) = :prefix
         ORDER BY name LIMIT :limit`,
      )
      .pluck();
    this.#setGeneration = connection.prepare('UPDATE queues SET generation = ? WHERE id = ?');
    this.#saveCounts = connection.prepare(
      'UPDATE queues SET visible = ?, in_flight = ?, delayed = ?, counted_at = ? WHERE id = ?',
    );
    this.#abandon = connection.prepare('INSERT INTO abandoned VALUES (?)');
    for (const row of this.#all.all()) this.#remember(stateOf(row));
  }

  /** Keeps the changes, after a commit. */
  keep(): void {
    if (this.#touched.size > 0) this.#touched.clear();
  }

  /** After a rollback, reads the queues again that the transaction had touched. */
  restore(): void {
    const rows = [...this.#touched].flatMap((id) => this.#one.get(id) ?? []);
    for (const id of this.#touched) this.#drop(id);
    for (const row of rows) this.#remember(stateOf(row));
    this.#touched.clear();
    this.#unsaved = [];
  }

  /** Reads all queues from the database again, in the transaction that has replaced the rows. */
  reload(): void {
    for (const state of [...this.#byId.values()]) {
      this.#touched.add(state.queue.id);
      this.#drop(state.queue.id);
    }
    for (const row of this.#all.all()) {
      this.#touched.add(row.id);
      this.#remember(stateOf(row));
    }
    this.#unsaved = [];
  }

  states(): Iterable<QueueState> {
    return this.#byId.values();
  }

  byId(id: number): QueueState | undefined {
    return this.#byId.get(id);
  }

  byKey(key: QueueKey): QueueState | undefined {
    return this.#byKey.get(identity(key));
  }

  list({ account, region, prefix = '', after = '', limit }: Listing): Queue[] {
    return this.#list.all({ account, region, prefix, after, limit }).map((id) => this.#byId.get(id)!.queue);
  }

  create(key: QueueKey, settings: QueueSettings, now: Millis): QueueState {
    const id = this.#numbers.next();
    const generation = this.#numbers.next();
    this.#touched.add(id);
    const { account, region, name } = key;
    const { fifo, retentionMs, attributes, tags } = settings;
    this.#insert.run(
      ...[id, account, region, name, Number(fifo), now, now, retentionMs],
      ...[packed(attributes), packed(tags), generation, now],
    );
    return this.#remember({
      queue: { id, account, region, name, fifo, createdAt: now, modifiedAt: now, retentionMs, attributes, tags },
      ...{ generation, visible: 0, inFlight: 0, delayed: 0, countedAt: now },
      expiryFrom: Number.POSITIVE_INFINITY,
      unsaved: false,
      full: false,
      hasGroups: fifo,
    });
  }

  /** Changes a queue. A change of tags alone does not count as a modification. */
  change(state: QueueState, change: QueueChange, now: Millis): void {
    const { queue } = state;
    this.#touched.add(queue.id);
    state.queue = {
      ...queue,
      modifiedAt: change.attributes ? now : queue.modifiedAt,
      retentionMs: change.retentionMs ?? queue.retentionMs,
      attributes: merged(queue.attributes, change.attributes),
      tags: merged(queue.tags, change.tags),
    };
    // A shorter retention period may have made messages expire already.
    state.expiryFrom = Number.NEGATIVE_INFINITY;
    const { modifiedAt, retentionMs, attributes, tags, id } = state.queue;
    this.#update.run(modifiedAt, retentionMs, packed(attributes), packed(tags), id);
  }

  remove(state: QueueState): void {
    this.#touched.add(state.queue.id);
    this.#abandon.run(state.generation);
    this.#delete.run(state.queue.id);
    this.#drop(state.queue.id);
  }

  /** Gives the queue a new generation, which abandons all its messages. */
  startGeneration(state: QueueState): void {
    this.#abandon.run(state.generation);
    state.generation = this.#numbers.next();
    this.#setGeneration.run(state.generation, state.queue.id);
    state.visible = 0;
    state.inFlight = 0;
    state.delayed = 0;
    state.expiryFrom = Number.POSITIVE_INFINITY;
    state.hasGroups = state.queue.fifo;
    this.countsChanged(state);
  }

  /** Marks the counts of a queue to be written by `saveCounts`. */
  countsChanged(state: QueueState): void {
    if (state.unsaved) return;
    state.unsaved = true;
    this.#unsaved.push(state);
    this.#touched.add(state.queue.id);
  }

  /** Writes the counts that changed: one row per queue, however many messages came and went. */
  saveCounts(): void {
    for (const state of this.#unsaved) {
      this.#saveCounts.run(state.visible, state.inFlight, state.delayed, state.countedAt, state.queue.id);
      state.unsaved = false;
    }
    this.#unsaved = [];
  }

  #drop(id: number): void {
    const state = this.#byId.get(id);
    if (!state) return;
    this.#byId.delete(id);
    this.#byKey.delete(identity(state.queue));
  }

  #remember(state: QueueState): QueueState {
    this.#byId.set(state.queue.id, state);
    this.#byKey.set(identity(state.queue), state);
    return state;
  }
}

function stateOf(row: QueueRow): QueueState {
  return {
    queue: {
      id: row.id,
      account: row.account,
      region: row.region,
      name: row.name,
      fifo: row.fifo === 1,
      createdAt: row.created_at,
      modifiedAt: row.modified_at,
      retentionMs: row.retention_ms,
      attributes: unpacked(row.attributes),
      tags: unpacked(row.tags),
    },
    generation: row.generation,
    visible: row.visible,
    inFlight: row.in_flight,
    delayed: row.delayed,
    countedAt: row.counted_at,
    expiryFrom: Number.NEGATIVE_INFINITY,
    unsaved: false,
    // A receive that reached the in-flight limit before the rollback may still be waiting.
    full: true,
    hasGroups: true,
  };
}

function merged(
  old: ReadonlyMap<string, string>,
  change: ReadonlyMap<string, string | undefined> | undefined,
): ReadonlyMap<string, string> {
  if (!change) return old;
  const result = new Map(old);
  for (const [name, value] of change) {
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}
