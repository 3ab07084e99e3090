/**
 * Topics and subscriptions in memory, found by their keys, IDs, tokens and endpoints, and in order. Every engine has one
 * of these. The engine's `Keeper` learns of each change, to store or count it. A change can be undone.
 */

import type { Changes } from '../collections/changes.ts';
import { Sorted } from '../collections/sorted.ts';
import type { Subscription, SubscriptionListing, Topic, TopicKey, TopicListing } from '../topics.ts';

/** Called before a change; nothing changes if it throws. `before` is undefined for a new record, `after` for a removed one. */
export interface Keeper {
  topic(before: Topic | undefined, after: Topic | undefined): void;
  subscription(before: Subscription | undefined, after: Subscription | undefined): void;
}

interface Owner {
  account: string;
  region: string;
}

/** A place in the list of an account's topics or subscriptions in one region. */
interface Place {
  owner: string;
  at: string | number;
}

interface Placed<Item> extends Place {
  item: Item;
}

const ownerOf = ({ region, account }: Owner) => `${region}/${account}`;
const inOrder = (a: Place, b: Place) => compare(a.owner, b.owner) || compare(a.at, b.at);
const byPlace = (a: Pick<Subscription, 'place'>, b: Pick<Subscription, 'place'>) => a.place - b.place;
const compare = <T extends string | number>(a: T, b: T) => (a < b ? -1 : Number(a > b));
const topicPlace = (key: TopicKey): Place => ({ owner: ownerOf(key), at: key.name });
const subscriptionPlace = ({ topic, place }: Subscription): Place => ({ owner: ownerOf(topic), at: place });
const endpointOf = ({ protocol, endpoint }: Pick<Subscription, 'protocol' | 'endpoint'>) => `${protocol} ${endpoint}`;

/** The subscriptions of one topic. */
class Subscribers {
  readonly byPlace = new Sorted<Pick<Subscription, 'place'>, Subscription>(byPlace);
  readonly byEndpoint = new Map<string, Subscription>();
  #list: readonly Subscription[] | undefined;

  get list(): readonly Subscription[] {
    this.#list ??= [...this.byPlace];
    return this.#list;
  }

  replace(before: Subscription | undefined, after: Subscription | undefined): void {
    this.#list = undefined;
    if (before) {
      this.byPlace.delete(before);
      this.byEndpoint.delete(endpointOf(before));
    }
    if (after) {
      this.byPlace.add(after);
      this.byEndpoint.set(endpointOf(after), after);
    }
  }
}

/** All records, as they are at one instant. */
class Shelf {
  readonly topics = new Map<number, Topic>();
  readonly topicsByName = new Sorted<Place, Placed<Topic>>(inOrder);
  readonly subscriptions = new Map<string, Subscription>();
  readonly subscriptionsByPlace = new Sorted<Place, Placed<Subscription>>(inOrder);
  readonly byToken = new Map<string, Subscription>();
  readonly subscribers = new Map<number, Subscribers>();

  replaceTopic(before: Topic | undefined, after: Topic | undefined): void {
    if (before) {
      this.topics.delete(before.id);
      this.topicsByName.delete(topicPlace(before));
    }
    if (after) {
      this.topics.set(after.id, after);
      this.topicsByName.add({ ...topicPlace(after), item: after });
    }
  }

  replaceSubscription(before: Subscription | undefined, after: Subscription | undefined): void {
    const { topicId } = (before ?? after)!;
    const attached = [before, after].map((one) => (one?.detachedAt === undefined ? one : undefined));
    if (!this.subscribers.has(topicId)) this.subscribers.set(topicId, new Subscribers());
    const subscribers = this.subscribers.get(topicId)!;
    subscribers.replace(attached[0], attached[1]);
    if (subscribers.byEndpoint.size === 0) this.subscribers.delete(topicId);
    if (before) {
      this.subscriptions.delete(before.id);
      this.subscriptionsByPlace.delete(subscriptionPlace(before));
      if (before.token !== undefined) this.byToken.delete(before.token);
    }
    if (after) {
      this.subscriptions.set(after.id, after);
      this.subscriptionsByPlace.add({ ...subscriptionPlace(after), item: after });
      if (after.token !== undefined) this.byToken.set(after.token, after);
    }
  }
}

