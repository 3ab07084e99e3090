/**
 * Everything that the clients of Squab know: what was acknowledged, and what may or may not have happened because the
 * response was lost. The ledger is in the test's process, not in the one that is killed. Messages are identified by
 * their bodies, which are unique.
 */

export interface Fact {
  queue: string;
  sent: 'maybe' | 'yes';
  removed: 'no' | 'maybe' | 'yes';
  /** The moment at which its removal was acknowledged (see `Ledger.moment`). */
  removedAt?: number;
  /** Whether a consumer has received it and has not given it back. */
  held: boolean;
}

/** The body of a message of a FIFO queue is `message/group/number`. */
const placeOf = (body: string) => {
  const [, group, number] = body.split('/');
  return { group, number: Number(number) };
};

export class Ledger {
  readonly facts = new Map<string, Fact>();
  /** The messages of each group that no client has tried to remove, in the order of sending. */
  readonly #groups = new Map<string, Set<string>>();
  #moment = 0;

  /** A count of acknowledgements, which serves as a clock. */
  get moment(): number {
    return this.#moment;
  }

  sending(queue: string, body: string): void {
    if (this.facts.has(body)) return;
    this.facts.set(body, { queue, sent: 'maybe', removed: 'no', held: false });
    const { group } = placeOf(body);
    if (group === undefined) return;
    const bodies = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, bodies.add(body));
  }

  sent(body: string): void {
    this.#moment++;
    this.#fact(body).sent = 'yes';
  }

  removing(body: string): void {
    const fact = this.#fact(body);
    if (fact.removed === 'no') fact.removed = 'maybe';
    this.#groups.get(placeOf(body).group ?? '')?.delete(body);
  }

  removed(body: string): void {
    Object.assign(this.#fact(body), { removed: 'yes', removedAt: ++this.#moment, held: false });
  }

  /** Records that a consumer gives the message back. From now on it may be received again. */
  returned(body: string): void {
    this.#fact(body).held = false;
  }

  /** Records the messages of a receive that started at the moment `startedAt`. Throws if one of them is impossible. */
  received(bodies: readonly string[], startedAt: number): void {
    for (const [index, body] of bodies.entries()) {
      const fact = this.#fact(body);
      if (fact.removedAt !== undefined && fact.removedAt <= startedAt) {
        throw new Error(`${body} came back although its removal was acknowledged.`);
      }
      if (fact.held) throw new Error(`${body} was handed out a second time while it was in flight.`);
      fact.held = true;
      // The message exists, so its send took place, even if the response was lost.
      fact.sent = 'yes';
      this.#checkOrder(body, bodies.slice(0, index));
    }
  }

  /** Throws if an earlier message of the group has neither been removed nor been received together with this one. */
  #checkOrder(body: string, before: readonly string[]): void {
    const { group, number } = placeOf(body);
    if (group === undefined) return;
    const other = [...this.#groups.get(group)!].find((one) => !before.includes(one));
    if (other === undefined || placeOf(other).number >= number) return;
    throw new Error(`${body} was received before ${other}, which was sent earlier and has not been removed.`);
  }

  of(queue: string): [body: string, fact: Fact][] {
    return [...this.facts].filter(([, fact]) => fact.queue === queue);
  }

  /** The smallest and the largest possible number of messages in a queue. */
  bounds(queue: string): { least: number; most: number } {
    const facts = this.of(queue).map(([, fact]) => fact);
    return {
      least: facts.filter(({ sent, removed }) => sent === 'yes' && removed === 'no').length,
      most: facts.filter(({ removed }) => removed !== 'yes').length,
    };
  }

  /** Returns what is wrong with a queue that has exactly these messages left, received in this order. */
  verdict(queue: string, left: readonly string[]): string[] {
    const wrong: string[] = [];
    const found = new Set(left);
    const last = new Map<string, number>();
    for (const { group, number } of left.map(placeOf)) {
      if (group === undefined) continue;
      if (number <= (last.get(group) ?? 0)) wrong.push(`${queue} has ${group}/${number} after ${last.get(group)}.`);
      last.set(group, number);
    }
    if (found.size < left.length) wrong.push(`${queue} has ${left.length - found.size} messages twice.`);
    for (const body of found) {
      const fact = this.facts.get(body);
      if (fact?.queue !== queue) wrong.push(`${queue} has ${body}, which no client sent there.`);
      else if (fact.removed === 'yes') wrong.push(`${queue} has ${body}, whose removal was acknowledged.`);
    }
    for (const [body, { sent, removed }] of this.of(queue)) {
      if (sent === 'yes' && removed === 'no' && !found.has(body)) wrong.push(`${queue} has lost ${body}.`);
    }
    return wrong;
  }

  #fact(body: string): Fact {
    const fact = this.facts.get(body);
    if (!fact) throw new Error(`${JSON.stringify(body)} was never sent.`);
    return fact;
  }
}
