/**
 * The latest publications, and what became of their deliveries. It is kept in memory only, and limited in size. Why a
 * filter policy rejected a message is worked out when somebody asks, so that a publication costs the same however many
 * subscriptions its topic has.
 */

import { charactersIn } from '../../storage/content-size.ts';
import type { Subscription } from '../../storage/topics.ts';
import type { Millis } from '../../time/clock.ts';
import type { DeliveryReport } from '../../topics/deliveries/deliverer.ts';
import { charactersOfTexts, type Publication } from '../../topics/publishing/publication.ts';
import type { PublishedReport, Undelivered } from '../../topics/topic-reports.ts';

const PUBLICATIONS_MAX = 1000;
/** The limit for all messages together. */
const CHARACTERS_MAX = 4 * 1024 * 1024;
/** What an attempt, or a message that was not delivered, counts against it. */
const ATTEMPT_CHARACTERS = 300;

/** The latest attempt to deliver a message to an HTTP endpoint or a function. */
export interface Attempt extends Pick<DeliveryReport, 'attempt' | 'result' | 'reason' | 'nextAt'> {
  at: Millis;
}

export interface LoggedPublication {
  publication: Publication;
  /** The topic's subscriptions when the message was published. */
  subscriptions: readonly Subscription[];
  /** The ID of the earlier publication that this one duplicates. */
  original: string | undefined;
  /** The messages that subscribed queues could not take, by subscription. */
  undelivered: ReadonlyMap<string, Undelivered>;
  /** The latest attempt for each subscription. */
  attempts: Map<string, Attempt>;
}

export class PublicationLog {
  /** In the order in which they were published. */
  readonly #byId = new Map<string, LoggedPublication>();
  /**
   * The topics and the lists of subscriptions that publications were made with, which stay in memory when they change.
   * Publications with no change in between have the same ones.
   */
  readonly #shared = new Map<object, { uses: number; characters: number }>();
  #characters = 0;

  add({ publication, subscriptions, undelivered, original }: PublishedReport): void {
    const byId = new Map(undelivered.map((one) => [one.subscription.id, one]));
    const logged = { publication, subscriptions, original, undelivered: byId, attempts: new Map<string, Attempt>() };
    this.#byId.set(publication.messageId, logged);
    this.#characters += sizeOf(logged);
    this.#share(
      publication.topic,
      () => charactersIn(publication.topic.attributes) + charactersIn(publication.topic.tags),
    );
    this.#share(subscriptions, () => subscriptions.reduce((sum, one) => sum + lengthOfSubscription(one), 0));
    this.#trim();
  }

  attempted({ messageId, subscriber, attempt, result, reason, nextAt }: DeliveryReport, at: Millis): void {
    const logged = this.#byId.get(messageId);
    if (!logged) return;
    if (!logged.attempts.has(subscriber.id)) this.#characters += ATTEMPT_CHARACTERS;
    const outcome = {
      attempt,
      result,
      at,
      ...(reason !== undefined && { reason }),
      ...(nextAt !== undefined && { nextAt }),
    };
    logged.attempts.set(subscriber.id, outcome);
    this.#trim();
  }

  find(messageId: string): LoggedPublication | undefined {
    return this.#byId.get(messageId);
  }

  /** Returns the publications to a topic, the latest first. */
  of(topicId: number): LoggedPublication[] {
    return [...this.#byId.values()].filter(({ publication }) => publication.topic.id === topicId).reverse();
  }

  clear(): void {
    this.#byId.clear();
    this.#shared.clear();
    this.#characters = 0;
  }

  #trim(): void {
    for (const [id, logged] of this.#byId) {
      const fits = this.#byId.size <= PUBLICATIONS_MAX && this.#characters <= CHARACTERS_MAX;
      if (fits || this.#byId.size === 1) return;
      this.#byId.delete(id);
      this.#characters -= sizeOf(logged);
      this.#unshare(logged.publication.topic);
      this.#unshare(logged.subscriptions);
    }
  }

  #share(one: object, charactersOf: () => number): void {
    const known = this.#shared.get(one);
    if (known) known.uses++;
    else {
      const characters = charactersOf();
      this.#shared.set(one, { uses: 1, characters });
      this.#characters += characters;
    }
  }

  #unshare(one: object): void {
    const known = this.#shared.get(one);
    if (!known || --known.uses > 0) return;
    this.#shared.delete(one);
    this.#characters -= known.characters;
  }
}

/** A subscription also has a place in each list. */
function lengthOfSubscription({ endpoint, attributes }: Subscription): number {
  return 8 + endpoint.length + charactersIn(attributes);
}

function sizeOf({ publication, undelivered, attempts }: LoggedPublication): number {
  const { attributes } = publication;
  let characters = charactersOfTexts(publication) + (undelivered.size + attempts.size) * ATTEMPT_CHARACTERS;
  for (const [name, { stringValue = '', binaryValue = '' }] of attributes) {
    characters += name.length + stringValue.length + binaryValue.length;
  }
  return characters;
}
