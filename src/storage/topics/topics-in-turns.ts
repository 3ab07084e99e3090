/** The verbs on topics of an engine that carries out one verb after the other, each without waiting for anything. */

import type { Millis } from '../../time/clock.ts';
import { Turnstile } from '../../time/turnstile.ts';
import type { NewMessage } from '../message.ts';
import { FREED_AT_ONCE } from '../portions.ts';
import type { Queue } from '../queue.ts';
import type { NewPublication, Published } from '../topics.ts';
import { bytesOf, isPlanOutdated, LARGE_BYTES, type Memory, type Original, planOf, queuesOf } from './publishing.ts';
import { type RecordEngine, TopicVerbs } from './topic-verbs.ts';

/** What such an engine provides. */
export interface TopicEngine extends Pick<RecordEngine, 'records' | 'nextNumber' | 'createQueue' | 'removeQueue'> {
  /** Carries out a verb in a transaction, as the engine's other verbs. */
  run<T>(verb: () => T): Promise<T>;
  queue(queueId: number): Queue | undefined;
  /** Brings a queue to the present, as each verb on a queue does first. Frees up to `limit` expired messages. */
  bringTo(queueId: number, now: Millis, limit: number): void;
  /** Sends messages to an existing queue, which has been brought to the present. */
  send(queueId: number, messages: readonly NewMessage[], now: Millis): void;
  /** Returns the remembered publication with this key whose window has not ended. */
  remembered(topicId: number, key: string, now: Millis): Original | undefined;
  remember(topicId: number, memory: Memory): void;
  /** Returns the text that is kept under this name. */
  kept(name: string): string | undefined;
  /** Keeps a text under a name that has none. */
  keep(name: string, text: string): void;
}

export class TopicsInTurns extends TopicVerbs {
  readonly #engine: TopicEngine;
  /** Large publications, and deletions of topics: each has a turn of its own, with other verbs in between. */
  readonly #large = new Turnstile();

  constructor(engine: TopicEngine) {
    super({ ...engine, change: engine.run, look: engine.run, find: async (verb) => verb() });
    this.#engine = engine;
  }

  override deleteTopic(topicId: number, now: Millis): Promise<boolean> {
    return this.#large.run(() => super.deleteTopic(topicId, now));
  }

  publish(
    topicId: number,
    publications: readonly NewPublication[],
    now: Millis,
  ): Promise<Published[] | 'outdated' | undefined> {
    const engine = this.#engine;
    const carryOut = () =>
      engine.run(() => (engine.records.topic(topicId) ? this.#publish(topicId, publications, now) : undefined));
    return bytesOf(publications) < LARGE_BYTES ? carryOut() : this.#large.run(carryOut);
  }

  #publish(topicId: number, publications: readonly NewPublication[], now: Millis): Published[] | 'outdated' {
    const engine = this.#engine;
    const remembered = (key: string) => engine.remembered(topicId, key, now);
    const plan = planOf(publications, { nextNumber: engine.nextNumber, remembered }, now);
    if (isPlanOutdated(plan, engine.queue)) return 'outdated';
    const queueIds = queuesOf(plan);
    // All queues together free about as many expired messages as one queue in other verbs.
    const limit = Math.ceil(FREED_AT_ONCE / queueIds.length);
    for (const queueId of queueIds) engine.bringTo(queueId, now, limit);
    for (const memory of plan.memories) engine.remember(topicId, memory);
    for (const { queueId, message } of plan.deliveries) engine.send(queueId, [message], now);
    return plan.published;
  }

  rememberedPublication(topicId: number, key: string, now: Millis): Promise<Original | undefined> {
    return this.#engine.run(() => this.#engine.remembered(topicId, key, now));
  }

  keep(name: string, text: string): Promise<string> {
    return this.#engine.run(() => {
      const kept = this.#engine.kept(name);
      if (kept === undefined) this.#engine.keep(name, text);
      return kept ?? text;
    });
  }

  kept(name: string): Promise<string | undefined> {
    return this.#engine.run(() => this.#engine.kept(name));
  }
}
