/**
 * Tells other nodes what has been committed. NOTIFY takes a lock of the whole server until its transaction is on disk,
 * so it is never part of a verb's transaction: it follows on a connection of its own, without waiting for the disk, for
 * everything that has been committed since the last one, and announcements only go out if another node waits.
 */

import { type Millis, systemClock } from '../../../time/clock.ts';
import type { Lane } from '../lanes.ts';
import type { Session } from '../sessions.ts';
import { statement } from '../statement.ts';
import { EVERYTHING_WORD, isOnlyForNow, payloadsOf, RESTORED_WORD } from './payloads.ts';

/**
 * How many things may wait to be told, while the database is away. After that, all nodes look at everything that may have
 * changed. Announcements are dropped, since waiting polls also look by themselves.
 */
const WAITING_MAX = 10_000;

/** Verbs wait for it. */
const TELLING = { repeatable: true, limitMs: 2000 };

/** The pause before changes are told again that could not be told. */
const AGAIN_MS: Millis = 1000;

/** A setting of one transaction, so that it also works where a pooler lends connections out by the transaction. */
const WITHOUT_DISK = statement("SELECT set_config('synchronous_commit', 'off', true)");

/** Finds the queues $2 for which another node than $1 waits. */
const AWAITED = statement<{ queue_id: number }>(`
  SELECT queue_id FROM unnest($2::bigint[]) AS a (queue_id)
  WHERE EXISTS (
    SELECT FROM squab.waiting AS w
    WHERE w.queue_id = a.queue_id AND w.node <> $1::text AND w.wait_until > clock_timestamp()
  )`);

const TELL = statement('SELECT pg_notify($1, p.payload) FROM unnest($2::text[]) AS p (payload)');

export class Notifier {
  readonly #lane: Lane;
  readonly #channel: string;
  readonly #node: string;
  #announcements = new Map<number, Millis>();
  readonly #words = new Set<string>();
  /** Resolve once the words have been told, or cannot be. */
  #told: (() => void)[] = [];
  #working: Promise<void> | undefined;
  /** What could not be told, and will be again. */
  readonly #owed = new Set<string>();
  #cancelAgain = () => {};
  #closed = false;

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

  /**
   * Tells all nodes these words (see payloads.ts). Resolves once that is done, or cannot be. Changes that cannot be told
   * now are told later: the others may hear all the time, and would keep their copies.
   */
  tell(words: readonly string[]): Promise<void> {
    if (words.length === 0) return Promise.resolve();
    addTo(this.#words, words);
    return new Promise((resolve) => {
      this.#told.push(resolve);
      this.#working ??= this.#work();
    });
  }

  /** Resolves once everything has been told, or cannot be. Nothing is told again: the others notice that a node is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelAgain();
    await this.#working;
  }

  async #work(): Promise<void> {
    // What is committed in the same turn of the event loop goes together.
    await undefined;
    while (this.#announcements.size > 0 || this.#words.size > 0) {
      const announcements = new Map(this.#announcements);
      const words = [...this.#words];
      this.#announcements.clear();
      this.#words.clear();
      const told = this.#told.splice(0);
      await this.#lane
        .run((session) => this.#tell(session, announcements, words), TELLING)
        .catch(() => this.#tellAgain(words));
      for (const resolve of told) resolve();
    }
    this.#working = undefined;
  }

  /** Announcements are not told again: polls look from time to time. */
  #tellAgain(words: readonly string[]): void {
    addTo(
      this.#owed,
      words.filter((word) => !isOnlyForNow(word)),
    );
    if (this.#owed.size === 0 || this.#closed) return;
    this.#cancelAgain();
    this.#cancelAgain = systemClock.at(systemClock.now() + AGAIN_MS, () => {
      const owed = [...this.#owed];
      this.#owed.clear();
      void this.tell(owed);
    });
  }

  /** Usually no other node waits: then one statement says so, and nothing is told. */
  async #tell(session: Session, announcements: ReadonlyMap<number, Millis>, words: readonly string[]): Promise<void> {
    const queueIds = [...announcements.keys()];
    const awaited = queueIds.length > 0 ? await session.run(AWAITED, [this.#node, queueIds]) : [];
    const announced = awaited.map(({ queue_id }) => `${queue_id}:${announcements.get(queue_id)}`);
    const payloads = payloadsOf(this.#node, [...words, ...announced]);
    if (payloads.length === 0) return;
    await session.burst((tx) => Promise.all([tx.run(WITHOUT_DISK, []), tx.run(TELL, [this.#channel, payloads])]));
  }
}

/** Adds words, and replaces all of them by what stands for every change once there are too many. */
function addTo(all: Set<string>, words: readonly string[]): void {
  for (const word of words) all.add(word);
  if (all.size <= WAITING_MAX) return;
  const restored = all.has(RESTORED_WORD);
  all.clear();
  for (const word of restored ? [EVERYTHING_WORD, RESTORED_WORD] : [EVERYTHING_WORD]) all.add(word);
}
