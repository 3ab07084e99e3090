/**
 * Judges what consumers of a FIFO queue receive: no message overtakes an earlier one of its group, none is handed out
 * twice at the same time, none comes back after its removal, and none is lost. Instants are of the test's clock, which
 * the nodes have, too.
 */

import type { Millis } from '../../src/time/clock.ts';

/** How exact a comparison of instants is. */
const TOLERANCE_MS: Millis = 100;

interface State {
  isStored: boolean;
  removed: 'no' | 'maybe' | 'yes';
  removedAt: Millis;
  /** Until when it is certainly hidden. */
  hiddenUntil: Millis;
}

export interface Place {
  group: string;
  number: number;
}

export const bodyOf = ({ group, number }: Place) => `${group}/${number}`;
export const placeOf = (body: string): Place => {
  const [group = '', number] = body.split('/');
  return { group, number: Number(number) };
};

export class OrderCheck {
  /** The messages of each group, by their numbers. */
  readonly #groups = new Map<string, State[]>();
  /** The number of the first message of each group that nobody has tried to remove. */
  readonly #first = new Map<string, number>();
  readonly problems: string[] = [];
  /** Messages that were received, and pairs of messages of a group that were compared. */
  received = 0;
  pairs = 0;

  sending({ group, number }: Place): void {
    const states = this.#groups.get(group) ?? [];
    this.#groups.set(group, states);
    states[number] ??= { isStored: false, removed: 'no', removedAt: 0, hiddenUntil: 0 };
  }

  stored(place: Place): void {
    this.#state(place).isStored = true;
  }

  /** Records a receive that took from `start` to `end`, and hid these messages. */
  receivedAll(
    places: readonly Place[],
    { start, end, hiddenMs }: { start: Millis; end: Millis; hiddenMs: Millis },
  ): void {
    for (const [index, place] of places.entries()) {
      const state = this.#state(place);
      const body = bodyOf(place);
      this.received++;
      if (state.removed === 'yes' && state.removedAt + TOLERANCE_MS < start) {
        this.problems.push(`${body} came back after its removal.`);
      }
      if (state.hiddenUntil > end + TOLERANCE_MS) this.problems.push(`${body} was handed out twice at the same time.`);
      state.isStored = true;
      state.hiddenUntil = start + hiddenMs;
      const before = new Set(places.slice(0, index).map(bodyOf));
      this.#checkOrder(place, before);
    }
  }

  /** A consumer makes a message visible again. */
  returning(place: Place): void {
    this.#state(place).hiddenUntil = 0;
  }

  removing(place: Place): void {
    const state = this.#state(place);
    if (state.removed === 'no') state.removed = 'maybe';
  }

  removed(place: Place, at: Millis): void {
    const state = this.#state(place);
    state.removed = 'yes';
    state.removedAt = at;
  }

  /** The messages that are certainly stored, and the number of those that may be. */
  left(): { certainly: string[]; atMost: number } {
    const certainly: string[] = [];
    let atMost = 0;
    for (const [group, states] of this.#groups) {
      for (const [number, { isStored, removed }] of states.entries()) {
        if (removed !== 'yes') atMost++;
        if (isStored && removed === 'no') certainly.push(bodyOf({ group, number }));
      }
    }
    return { certainly, atMost };
  }

  #checkOrder({ group, number }: Place, before: ReadonlySet<string>): void {
    const states = this.#groups.get(group)!;
    let first = this.#first.get(group) ?? 0;
    while (first < states.length && states[first]!.removed !== 'no') first++;
    this.#first.set(group, first);
    this.pairs += number;
    for (let other = first; other < number; other++) {
      const { removed } = states[other]!;
      if (removed !== 'no' || before.has(bodyOf({ group, number: other }))) continue;
      this.problems.push(`${group}/${number} was received before ${group}/${other}.`);
      return;
    }
  }

  #state({ group, number }: Place): State {
    const state = this.#groups.get(group)?.[number];
    if (!state) throw new Error(`${group}/${number} was never sent.`);
    return state;
  }
}
