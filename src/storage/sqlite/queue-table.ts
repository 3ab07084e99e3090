/**
 * The table of queues. All its rows are also kept in memory, because every request looks up a queue and there are few
 * of them. The rows in memory are a cache: the transaction that changes them also writes them, and after a rollback
 * those that the transaction touched are read again.
 */

import type { Millis } from '../../time/clock.ts';
import { bytesOfText, type CatalogueBound, QUEUE_BYTES } from '../catalogue-bound.ts';
import { changed } from '../queue-changes.ts';
import type { Announcement, Counts, Listing, Queue, QueueChange, QueueKey, QueueSettings } from '../store.ts';
import type { Connection } from './database.ts';
import type { Numbers } from './numbers.ts';
import { QueueCounts } from './queue-counts.ts';

export interface QueueState {
  queue: Queue;
  generation: number;
  /** How much memory the queue needs, without its messages. */
  bytes: number;
  readonly counts: QueueCounts;
  /** No message of the queue expires before this instant. It may be too early, but never too late. Not stored. */
  expiryFrom: Millis;
  /** Whether messages with larger keys were sent later, too; false if that is not known. See counts.ts. Not stored. */
  isInOrder: boolean;
  /** When the latest message was sent, as far as it is known. Not stored. */
  latestSentAt: Millis;
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

/** What is known of a queue without messages, and of one that was just read from the database. */
const EMPTY = { expiryFrom: Number.POSITIVE_INFINITY, isInOrder: true, latestSentAt: Number.NEGATIVE_INFINITY };
const UNKNOWN = { expiryFrom: Number.NEGATIVE_INFINITY, isInOrder: false, latestSentAt: Number.NEGATIVE_INFINITY };

const NO_MESSAGES: Counts = { visible: 0, inFlight: 0, delayed: 0 };

const identity = (key: QueueKey) => `${key.region}/${key.account}/${key.name}`;
const bytesOf = (attributes: string, tags: string) => QUEUE_BYTES + bytesOfText(attributes) + bytesOfText(tags);
const packed = (map: ReadonlyMap<string, string>) => JSON.stringify([...map]);
const unpacked = (text: string) => new Map(JSON.parse(text) as [string, string][]);

export interface QueueTableParts {
  numbers: Numbers;
  announce: Announcement;
  bound: CatalogueBound;
}

export class QueueTable {
  readonly #numbers: Numbers;
  readonly #announce: Announcement;
  readonly #bound: CatalogueBound;
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

  constructor(connection: Connection, { numbers, announce, bound }: QueueTableParts) {
    this.#numbers = numbers;
    this.#announce = announce;
    this.#bound = bound;
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
        // A range of the index: no character sorts after the last one of Unicode.
        `SELECT id FROM queues WHERE account = :account AND region = :region
           AND name >= max(:prefix, :after) AND name < :prefix || char(0x10ffff) AND name <> :after
         ORDER BY name LIMIT :limit`,
      )
      .pluck();
    this.#setGeneration = connection.prepare('UPDATE queues SET generation = ? WHERE id = ?');
    this.#saveCounts = connection.prepare(
      'UPDATE queues SET visible = ?, in_flight = ?, delayed = ?, counted_at = ? WHERE id = ?',
    );
    this.#abandon = connection.prepare('INSERT INTO abandoned VALUES (?)');
    for (const row of this.#all.all()) this.#remember(this.#stored(row));
  }

