/** Topics, subscriptions and recent publications, and how much memory they need. */

import { BoundedKeeper } from '../topics/bounded-keeper.ts';
import type { Original } from '../topics/publishing.ts';
import { TopicRecords } from '../topics/topic-records.ts';
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
  readonly #keeper: BoundedKeeper;
  readonly records: TopicRecords;
  /** Of all topics. Those of a deleted topic are forgotten when their windows end. */
  readonly publications: Entries<KeptPublication>;

  constructor(basics: Basics) {
    this.#keeper = new BoundedKeeper(basics.memory, basics.changes);
    this.records = new TopicRecords(basics.changes, this.#keeper);
    this.publications = new Entries(basics);
  }

  get bytes(): number {
    return this.#keeper.bytes + this.publications.bytes;
  }

  copy(): TopicCopy {
    const { records, publications } = this;
    return { topics: records.topics(), subscriptions: records.subscriptions(), publications: [...publications] };
  }

  /** Replaces everything by a copy, for which there must be room. */
  restore({ topics, subscriptions, publications }: TopicCopy): void {
    this.publications.clear();
    this.records.load(topics, subscriptions);
    this.#keeper.loaded(topics, subscriptions);
    for (const publication of publications) this.publications.set(publication);
  }
}
