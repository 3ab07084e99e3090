/** The verbs on topics that a random walk (walk.ts) carries out on a store and on the model. */

import { expect } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import type { Published, QueueDelivery, Subscription } from '../../src/storage/topics.ts';
import type { Millis } from '../../src/time/clock.ts';
import type { Random } from './random.ts';
import { HOUR, key, message, settings, unstorable } from './subject.ts';
import type { ModelPublication, ModelSubscription, TopicModel } from './topic-model.ts';
import { publication, subscription, topicSettings } from './topic-subject.ts';
import { DELAYS, grouped, type QueueKind } from './walk-verbs.ts';

const TOPICS = ['t', 'u'];
/** The window of deduplication keys, in milliseconds. */
const WINDOW = 150;
const SUBSCRIPTIONS_MAX = 6;

const withoutPlace = ({ place, ...rest }: Subscription): ModelSubscription => rest;

export class WalkTopics {
  /** Returns the current store; a walk may restart it. */
  readonly #store: () => Engine;
  readonly #model: TopicModel;
  readonly #random: Random;
  readonly #kind: QueueKind;
  readonly #fifo: boolean;
  /** The sequence number of each publication. */
  readonly #sequences = new Map<string, number>();
  #lastSequence = 0;

  constructor(store: () => Engine, model: TopicModel, random: Random, kind: QueueKind) {
    this.#store = store;
    this.#model = model;
    this.#random = random;
    this.#kind = kind;
    this.#fifo = kind === 'fifo';
  }