  /** Keeps the changes, after a commit. */
  keep(): void {
    if (this.#touched.size > 0) this.#touched.clear();
  }

  /** After a rollback, rereads the queues that the transaction had touched. */
  restore(): void {
    const rows = [...this.#touched].flatMap((id) => this.#one.get(id) ?? []);
    for (const id of this.#touched) this.#drop(id);
    for (const row of rows) this.#remember(this.#stored(row));
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
      this.#remember(this.#stored(row));
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

  /** Throws CatalogueFull. */
  create(key: QueueKey, settings: QueueSettings, now: Millis): QueueState {
    const [packedAttributes, packedTags] = [packed(settings.attributes), packed(settings.tags)];
    const bytes = bytesOf(packedAttributes, packedTags);
    this.#bound.check(bytes);
    const id = this.#numbers.next();
    const generation = this.#numbers.next();
    this.#touched.add(id);
    const { account, region, name } = key;
    const { fifo, retentionMs, attributes, tags } = settings;
    this.#insert.run(
      ...[id, account, region, name, Number(fifo), now, now, retentionMs],
      ...[packedAttributes, packedTags, generation, now],
    );
    const queue = { id, account, region, name, fifo, createdAt: now, modifiedAt: now, retentionMs, attributes, tags };
    const counted = { counts: NO_MESSAGES, at: now, full: false };
    return this.#remember(this.#state({ queue, generation, bytes, ...EMPTY, hasGroups: fifo }, counted));
  }

  /** Changes a queue, or returns why nothing changes. Throws CatalogueFull. */
  change(state: QueueState, change: QueueChange, now: Millis): 'outdated' | 'over-limit' | undefined {
    const queue = changed(state.queue, change, now);
    if (typeof queue === 'string') return queue;
    const [attributes, tags] = [packed(queue.attributes), packed(queue.tags)];
    const bytes = bytesOf(attributes, tags);
    this.#bound.check(bytes - state.bytes);
    this.#touched.add(queue.id);
    state.queue = queue;
    this.#bound.use(bytes - state.bytes);
    state.bytes = bytes;
    // A shorter retention period may have made messages expire already.
    state.expiryFrom = Number.NEGATIVE_INFINITY;
    this.#update.run(queue.modifiedAt, queue.retentionMs, attributes, tags, queue.id);
    return undefined;
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
    state.counts.set(NO_MESSAGES, state.counts.at);
    Object.assign(state, EMPTY);
    state.hasGroups = state.queue.fifo;
  }

  /** Writes the counts that changed: one row per queue, however many messages came and went. */
  saveCounts(): void {
    for (const { queue, counts } of this.#unsaved) {
      this.#saveCounts.run(counts.visible, counts.inFlight, counts.delayed, counts.at, queue.id);
      counts.saved();
    }
    this.#unsaved = [];
  }

  #drop(id: number): void {
    const state = this.#byId.get(id);
    if (!state) return;
    this.#bound.use(-state.bytes);
    this.#byId.delete(id);
    this.#byKey.delete(identity(state.queue));
  }

  /** Returns the state of a queue that is read from the database. */
  #stored(row: QueueRow): QueueState {
    const counts = { visible: row.visible, inFlight: row.in_flight, delayed: row.delayed };
    const { generation } = row;
    const bytes = bytesOf(row.attributes, row.tags);
    const state = { queue: queueOf(row), generation, bytes, ...UNKNOWN, hasGroups: true };
    // A receive that reached the in-flight limit before the queue was last read may still be waiting.
    return this.#state(state, { counts, at: row.counted_at, full: true });
  }

  #state(
    given: Omit<QueueState, 'counts'>,
    { counts, at, full }: { counts: Counts; at: Millis; full: boolean },
  ): QueueState {
    const state: QueueState = {
      ...given,
      counts: new QueueCounts(counts, at, full, {
        changed: () => {
          this.#unsaved.push(state);
          this.#touched.add(given.queue.id);
        },
        hasRoom: (now) => this.#announce(given.queue.id, now),
      }),
    };
    return state;
  }

  #remember(state: QueueState): QueueState {
    this.#bound.use(state.bytes);
    this.#byId.set(state.queue.id, state);
    this.#byKey.set(identity(state.queue), state);
    return state;
  }
}

function queueOf(row: QueueRow): Queue {
  let tags: Queue['tags'] | undefined;
  return {
    id: row.id,
    account: row.account,
    region: row.region,
    name: row.name,
    fifo: row.fifo === 1,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    retentionMs: row.retention_ms,
    attributes: unpacked(row.attributes),
    // Parsed when they are first needed, which for most queues is never: 500,000 tags take a quarter of a second.
    get tags() {
      tags ??= unpacked(row.tags);
      return tags;
    },
  };
}
