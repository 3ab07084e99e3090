/** Counts the topics and subscriptions that an engine has in memory, and refuses those for which there is no room. */

import { bytesOfSubscription, bytesOfTopic } from '../catalogue-bound.ts';
import type { Changes } from '../collections/changes.ts';
import type { Subscription, Topic } from '../topics.ts';
import type { Keeper } from './topic-records.ts';

/** What counts the memory in use: that of everything, or of the catalogue alone. */
interface Bound {
  /** Throws StoreUnavailable if there is no room for this many bytes. */
  check(bytes: number): void;
  /** Counts bytes that are in use from now on, or, if negative, are no longer. */
  use(bytes: number): void;
}

export class BoundedKeeper implements Keeper {
  readonly #bound: Bound;
  readonly #changes: Changes;
  readonly #keeper: Keeper | undefined;
  readonly #refuses: () => boolean;
  #bytes = 0;

  /**
   * `keeper`, if any, learns of each change that is not refused. `refuses` returns whether changes can still be refused, and
   * not only be counted.
   */
  constructor(bound: Bound, changes: Changes, keeper?: Keeper, refuses: () => boolean = () => true) {
    this.#bound = bound;
    this.#changes = changes;
    this.#keeper = keeper;
    this.#refuses = refuses;
  }

  /** How much memory the records need. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws StoreUnavailable. */
  topic(before: Topic | undefined, after: Topic | undefined): void {
    const bytes = bytesOfTopic(after) - bytesOfTopic(before);
    this.#check(bytes);
    this.#keeper?.topic(before, after);
    this.#count(bytes);
  }

  /** Throws StoreUnavailable. */
  subscription(before: Subscription | undefined, after: Subscription | undefined): void {
    const bytes = bytesOfSubscription(after) - bytesOfSubscription(before);
    this.#check(bytes);
    this.#keeper?.subscription(before, after);
    this.#count(bytes);
  }

  /** Must be called when all records have been replaced by these. */
  loaded(topics: readonly Topic[], subscriptions: readonly Subscription[]): void {
    let bytes = -this.#bytes;
    for (const topic of topics) bytes += bytesOfTopic(topic);
    for (const subscription of subscriptions) bytes += bytesOfSubscription(subscription);
    this.#count(bytes);
  }

  #check(bytes: number): void {
    if (bytes > 0 && this.#refuses()) this.#bound.check(bytes);
  }

  #count(bytes: number): void {
    this.#use(bytes);
    this.#changes.record(() => this.#use(-bytes));
  }

  #use(bytes: number): void {
    this.#bytes += bytes;
    this.#bound.use(bytes);
  }
}
