/** What only one node at a time is to do. A node holds a lease for some seconds, and renews it while it lives. */

import type { Lane } from '../lanes.ts';
import { statement } from '../statement.ts';
import { LEAVING } from './leaving.ts';

/** For how long a lease is held, and for how long the node that has renewed it relies on it. */
const HELD_SECONDS = 15;
const RELIED_ON_MS = 10_000;

const TAKE = statement<{ name: string }>(`
  INSERT INTO squab.leases AS l (name, node, held_until)
  VALUES ($1, $2, clock_timestamp() + $3::integer * interval '1 second')
  ON CONFLICT (name) DO UPDATE SET node = excluded.node, held_until = excluded.held_until
  WHERE l.node = excluded.node OR l.held_until < clock_timestamp()
  RETURNING l.name`);

const RELEASE = statement('DELETE FROM squab.leases WHERE name = ANY ($1::text[]) AND node = $2');

/**
 * Removes leases that ended long ago, whatever they were for. One that a transaction is renewing is left out, so that
 * nothing waits for it.
 */
const TIDY = statement(`
  WITH old AS MATERIALIZED (
    SELECT name FROM squab.leases WHERE held_until < clock_timestamp() - interval '1 minute' FOR UPDATE SKIP LOCKED
  )
  DELETE FROM squab.leases WHERE name = ANY (ARRAY(SELECT name FROM old))`);

export class Leases {
  readonly #lane: Lane;
  readonly #node: string;
  /** When each lease that this node holds was renewed, by a monotonic clock. */
  readonly #renewed = new Map<string, number>();

  constructor(lane: Lane, node: string) {
    this.#lane = lane;
    this.#node = node;
  }

  /** Resolves to whether this node holds the lease; takes it if no living node does. */
  async holds(name: string): Promise<boolean> {
    const renewed = this.#renewed.get(name);
    if (renewed !== undefined && performance.now() < renewed + RELIED_ON_MS) return true;
    return this.#take(name);
  }

  /** Renews the leases that this node holds. Must be called every few seconds. */
  async renew(): Promise<void> {
    await Promise.all([...this.#renewed.keys()].map((name) => this.#take(name)));
  }

  /** Leaves leases to other nodes: all that this node holds, or those of these that it holds. */
  async release(given: readonly string[] = [...this.#renewed.keys()]): Promise<void> {
    const names = given.filter((name) => this.#renewed.delete(name));
    if (names.length === 0) return;
    await this.#lane.run((session) => session.run(RELEASE, [names, this.#node]), LEAVING);
  }

  /** Removes leases of queues and mappings that are gone, and of nodes that have not released them. */
  async tidy(): Promise<void> {
    await this.#lane.run((session) => session.run(TIDY, []), { repeatable: true });
  }

  async #take(name: string): Promise<boolean> {
    const startedAt = performance.now();
    const rows = await this.#lane.run((session) => session.run(TAKE, [name, this.#node, HELD_SECONDS]), {
      repeatable: true,
    });
    if (rows.length > 0) this.#renewed.set(name, startedAt);
    else this.#renewed.delete(name);
    return rows.length > 0;
  }
}
