/** Which nodes live: each renews a row. */

import type { OtherNode } from '../../nodes.ts';
import type { Lane } from '../lanes.ts';
import type { Session } from '../session.ts';
import { statement } from '../statement.ts';
import { LEAVING } from './leaving.ts';
import { Shared } from './shared.ts';

/** For how long a node counts as alive after it has renewed its row. */
export const ALIVE_SECONDS = 15;

/** A row that was inserted has no `xmax`; one that was updated has that of the lock. */
const RENEW = statement<{ is_new: boolean }>(`
  INSERT INTO squab.nodes (node, seen_until, version, clock)
  VALUES ($1, clock_timestamp() + $4::integer * interval '1 second', $2, $3)
  ON CONFLICT (node) DO UPDATE SET seen_until = excluded.seen_until, version = excluded.version, clock = excluded.clock
  RETURNING xmax = 0 AS is_new`);

const OTHERS = statement<OtherNode>(`
  SELECT node AS name, version, clock FROM squab.nodes WHERE node <> $1 AND seen_until > clock_timestamp()`);

const REMOVE = statement(`
  DELETE FROM squab.nodes WHERE node = $1 OR seen_until < clock_timestamp() - interval '1 hour'`);

export class NodeTable {
  readonly #lane: Lane;
  readonly #own: Omit<OtherNode, 'clock'>;
  clock: OtherNode['clock'] = 'machine';
  others: readonly OtherNode[] = [];
  readonly #looks = new Shared(() => this.#look());
  readonly #onGone: () => void;
  readonly #onNew: () => void;

  /**
   * `onGone` is called when a node lives no longer. It may have been killed before it told what it had committed. `onNew` is
   * called when this node had no row: a crash empties the table.
   */
  constructor(lane: Lane, own: Omit<OtherNode, 'clock'>, onGone: () => void, onNew: () => void) {
    this.#lane = lane;
    this.#own = own;
    this.#onGone = onGone;
    this.#onNew = onNew;
  }

  /** Renews the row of this node. */
  async renew(): Promise<void> {
    const { name, version } = this.#own;
    const values = [name, version, this.clock, ALIVE_SECONDS];
    const renewing = async (session: Session) => {
      const [row] = await session.run(RENEW, values);
      // A lost attempt may have inserted it.
      return row!.is_new || session.isRepeat;
    };
    if (await this.#lane.run(renewing, { repeatable: true })) this.#onNew();
  }

  /** Reads which other nodes live. */
  look(): Promise<void> {
    return this.#looks.run();
  }

  async #look(): Promise<void> {
    const rows = await this.#lane.run((session) => session.run(OTHERS, [this.#own.name]), { repeatable: true });
    const before = this.others;
    this.others = rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (before.some((one) => !rows.some(({ name }) => name === one.name))) this.#onGone();
  }

  async remove(): Promise<void> {
    await this.#lane.run((session) => session.run(REMOVE, [this.#own.name]), LEAVING);
  }
}
