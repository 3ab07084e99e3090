/**
 * Remembers subscriptions of HTTP endpoints that were removed, since their endpoints may want them back: the message
 * about the removal has a link for that. They are kept in memory only.
 */

import type { NewSubscription, Subscription } from '../storage/topics.ts';
import type { Millis } from '../time/clock.ts';

const REMEMBERED_MAX = 1000;

export interface Ended {
  topicId: number;
  subscription: NewSubscription;
  until: Millis;
}

export class EndedSubscriptions {
  readonly #byToken = new Map<string, Ended>();

  /** `token` brings the subscription back, until the instant `until`. */
  remember({ topicId, id, owner, protocol, endpoint, attributes }: Subscription, token: string, until: Millis): void {
    const oldest = this.#byToken.keys().next();
    if (this.#byToken.size >= REMEMBERED_MAX && !oldest.done) this.#byToken.delete(oldest.value);
    const subscription = { id, owner, protocol, endpoint, attributes, token };
    this.#byToken.set(token, { topicId, subscription, until });
  }

  /** Returns the subscription that a token brings back; undefined if there is none, or `now` is too late. */
  find(token: string, now: Millis): Ended | undefined {
    const ended = this.#byToken.get(token);
    return ended && ended.until > now ? ended : undefined;
  }
}
