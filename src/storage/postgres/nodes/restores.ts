/**
 * Whether snapshots have been restored that this node does not know of. Any role of the database can send a notification that
 * says so, and functions then lose the messages that they were about to get: so only the count in the database is believed.
 */

import type { CatalogueChange } from '../../nodes.ts';
import type { Lane } from '../lanes.ts';
import { statement } from '../statement.ts';
import { EVERYTHING } from './payloads.ts';
import { Shared } from './shared.ts';

/** How many times a snapshot has been restored, or all data been moved in. */
const COUNT = statement<{ restores: number }>('SELECT restores FROM squab.catalogue');

export class Restores {
  readonly #lane: Lane;
  /** How many this node knows of; undefined before it has looked. */
  #known: number | undefined;
  /** How many this node has carried out since then. */
  #own = 0;
  #missed = false;
  #isUnsure = false;
  readonly #looks = new Shared(() => this.#look());

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Whether a notification has told of a restore, and no look since has succeeded. */
  get isUnsure(): boolean {
    return this.#isUnsure;
  }

  /** Must be called before the node relies on hearing of restores, and from time to time while it is unsure. */
  look(): Promise<void> {
    return this.#looks.run();
  }

  /** Must be called after each restore that this node has carried out. */
  carriedOut(): void {
    this.#own++;
    this.look().catch(() => {});
  }

  /** Must be called when a notification tells of a restore. Resolves to what may have changed, as far as is known now. */
  async heard(): Promise<CatalogueChange> {
    this.#isUnsure = true;
    await this.look().catch(() => {});
    return { ...EVERYTHING, restored: this.missed() };
  }

  /** Returns whether a look has found restores that were not known, the first time that it is called after that. */
  missed(): boolean {
    const missed = this.#missed;
    this.#missed = false;
    return missed;
  }

  async #look(): Promise<void> {
    const own = this.#own;
    const [row] = await this.#lane.run((session) => session.run(COUNT, []), { repeatable: true });
    const { restores } = row!;
    // After a failover, the database may have forgotten some.
    const unknown = restores - (this.#known ?? restores);
    if (unknown < 0 || unknown > own) this.#missed = true;
    this.#known = restores;
    this.#own -= own;
    this.#isUnsure = this.#looks.isAskedFor;
  }
}
