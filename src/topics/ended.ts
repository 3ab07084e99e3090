/**
 * Remembers subscriptions of HTTP endpoints that were removed, since their endpoints may want them back: the message
 * about the removal has a link for that. They are kept in memory only.
 */

import { charactersIn } from '../storage/content-size.ts';
import type { NewSubscription, Subscription, TopicKey } from '../storage/topics.ts';
import type { Millis } from '../time/clock.ts';

const REMEMBERED_MAX = 1000;
/** The limit for the endpoints and attributes of all of them together. */
const CHARACTERS_MAX = 4 * 1024 * 1024;

export interface Ended {
  topicId: number;
  topic: TopicKey;
  subscription: NewSubscription;
  until: Millis;
}

export class EndedSubscriptions {
  /** The oldest first. */
  readonly #byToken = new Map<string, Ended>();
  #characters = 0;

  /** `token` brings the subscription back, until the instant `until`. */
  remember(ended: Subscription, token: string, until: Millis): void {
    const { topicId, topic, id, owner, protocol, endpoint, attributes } = ended;
    const subscription = { id, owner, protocol, endpoint, attributes, token };
    this.#byToken.set(token, { topicId, topic, subscription, until });
    this.#characters += charactersOf(subscription);
    for (const [oldest, ended] of this.#byToken) {
      if (this.#byToken.size <= REMEMBERED_MAX && this.#characters <= CHARACTERS_MAX) break;
      this.#byToken.delete(oldest);
      this.#characters -= charactersOf(ended.subscription);
    }
  }

  /** Returns the subscription that a token brings back; undefined if there is none, or `now` is too late. */
  find(token: string, now: Millis): Ended | undefined {
    const ended = this.#byToken.get(token);
    return ended && ended.until > now ? ended : undefined;
  }
}

function charactersOf({ endpoint, attributes }: NewSubscription): number {
  return endpoint.length + charactersIn(attributes);
}