const NONE: readonly Subscription[] = [];

export class TopicRecords {
  readonly #changes: Changes;
  readonly #keeper: Keeper;
  #shelf = new Shelf();

  constructor(changes: Changes, keeper: Keeper) {
    this.#changes = changes;
    this.#keeper = keeper;
  }

  topic(id: number): Topic | undefined {
    return this.#shelf.topics.get(id);
  }

  topicByKey(key: TopicKey): Topic | undefined {
    return this.#shelf.topicsByName.find(topicPlace(key))?.item;
  }

  /** Returns all topics in the order of their creation. */
  topics(): Topic[] {
    return [...this.#shelf.topics.values()].sort((a, b) => a.id - b.id);
  }

  listTopics({ account, region, after = '', limit }: TopicListing): Topic[] {
    return listed(this.#shelf.topicsByName, { owner: ownerOf({ account, region }), at: after }, limit);
  }

  subscription(id: string): Subscription | undefined {
    return this.#shelf.subscriptions.get(id);
  }

  subscriptionByToken(token: string): Subscription | undefined {
    return this.#shelf.byToken.get(token);
  }

  subscriptionByEndpoint(
    topicId: number,
    endpoint: Pick<Subscription, 'protocol' | 'endpoint'>,
  ): Subscription | undefined {
    return this.#shelf.subscribers.get(topicId)?.byEndpoint.get(endpointOf(endpoint));
  }

  /** Returns all subscriptions in the order of their creation. */
  subscriptions(): Subscription[] {
    return [...this.#shelf.subscriptions.values()].sort(byPlace);
  }

  /** Returns the subscriptions of a topic in the order of their creation: the same array until one changes. */
  subscriptionsOf(topicId: number): readonly Subscription[] {
    return this.#shelf.subscribers.get(topicId)?.list ?? NONE;
  }

  countOf(topicId: number): number {
    return this.#shelf.subscribers.get(topicId)?.byEndpoint.size ?? 0;
  }

  listSubscriptions({ account, region, topicId, after = -1, limit }: SubscriptionListing): Subscription[] {
    if (topicId === undefined) {
      return listed(this.#shelf.subscriptionsByPlace, { owner: ownerOf({ account, region }), at: after }, limit);
    }
    const found: Subscription[] = [];
    for (const subscription of this.#shelf.subscribers.get(topicId)?.byPlace.after({ place: after }) ?? []) {
      if (found.length === limit) break;
      found.push(subscription);
    }
    return found;
  }

  replaceTopic(before: Topic | undefined, after: Topic | undefined): void {
    this.#keeper.topic(before, after);
    this.#shelf.replaceTopic(before, after);
    this.#changes.record(() => this.#shelf.replaceTopic(after, before));
  }

  replaceSubscription(before: Subscription | undefined, after: Subscription | undefined): void {
    this.#keeper.subscription(before, after);
    this.#shelf.replaceSubscription(before, after);
    this.#changes.record(() => this.#shelf.replaceSubscription(after, before));
  }

  /** Replaces everything by these records, which the engine has stored already. */
  load(topics: Iterable<Topic>, subscriptions: Iterable<Subscription>): void {
    const before = this.#shelf;
    this.#shelf = new Shelf();
    for (const topic of topics) this.#shelf.replaceTopic(undefined, topic);
    for (const subscription of subscriptions) this.#shelf.replaceSubscription(undefined, subscription);
    this.#changes.record(() => {
      this.#shelf = before;
    });
  }
}

/** Returns the first items after this place that have the same owner. */
function listed<Item>(items: Sorted<Place, Placed<Item>>, after: Place, limit: number): Item[] {
  const found: Item[] = [];
  for (const { owner, item } of items.after(after)) {
    if (found.length === limit || owner !== after.owner) break;
    found.push(item);
  }
  return found;
}