  /** Publishes up to three messages. Calls the store before it waits for anything. */
  async publish(queues: readonly number[], now: Millis): Promise<void> {
    if (this.#model.topics.length === 0) return;
    const { id } = this.#random.oneOf(this.#model.topics);
    const planned = Array.from({ length: 1 + this.#random.below(3) }, () => this.#publication(id, queues));
    const fails = this.#random.below(20) === 0;
    const publishing = this.#store().topics.publish(
      id,
      planned.map(({ messageId, deduplication, deliveries }, index) => ({
        messageId,
        ...(deduplication && { deduplication }),
        deliveries: (): QueueDelivery[] => [
          ...deliveries.map(({ isStale, ...delivery }) => ({ ...delivery, ...(isStale && STALE) })),
          ...(fails && index === 0 ? [{ queueId: queues[0]!, message: unstorable() }] : []),
        ],
      })),
      now,
    );
    let published: Published[] | 'outdated' | undefined;
    try {
      published = await publishing;
    } catch (error) {
      if (!fails) throw error;
      return;
    }
    const expected = this.#model.publish(id, planned, now);
    if (!Array.isArray(published) || !Array.isArray(expected)) return expect(published).toEqual(expected);
    expect(published.map(({ messageId, duplicate }) => ({ messageId, duplicate }))).toEqual(expected);
    for (const { messageId, sequence, duplicate } of published) {
      if (duplicate) expect(sequence).toBe(this.#sequences.get(messageId));
      else expect(sequence).toBeGreaterThan(this.#lastSequence);
      this.#lastSequence = Math.max(sequence, this.#lastSequence);
      this.#sequences.set(messageId, sequence);
    }
  }

  #publication(topicId: number, queues: readonly number[]): ModelPublication {
    const { messageId } = publication('', []);
    const deduplication = { key: this.#random.oneOf(['x', 'y', 'z']), windowMs: WINDOW };
    const targets = this.#model
      .subscriptionsOf(topicId)
      .filter(({ confirmed }) => confirmed)
      .flatMap(({ endpoint, backlogId }) => backlogId ?? Number(endpoint.slice('arn:'.length)));
    const mayBeStale = this.#random.below(8) === 0;
    return {
      messageId,
      ...(this.#random.below(2) === 0 && { deduplication }),
      deliveries: targets
        .map((queueId) => ({ queueId, isGone: !queues.includes(queueId) }))
        .filter(({ isGone }) => mayBeStale || !isGone)
        .map(({ queueId, isGone }) => ({
          queueId,
          message: message('published', { delayMs: this.#random.oneOf(DELAYS), ...grouped(this.#random, this.#kind) }),
          isStale: isGone || (mayBeStale && this.#random.below(2) === 0),
        })),
    };
  }

  /** Changes topics or subscriptions, and compares all of them. */
  async change(queues: readonly number[], retentionMs: Millis, now: Millis): Promise<void> {
    for (const name of TOPICS) await this.#createTopic(name, now);
    const chance = this.#random.below(100);
    if (chance < 55) await this.#subscribe(queues, retentionMs, now);
    else if (chance < 70) await this.#unsubscribe();
    else if (chance < 80) await this.#changeSubscription();
    else if (chance < 88) await this.#changeTopic();
    else if (chance < 93) await this.#deleteTopic(now);
    else if (chance < 96) await this.#removeTopics();
    else await this.#removeLapsed(now);
    await this.compare();
  }

  /** Compares all topics and subscriptions with those of the model. */
  async compare(): Promise<void> {
    const { topics, subscriptions } = await this.#store().topics.everything();
    expect(topics).toEqual(this.#model.topics);
    expect(subscriptions.map(withoutPlace)).toEqual(this.#model.subscriptions);
    for (const { id } of topics) {
      const found = await this.#store().topics.subscriptionsOf(id);
      expect(found.map(withoutPlace)).toEqual(this.#model.subscriptionsOf(id));
    }
  }

  async #createTopic(name: string, now: Millis): Promise<void> {
    const existing = this.#model.topics.find((topic) => topic.name === name);
    const { topic, created } = await this.#store().topics.createTopic(key(name), topicSettings(), now);
    expect(created).toBe(existing === undefined);
    if (existing) expect(topic).toEqual(existing);
    else this.#model.createTopic(topic);
  }

  async #subscribe(queues: readonly number[], retentionMs: Millis, now: Millis): Promise<void> {
    const topic = this.#random.oneOf(this.#model.topics);
    const given = subscription({
      endpoint: `arn:${this.#random.oneOf(queues)}`,
      protocol: this.#random.oneOf(['sqs', 'http']),
      ...(this.#random.below(4) === 0 && { token: message('').messageId }),
      ...(this.#random.below(3) === 0 && { backlog: settings({ retentionMs, fifo: this.#fifo }) }),
    });
    const subscribed = await this.#store().topics.subscribe(topic.id, given, SUBSCRIPTIONS_MAX, now);
    const present = this.#model.subscriptionsOf(topic.id);
    const same = present.find((one) => one.protocol === given.protocol && one.endpoint === given.endpoint);
    if (subscribed === 'over-limit' || subscribed === undefined) {
      expect([subscribed, same, present.length]).toEqual(['over-limit', undefined, SUBSCRIPTIONS_MAX]);
      return;
    }
    expect(subscribed.created).toBe(same === undefined);
    if (!same) this.#model.subscribe(withoutPlace(subscribed.subscription), retentionMs, this.#fifo);
  }

  async #unsubscribe(): Promise<void> {
    if (this.#model.subscriptions.length === 0) return;
    const { id } = this.#random.oneOf(this.#model.subscriptions);
    expect(await this.#store().topics.unsubscribe(id)).toBe(true);
    this.#model.remove((one) => one.id === id);
  }

  async #changeSubscription(): Promise<void> {
    if (this.#model.subscriptions.length === 0) return;
    const { id } = this.#random.oneOf(this.#model.subscriptions);
    const attributes = new Map([['number', `${this.#random.below(3)}`]]);
    expect(await this.#store().topics.changeSubscription(id, { attributes, confirmed: true })).toMatchObject({ id });
    this.#model.change(id, { attributes, confirmed: true });
  }

  async #changeTopic(): Promise<void> {
    const { id } = this.#random.oneOf(this.#model.topics);
    const tags = new Map([['number', `${this.#random.below(3)}`]]);
    expect(await this.#store().topics.changeTopic(id, { tags })).toMatchObject({ id });
    this.#model.changeTopic(id, { tags });
  }

  async #deleteTopic(now: Millis): Promise<void> {
    const { id } = this.#random.oneOf(this.#model.topics);
    expect(await this.#store().topics.deleteTopic(id, now)).toBe(true);
    this.#model.deleteTopic(id, now);
  }

  async #removeTopics(): Promise<void> {
    const name = this.#random.oneOf(TOPICS);
    const removed = await this.#store().topics.removeTopics({ prefix: name });
    const subscriptions = this.#model.remove(({ topic }) => topic.name === name);
    expect(removed.subscriptions.map(withoutPlace)).toEqual(subscriptions);
    for (const { id } of removed.topics) this.#model.deleteTopic(id, 0);
    expect(this.#model.topics.some((topic) => topic.name === name)).toBe(false);
  }

  async #removeLapsed(now: Millis): Promise<void> {
    const before = { detachedAt: now - this.#random.below(500), unconfirmedAt: now - HOUR };
    const lapsed = await this.#store().topics.removeLapsed(before);
    const expected = this.#model.remove(({ detachedAt = now }) => detachedAt < before.detachedAt);
    expect(lapsed.map(withoutPlace)).toEqual(expected);
  }
}

/** No queue of a walk has attributes. */
const STALE = { expected: new Map([['none', 'such']]) };
