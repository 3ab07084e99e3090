/** The queues that a file or Squab has, by name: those to which other parts of the file refer. */

import { suggestion } from '../suggest.ts';
import type { CallSqs, Owner } from './call-sqs.ts';
import { type ExistingQueue, findExisting } from './existing.ts';

/** For how many missing queues a queue with a similar name is searched. */
const SUGGESTIONS_MAX = 20;

export class KnownQueues {
  readonly #callSqs: CallSqs;
  readonly #queues = new Map<string, ExistingQueue>();
  #missing = 0;

  constructor(callSqs: CallSqs) {
    this.#callSqs = callSqs;
  }

  add(queue: ExistingQueue): void {
    this.#queues.set(keyOf(queue), queue);
  }

  async find(owner: Owner, name: string): Promise<ExistingQueue | undefined> {
    return this.#queues.get(keyOf({ owner, name })) ?? (await findExisting(this.#callSqs, owner, name));
  }

  /** Returns a suggestion for the name of a missing queue; empty if no name of the file is close. */
  hintFor({ account, region }: Owner, name: string): string {
    // Comparing names takes a while, and if many queues are missing, typing errors are not the reason.
    if (this.#missing++ >= SUGGESTIONS_MAX) return '';
    const siblings = [...this.#queues.values()].filter(
      ({ owner }) => owner.account === account && owner.region === region,
    );
    return suggestion(
      name,
      siblings.map((queue) => queue.name),
    );
  }
}

/** Identifies a queue among those of a file. */
export function keyOf({ owner, name }: Pick<ExistingQueue, 'owner' | 'name'>): string {
  return JSON.stringify([owner.account, owner.region, name]);
}
