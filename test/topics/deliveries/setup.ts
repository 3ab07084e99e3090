/** A deliverer with subscriptions on an engine in memory or on disk, whose clock the test moves. */

import { onTestFinished } from 'vitest';
import type { Env } from '../../../src/queues/env.ts';
import type { Engine } from '../../../src/storage/engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import type { MessageAttribute, Queue } from '../../../src/storage/store.ts';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { backlogMessage, type Due } from '../../../src/topics/deliveries/backlog.ts';
import { Deliverer, type DelivererOptions, type DeliveryReport } from '../../../src/topics/deliveries/deliverer.ts';
import {
  effectiveOfSubscription,
  normalSubscriptionDeliveryPolicy,
} from '../../../src/topics/deliveries/delivery-policy.ts';
import type { Outcome } from '../../../src/topics/deliveries/outcome.ts';
import type { Subscriber } from '../../../src/topics/deliveries/subscriber.ts';

const place = { account: '000000000000', region: 'us-east-1' };
export const topicArn = `arn:aws:sns:${place.region}:${place.account}:t`;
const noSettings = { attributes: new Map<string, string>(), tags: new Map<string, string>() };
const WEEK_MS = 7 * 86_400_000;

export interface Given {
  protocol?: Subscriber['protocol'];
  endpoint: string;
  /** Members of the subscription's delivery policy. */
  policy?: object;
  deadLetterArn?: string;
  confirmed?: boolean;
}

export interface Delivering {
  engine: Engine;
  clock: VirtualClock;
  machine: VirtualClock;
  deliverer: Deliverer;
  /** The events that functions got. */
  invoked: { functionArn: string; event: string }[];
  /** What functions answer. */
  outcome: Outcome;
  /** Subscribes an endpoint, starts to deliver to it, and resolves to the subscription's ID. */
  subscribe(given: Given): Promise<string>;
  /** Puts a message into the backlog of a subscription. */
  publish(id: string, due?: Partial<Due>): Promise<void>;
  /** Resolves to the next report that has not been returned yet, without `subscriber`. */
  report(): Promise<Omit<DeliveryReport, 'subscriber'>>;
  /** Resolves to the next error that has not been returned yet. */
  error(): Promise<unknown>;
  subscriber(id: string): Promise<Subscriber | undefined>;
  /** Returns how many messages a backlog has, delivered ones not counted. */
  waiting(id: string): Promise<number>;
  queue(name: string, attributes?: Record<string, string>): Promise<Queue>;
  /** Resolves to the messages of a queue, and hides them. */
  received(queue: Queue): Promise<{ body: string; attributes: ReadonlyMap<string, MessageAttribute> | undefined }[]>;
}

/** What one side adds, the other one waits for. */
class Mailbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  add(item: T): void {
    const resolve = this.#waiting.shift();
    if (resolve) resolve(item);
    else this.#items.push(item);
  }

  async next(): Promise<T> {
    if (this.#items.length > 0) return this.#items.shift()!;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** `given` replaces options of the deliverer; `folder` is where the SQLite engine keeps its data. */
export async function startDelivering(given: Partial<DelivererOptions> = {}, folder?: string): Promise<Delivering> {
  const engine = await openEngine({ data: folder });
  const [clock, machine] = [new VirtualClock(), new VirtualClock()];
  const policies = new Map<string, Pick<Given, 'policy' | 'deadLetterArn'>>();
  const reports = new Mailbox<DeliveryReport>();
  const errors = new Mailbox<unknown>();
  let ids = 0;
  const newId = () => `00000000-0000-0000-0000-${String(ids++).padStart(12, '0')}`;
  // The parts of an Env that delivering does not need are absent.
  const env = { store: engine, clock, newId } as unknown as Env;

  async function subscriber(id: string): Promise<Subscriber | undefined> {
    const found = await engine.topics.findSubscription(id);
    if (!found) return undefined;
    const { policy, deadLetterArn } = policies.get(id)!;
    const own = policy && normalSubscriptionDeliveryPolicy(JSON.stringify(policy), '');
    const { protocol, endpoint, confirmed, topic } = found;
    return {
      ...{ id, arn: `${topicArn}:${id}`, topic, topicArn, endpoint, confirmed, deadLetterArn },
      protocol: protocol as Subscriber['protocol'],
      policy: effectiveOfSubscription(own, undefined),
    };
  }

  const delivering: Delivering = {
    ...{ engine, clock, machine, subscriber },
    invoked: [],
    outcome: { kind: 'delivered' },
    deliverer: new Deliverer({
      ...{ env, machine },
      publicEndpoints: false,
      anyCertificate: false,
      find: subscriber,
      async invoke(functionArn, event) {
        delivering.invoked.push({ functionArn, event });
        return delivering.outcome;
      },
      maySend: () => true,
      onReport: (report) => reports.add(report),
      onError: (error) => errors.add(error),
      ...given,
    }),
    async subscribe({ protocol = 'http', endpoint, confirmed = true, ...rest }) {
      const { topic } = await engine.topics.createTopic(
        { ...place, name: 't' },
        { ...noSettings, fifo: false },
        clock.now(),
      );
      const id = newId();
      policies.set(id, rest);
      const backlog = { ...noSettings, fifo: false, retentionMs: WEEK_MS };
      const token = confirmed ? undefined : id;
      const { attributes } = noSettings;
      const subscription = { id, owner: place.account, protocol, endpoint, attributes, token, backlog };
      const outcome = await engine.topics.subscribe(topic.id, subscription, 1e6, clock.now());
      if (outcome === undefined || outcome === 'over-limit') throw new Error('Subscribing failed');
      delivering.deliverer.take(outcome.subscription);
      return id;
    },
    async publish(id, due = {}) {
      const { backlogId } = (await engine.topics.findSubscription(id))!;
      const message = { type: 'Notification', messageId: newId(), raw: false, body: '{}', ...due } as const;
      await engine.send(backlogId!, [backlogMessage(message)], clock.now());
    },
    async report() {
      const { subscriber: _, ...report } = await reports.next();
      return report;
    },
    error: () => errors.next(),
    async waiting(id) {
      const { backlogId } = (await engine.topics.findSubscription(id))!;
      const counts = await engine.counts(backlogId!, clock.now());
      return counts!.visible + counts!.inFlight + counts!.delayed;
    },
    async queue(name, attributes = {}) {
      const settings = { fifo: name.endsWith('.fifo'), retentionMs: WEEK_MS, tags: noSettings.tags };
      const key = { ...place, name };
      const given = { ...settings, attributes: new Map(Object.entries(attributes)) };
      return (await engine.createQueue(key, given, clock.now())).queue;
    },
    async received(queue) {
      const request = { max: 10, visibilityMs: WEEK_MS, inFlightLimit: 1000 };
      const messages = await engine.receive(queue.id, request, clock.now());
      return (messages as { body: string; attributes: undefined }[]).map(({ body, attributes }) => ({
        body,
        attributes,
      }));
    },
  };
  engine.onAnnounce((queueId, at) => delivering.deliverer.announce(queueId, at));
  clock.trackWork(() => delivering.deliverer.progress);
  onTestFinished(async () => {
    await delivering.deliverer.end();
    await engine.close();
  });
  return delivering;
}
