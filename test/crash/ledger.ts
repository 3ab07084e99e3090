/**
 * What a client of Squab knows for sure: what was acknowledged, and what may have happened, since the answer was lost. It
 * stands in the process that tests and not in the one that is killed. A message is known by its body, which is unique.
 */

export interface Fact {
  queue: string;
  sent: 'maybe' | 'yes';
  removed: 'no' | 'maybe' | 'yes';
  /** When its removal was acknowledged. */
  removedAt?: number;
  /** A consumer has it in flight, and knows so. */
  held: boolean;
}

/** `message/group/number` for messages of a FIFO queue. */
const placeOf = (body: string) => {
  const [, group, number] = body.split('/');
  return { group, number: Number(number) };
};

export class Ledger {
  readonly facts = new Map<string, Fact>();
  /** The messages of each group that nobody tried to remove, in order of sending. */
  readonly #groups = new Map<string, Set<string>>();
  #moment = 0;

  /** Grows with every acknowledgement. */
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

  /** The consumer gives it back: it may be received again from now on. */
  returned(body: string): void {
    this.#fact(body).held = false;
  }

  /** Takes note of what a receive brought that was asked for at the moment `askedAt`. Throws what cannot be. */
  received(bodies: readonly string[], askedAt: number): void {
    for (const [index, body] of bodies.entries()) {
      const fact = this.#fact(body);
      if (fact.removedAt !== undefined && fact.removedAt <= askedAt) {
        throw new Error(`${body} came back, though its removal was acknowledged.`);
      }
      if (fact.held) throw new Error(`${body} was handed out a second time while it was in flight.`);
      fact.held = true;
      // It has been seen, so the send whose answer was lost took place.
      fact.sent = 'yes';
      this.#checkOrder(body, bodies.slice(0, index));
    }
  }

  /** The same for a group: those before it are gone, or came with it. */
  #checkOrder(body: string, before: readonly string[]): void {
    const { group, number } = placeOf(body);
    if (group === undefined) return;
    const other = [...this.#groups.get(group)!].find((one) => !before.includes(one));
    if (other === undefined || placeOf(other).number >= number) return;
    throw new Error(`${body} came before ${other}, which is older and still there.`);
  }

  of(queue: string): [body: string, fact: Fact][] {
    return [...this.facts].filter(([, fact]) => fact.queue === queue);
  }

  /** How many messages a queue has at least, and at most. */
  bounds(queue: string): { least: number; most: number } {
    const facts = this.of(queue).map(([, fact]) => fact);
    return {
      least: facts.filter(({ sent, removed }) => sent === 'yes' && removed === 'no').length,
      most: facts.filter(({ removed }) => removed !== 'yes').length,
    };
  }

  /** What is wrong with a queue in which exactly these messages are left, that came out in this order. */
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
      if (fact?.queue !== queue) wrong.push(`${queue} has ${body}, which nobody sent there.`);
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
