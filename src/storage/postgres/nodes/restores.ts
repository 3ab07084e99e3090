/** Whether snapshots have been restored that this node has not heard of. */

import type { Lane } from '../lanes.ts';
import { statement } from '../statement.ts';

/** How many times a snapshot has been restored, or all data been moved in. */
const COUNT = statement<{ restores: number }>('SELECT restores FROM squab.catalogue');

export class Restores {
  readonly #lane: Lane;
  /** How many this node knows of; undefined before it has looked. */
  #known: number | undefined;
  #missed = false;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Must be called for each restore that this node carries out or hears of. */
  heard(): void {
    if (this.#known !== undefined) this.#known++;
  }

  /** Must be called before the node relies on hearing of restores. */
  async look(): Promise<void> {
    const [row] = await this.#lane.run((session) => session.run(COUNT, []), { repeatable: true });
    this.#missed ||= this.#known !== undefined && row!.restores !== this.#known;
    this.#known = row!.restores;
  }

  /** Returns whether a look has found restores that were not heard of, the first time that it is called after that. */
  missed(): boolean {
    const missed = this.#missed;
    this.#missed = false;
    return missed;
  }
}
