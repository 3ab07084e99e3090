/** Topics, subscriptions and recent publications, and how much memory they need. */

import { bytesOfSubscription, bytesOfTopic } from '../catalogue-bound.ts';
import type { Original } from '../topics/publishing.ts';
import { type Keeper, TopicRecords } from '../topics/topic-records.ts';
import type { Subscription, Topic } from '../topics.ts';
import type { Basics } from './basics.ts';
import { type End, Entries } from './remembered.ts';

export interface KeptPublication extends End, Original {}

/** Everything about topics that a snapshot copies. The records never change, so copies share them. */
export interface TopicCopy {
  topics: readonly Topic[];
  subscriptions: readonly Subscription[];
  publications: readonly KeptPublication[];
}

/** Topics, subscriptions and recent publications. */
export class TopicShelf {
  readonly #basics: Basics;
  readonly records: TopicRecords;
  /** Of all topics. Those of a deleted topic are forgotten when their windows end. */
  readonly publications: Entries<KeptPublication>;
  #bytes = 0;

  constructor(basics: Basics) {
    this.#basics = basics;
    const keeper: Keeper = {
      topic: (before, after) => this.#use(bytesOfTopic(after) - bytesOfTopic(before)),
      subscription: (before, after) => this.#use(bytesOfSubscription(after) - bytesOfSubscription(before)),
    };
    this.records = new TopicRecords(basics.changes, keeper);
    this.publications = new Entries(basics);
  }

  get bytes(): number {
    return this.#bytes + this.publications.bytes;
  }

  copy(): TopicCopy {
    const { records, publications } = this;
    return { topics: records.topics(), subscriptions: records.subscriptions(), publications: [...publications] };
  }

  /** Replaces everything by a copy, for which there must be room. */
  restore({ topics, subscriptions, publications }: TopicCopy): void {
    const { records } = this;
    this.publications.clear();
    this.#count(-this.#bytes);
    records.load(topics, subscriptions);
    let bytes = 0;
    for (const topic of topics) bytes += bytesOfTopic(topic);
    for (const subscription of subscriptions) bytes += bytesOfSubscription(subscription);
    this.#count(bytes);
    for (const publication of publications) this.publications.set(publication);
  }

  #use(bytes: number): void {
    if (bytes > 0) this.#basics.memory.check(bytes);
    this.#count(bytes);
  }

  #count(bytes: number): void {
    const { memory, changes } = this.#basics;
    this.#bytes += bytes;
    memory.use(bytes);
    changes.record(() => {
      this.#bytes -= bytes;
      memory.use(-bytes);
    });
  }
}
