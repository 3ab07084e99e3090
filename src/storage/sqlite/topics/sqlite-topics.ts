/** Topics and subscriptions in the database, and in memory, because every publication looks at them. */

import type { CatalogueBound } from '../../catalogue-bound.ts';
import { Changes } from '../../collections/changes.ts';
import { BoundedKeeper } from '../../topics/bounded-keeper.ts';
import { TopicRecords } from '../../topics/topic-records.ts';
import { TopicsInTurns } from '../../topics/topics-in-turns.ts';
import type { Topics } from '../../topics.ts';
import type { Connection } from '../database.ts';
import type { Messages } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { Turns } from '../turns.ts';
import { TopicTables } from './topic-tables.ts';

/** Returns the verbs on topics. */
export function sqliteTopics(
  connection: Connection,
  parts: Parts,
  { records, messages, turns }: { records: StoredRecords; messages: Messages; turns: Turns },
): Topics {
  const { queues, counts, numbers, publications } = parts;
  const find = connection.prepare<[string], string>('SELECT text FROM texts WHERE name = ?').pluck();
  const insert = connection.prepare<[string, string]>('INSERT INTO texts VALUES (?, ?)');
  return new TopicsInTurns({
    records,
    nextNumber: () => numbers.next(),
    run: (verb) => turns.run(verb),
    createQueue: (key, settings, now) => queues.create(key, settings, now).queue,
    removeQueue: (queueId) => {
      const state = queues.byId(queueId);
      if (state) queues.remove(state);
    },
    queue: (queueId) => queues.byId(queueId)?.queue,
    bringTo: (queueId, now, limit) => {
      counts.bringTo(queues.byId(queueId)!, now, limit);
    },
    send: (queueId, sent, now) => messages.send(queues.byId(queueId)!, sent, now),
    remembered: (topicId, key, now) => publications.find(topicId, key, now),
    remember: (topicId, memory) => publications.keep(topicId, memory),
    kept: (name) => find.get(name),
    keep: (name, text) => {
      insert.run(name, text);
    },
  });
}

/** The records in memory. The transaction that changes them also writes them. */
export class StoredRecords extends TopicRecords {
  readonly #changes: Changes;
  readonly #tables: TopicTables;
  readonly #keeper: BoundedKeeper;

  constructor(connection: Connection, bound: CatalogueBound) {
    const changes = new Changes();
    const tables = new TopicTables(connection);
    const keeper = new BoundedKeeper(bound, changes, tables);
    super(changes, keeper);
    this.#changes = changes;
    this.#tables = tables;
    this.#keeper = keeper;
    this.reload();
    this.keep();
  }

  /** Reads all rows from the database again, in the transaction that has replaced them. */
  reload(): void {
    const [topics, subscriptions] = [this.#tables.topics(), this.#tables.subscriptions()];
    this.load(topics, subscriptions);
    this.#keeper.loaded(topics, subscriptions);
  }

  /** Keeps the changes, after a commit. */
  keep(): void {
    this.#changes.keep();
  }

  /** Undoes the changes, after a rollback. */
  undo(): void {
    this.#changes.undo();
  }
}
