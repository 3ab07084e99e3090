/**
 * Tells other nodes what has been committed. NOTIFY takes a lock of the whole server until its transaction is on disk,
 * so it is never part of a verb's transaction: it follows on a connection of its own, without waiting for the disk, for
 * everything that has been committed since the last one, and announcements only go out if another node waits.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Lane } from '../lanes.ts';
import type { Tx } from '../sessions.ts';
import { statement } from '../statement.ts';
import { ANNOUNCEMENTS_MAX, payloadsOf } from './payloads.ts';

/**
 * How many things may wait to be told, while the database is away. After that, all nodes look at everything that may have
 * changed. Announcements are dropped, since waiting polls also look by themselves.
 */
const WAITING_MAX = 10_000;

/** What is told late is of no use: a node that does not hear for so long looks at everything by itself. */
const TELLING = { repeatable: true, limitMs: 2000 };

/** A setting of one transaction, so that it also works where a pooler lends connections out by the transaction. */
const WITHOUT_DISK = statement("SELECT set_config('synchronous_commit', 'off', true)");

/** Announces the queues for which another node waits; says nothing if there are none. */
const ANNOUNCE = statement(`
  SELECT pg_notify($1, $2::text || string_agg(' ' || a.queue_id || ':' || a.at, ''))
  FROM unnest($3::bigint[], $4::bigint[]) AS a (queue_id, at)
  WHERE EXISTS (
    SELECT FROM squab.waiting AS w
    WHERE w.queue_id = a.queue_id AND w.node <> $2::text AND w.wait_until > clock_timestamp()
  )
  HAVING count(*) > 0`);

const TELL = statement('SELECT pg_notify($1, p.payload) FROM unnest($2::text[]) AS p (payload)');

export class Notifier {
  readonly #lane: Lane;
  readonly #channel: string;
  readonly #node: string;
  #announcements = new Map<number, Millis>();
  #words = new Set<string>();
  /** Resolve once the words have been told, or cannot be. */
  #told: (() => void)[] = [];
  #working: Promise<void> | undefined;

  constructor(lane: Lane, channel: string, node: string) {
    this.#lane = lane;
    this.#channel = channel;
    this.#node = node;
  }

  /** Announces a queue to the nodes that wait for it. */
  announce(queueId: number, at: Millis): void {
    if (this.#announcements.size >= WAITING_MAX) this.#announcements.clear();
    this.#announcements.set(queueId, Math.min(at, this.#announcements.get(queueId) ?? at));
    this.#working ??= this.#work();
  }

  /** Tells all nodes these words (see payloads.ts). Resolves once that is done, or cannot be. */
  tell(words: readonly string[]): Promise<void> {
    if (words.length === 0) return Promise.resolve();
    if (this.#words.size >= WAITING_MAX) this.#words = new Set(['*']);
    for (const word of words) this.#words.add(word);
    return new Promise((resolve) => {
      this.#told.push(resolve);
      this.#working ??= this.#work();
    });
  }

  /** Resolves once everything has been told, or cannot be. */
  async flush(): Promise<void> {
    await this.#working;
  }

  /** If the database fails, nothing is told again: nodes that have lost their connections look at everything anyway. */
  async #work(): Promise<void> {
    // What is committed in the same turn of the event loop goes together.
    await undefined;
    while (this.#announcements.size > 0 || this.#words.size > 0) {
      const announcements = [...this.#announcements];
      const payloads = payloadsOf(this.#node, this.#words);
      this.#announcements.clear();
      this.#words.clear();
      const told = this.#told.splice(0);
      await this.#lane
        .run((session) => session.burst((tx) => this.#tell(tx, announcements, payloads)), TELLING)
        .catch(() => {});
      for (const resolve of told) resolve();
    }
    this.#working = undefined;
  }

  async #tell(tx: Tx, announcements: readonly [number, Millis][], payloads: readonly string[]): Promise<void> {
    const told: Promise<unknown>[] = [tx.run(WITHOUT_DISK, [])];
    for (let start = 0; start < announcements.length; start += ANNOUNCEMENTS_MAX) {
      const portion = announcements.slice(start, start + ANNOUNCEMENTS_MAX);
      const [queueIds, instants] = [portion.map(([id]) => id), portion.map(([, at]) => at)];
      told.push(tx.run(ANNOUNCE, [this.#channel, this.#node, queueIds, instants]));
    }
    if (payloads.length > 0) told.push(tx.run(TELL, [this.#channel, payloads]));
    await Promise.all(told);
  }
}
