/** The tables of topics and subscriptions, and the log of the latest changes to them. */

import { type SubscriptionRow, subscriptionRow, type TopicRow, topicRow } from '../../topics/topic-rows.ts';
import type { Subscription, Topic } from '../../topics.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

/** How many numbers the log goes back. A node that knows an older one reads everything. */
const KEPT = 1000;

/** A change of one record; `before` is undefined for a new one, `after` for a removed one. */
export type Change =
  | { topic: { before: Topic | undefined; after: Topic | undefined } }
  | { subscription: { before: Subscription | undefined; after: Subscription | undefined } };

/**
 * The number that the latest change of a topic or subscription was given, and the server that gave it, which is known by
 * when it started. After a failover, a server that lacked the last changes may give their numbers to others.
 */
export interface Position {
  number: number;
  server: string;
}

const POSITION = `
  SELECT topics AS number, extract(epoch FROM pg_postmaster_start_time())::text AS server FROM squab.catalogue`;

export const LOOK = statement<Position>(POSITION);

/** Keeps topics and subscriptions as they are until the end of the transaction. */
export const HOLD = statement<Position>(`${POSITION} FOR SHARE`);

/** The same, for a transaction that is going to change them. */
export const LOCK = statement<Position>(`${POSITION} FOR NO KEY UPDATE`);

const NEXT = statement<never>('UPDATE squab.catalogue SET topics = topics + 1');

const ALL_TOPICS = statement<TopicRow>('SELECT * FROM squab.topics WHERE id > 0 ORDER BY id');
const ALL_SUBSCRIPTIONS = statement<SubscriptionRow>(
  'SELECT * FROM squab.subscriptions WHERE place > 0 ORDER BY place',
);
const SOME_TOPICS = statement<TopicRow>('SELECT * FROM squab.topics WHERE id = ANY ($1::bigint[])');
const SOME_SUBSCRIPTIONS = statement<SubscriptionRow>('SELECT * FROM squab.subscriptions WHERE id = ANY ($1::text[])');

const WRITE_TOPICS = statement<never>(`
  INSERT INTO squab.topics (id, account, region, name, fifo, attributes, tags, created_at)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[],
    $8::bigint[])
  ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes, tags = excluded.tags`);

const WRITE_SUBSCRIPTIONS = statement<never>(`
  INSERT INTO squab.subscriptions (place, id, topic_id, account, region, name, owner, protocol, endpoint, attributes,
    token, confirmed, backlog_id, created_at, detached_at)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::boolean[], $13::bigint[], $14::bigint[], $15::bigint[])
  ON CONFLICT (place) DO UPDATE SET attributes = excluded.attributes, confirmed = excluded.confirmed,
    detached_at = excluded.detached_at`);

const DELETE_TOPICS = statement<never>('DELETE FROM squab.topics WHERE id = ANY ($1::bigint[])');
const DELETE_SUBSCRIPTIONS = statement<never>('DELETE FROM squab.subscriptions WHERE place = ANY ($1::bigint[])');

/** Enters topics or subscriptions into the log, under a number. */
const LOG = statement<never>(`
  INSERT INTO squab.topic_changes (number, topic_id, subscription_id)
  SELECT $1, * FROM unnest($2::bigint[], $3::text[])`);

const FORGET = statement<never>('DELETE FROM squab.topic_changes WHERE number <= $1');

interface LogRow {
  number: number;
  topic_id: number | null;
  subscription_id: string | null;
}

const LOGGED = statement<LogRow>(
  'SELECT number, topic_id, subscription_id FROM squab.topic_changes WHERE number > $1 AND number <= $2',
);

/** Rows as they are now; those that are missing have been removed. */
export interface Changed {
  topicIds: readonly number[];
  topics: readonly TopicRow[];
  subscriptionIds: readonly string[];
  subscriptions: readonly SubscriptionRow[];
}

/** Reads everything. */
export async function readAll(tx: Tx): Promise<{ topics: TopicRow[]; subscriptions: SubscriptionRow[] }> {
  const [topics, subscriptions] = await Promise.all([tx.run(ALL_TOPICS, []), tx.run(ALL_SUBSCRIPTIONS, [])]);
  return { topics, subscriptions };
}

/** Reads what has changed after one position and up to another. Resolves to undefined if the log does not know. */
export async function readChanged(tx: Tx, from: Position, to: Position): Promise<Changed | undefined> {
  const [after, upTo] = [from.number, to.number];
  if (from.server !== to.server || upTo - after > KEPT || upTo < after) return undefined;
  const log = await tx.run(LOGGED, [after, upTo]);
  if (new Set(log.map(({ number }) => number)).size < upTo - after) return undefined;
  const topicIds = [...new Set(log.flatMap(({ topic_id }) => topic_id ?? []))];
  const subscriptionIds = [...new Set(log.flatMap(({ subscription_id }) => subscription_id ?? []))];
  const [topics, subscriptions] = await Promise.all([
    tx.run(SOME_TOPICS, [topicIds]),
    tx.run(SOME_SUBSCRIPTIONS, [subscriptionIds]),
  ]);
  return { topicIds, topics, subscriptionIds, subscriptions };
}

/** Stores changes and logs them under the next number, which is `number`. The transaction has the lock. */
export async function write(tx: Tx, number: number, changes: readonly Change[]): Promise<void> {
  const topics = netOf(changes.flatMap((change) => ('topic' in change ? change.topic : [])));
  const subscriptions = netOf(changes.flatMap((change) => ('subscription' in change ? change.subscription : [])));
  const goneTopics = [...topics.values()].flatMap(({ before, after }) => (before && !after ? before.id : []));
  const gonePlaces = [...subscriptions.values()].flatMap(({ before, after }) =>
    before && before.place !== after?.place ? before.place : [],
  );
  const topicRows = [...topics.values()].flatMap(({ after }) => (after ? topicRow(after) : []));
  // Publications lock topics in the same order.
  topicRows.sort((a, b) => a.id - b.id);
  const subscriptionRows = [...subscriptions.values()].flatMap(({ after }) => (after ? subscriptionRow(after) : []));
  const [ofTopics, ofSubscriptions] = [[...topics.keys()], [...subscriptions.keys()]];
  // What is removed goes first: what is added may have its name.
  await Promise.all([
    tx.run(DELETE_TOPICS, [goneTopics]),
    tx.run(DELETE_SUBSCRIPTIONS, [gonePlaces]),
    tx.run(WRITE_TOPICS, columnsOf(topicRows, TOPIC_COLUMNS)),
    tx.run(WRITE_SUBSCRIPTIONS, columnsOf(subscriptionRows, SUBSCRIPTION_COLUMNS)),
    tx.run(LOG, [
      number,
      [...ofTopics, ...ofSubscriptions.map(() => null)],
      [...ofTopics.map(() => null), ...ofSubscriptions],
    ]),
    tx.run(FORGET, [number - KEPT]),
    tx.run(NEXT, []),
  ]);
}

const TOPIC_COLUMNS = ['id', 'account', 'region', 'name', 'fifo', 'attributes', 'tags', 'created_at'] as const;

const SUBSCRIPTION_COLUMNS = [
  ...(['place', 'id', 'topic_id', 'account', 'region', 'name', 'owner', 'protocol', 'endpoint', 'attributes'] as const),
  ...(['token', 'confirmed', 'backlog_id', 'created_at', 'detached_at'] as const),
];

function columnsOf<Row>(rows: readonly Row[], names: readonly (keyof Row)[]): Row[keyof Row][][] {
  return names.map((name) => rows.map((row) => row[name]));
}

interface Replacement<Item> {
  before: Item | undefined;
  after: Item | undefined;
}

/** Returns what several changes of the same record come to, by its ID. */
function netOf<Item extends { id: number | string }>(
  changes: readonly Replacement<Item>[],
): Map<Item['id'], Replacement<Item>> {
  const net = new Map<Item['id'], Replacement<Item>>();
  for (const { before, after } of changes) {
    const { id } = (before ?? after)!;
    const earlier = net.get(id);
    net.set(id, earlier ? { before: earlier.before, after } : { before, after });
  }
  return net;
}
