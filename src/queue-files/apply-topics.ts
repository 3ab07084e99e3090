/**
 * Applies the topics of a file to an SNS server. A missing topic or subscription is created. An existing one gets the
 * attributes and tags of the file, and keeps its others. Applying a file again changes nothing.
 */

import { functionNameOf } from '../functions/function-names.ts';
import { parseArn } from '../queues/arn.ts';
import type { TopicKey } from '../storage/topics.ts';
import { checkNewSubscription } from '../topics/subscription-attributes.ts';
import { checkNewAttributes, DATA_PROTECTION_POLICY } from '../topics/topic-attributes.ts';
import { defaultPolicy } from '../topics/topic-policy.ts';
import { refusedAt } from './add-messages.ts';
import type { CallSqs, Owner } from './call-sqs.ts';
import { topicAttributesOf } from './check-topics.ts';
import { type DeclaredSubscription, type DeclaredTopic, valuesOf } from './declared.ts';
import {
  type ExistingTopic,
  type ListedSubscription,
  readSubscription,
  readSubscriptions,
  readTopic,
  topicArns,
} from './existing-topics.ts';
import type { KnownQueues } from './known-queues.ts';
import { type Findings, type Located, QueueFileError } from './syntax/tree.ts';

/** Names of topics. */
export interface AppliedTopics {
  created: string[];
  changed: string[];
  unchanged: string[];
}

/** A topic that exists now, and the attributes that a subscription to it should have. */
interface Place {
  owner: Owner;
  key: TopicKey;
  arn: string;
}

interface Wanted {
  endpoint: string;
  attributes: ReadonlyMap<string, Located<string>>;
}

export class TopicApplication {
  readonly applied: AppliedTopics = { created: [], changed: [], unchanged: [] };
  readonly #callSqs: CallSqs;
  readonly #queues: KnownQueues;
  readonly #findings: Findings;
  readonly #created: Place[] = [];
  /** By account and region, the ARNs of the topics that existed before. */
  readonly #arns = new Map<string, readonly string[]>();

  constructor(callSqs: CallSqs, queues: KnownQueues, findings: Findings) {
    this.#callSqs = callSqs;
    this.#queues = queues;
    this.#findings = findings;
  }

  /** Creates or changes a topic and its subscriptions as the file declares them. */
  async createOrChange(topic: DeclaredTopic): Promise<void> {
    const { account, region, name, at } = topic;
    const owner = { account, region };
    const found = await this.#find(owner, name.value, at);
    const { arn } = found ?? (await this.#create(topic, owner));
    const place = { owner, arn, key: parseArn(arn)! };
    if (!found) this.#created.push(place);
    let changed = found ? await this.#change(found, topic, place) : false;
    const existing = found ? await refusedAt(at, () => readSubscriptions(this.#callSqs, owner, arn)) : [];
    for (const subscription of topic.subscriptions) {
      changed = (await this.#subscribe(subscription, existing, place)) || changed;
    }
    this.applied[found ? (changed ? 'changed' : 'unchanged') : 'created'].push(name.value);
  }

  async #find(owner: Owner, name: string, at: string): Promise<ExistingTopic | undefined> {
    const key = JSON.stringify([owner.account, owner.region]);
    const arns = this.#arns.get(key) ?? (await refusedAt(at, () => topicArns(this.#callSqs, owner)));
    this.#arns.set(key, arns);
    const arn = arns.find((one) => one.endsWith(`:${name}`));
    return arn === undefined ? undefined : refusedAt(at, () => readTopic(this.#callSqs, owner, arn));
  }

  async #create(topic: DeclaredTopic, owner: Owner): Promise<{ arn: string }> {
    const { name, at, tags, attributes } = topic;
    const input = {
      Name: name.value,
      Attributes: valuesOf(topicAttributesOf(topic)),
      Tags: tagsOf(tags),
      DataProtectionPolicy: attributes.get(DATA_PROTECTION_POLICY)?.value,
    };
    const { TopicArn } = await refusedAt(at, () => this.#callSqs('CreateTopic', input, owner));
    return { arn: String(TopicArn) };
  }

  /** Sets the attributes and tags whose values differ. Resolves to whether there were any. */
  async #change(found: ExistingTopic, topic: DeclaredTopic, { owner, key, arn }: Place): Promise<boolean> {
    const different = topicDifferences(found, topic, key);
    for (const [name, { value, at }] of different) {
      const input = { TopicArn: arn, AttributeName: name, AttributeValue: value };
      await refusedAt(at, () => this.#callSqs('SetTopicAttributes', input, owner));
    }
    const policy = topic.attributes.get(DATA_PROTECTION_POLICY);
    const changesPolicy = policy && policy.value !== (found.attributes.get(DATA_PROTECTION_POLICY) ?? '');
    if (changesPolicy) {
      const input = { ResourceArn: arn, DataProtectionPolicy: policy.value };
      await refusedAt(policy.at, () => this.#callSqs('PutDataProtectionPolicy', input, owner));
    }
    const tags = new Map([...topic.tags].filter(([name, { value }]) => found.tags.get(name) !== value));
    const [first] = tags.values();
    if (first) {
      const input = { ResourceArn: arn, Tags: tagsOf(tags) };
      await refusedAt(first.at, () => this.#callSqs('TagResource', input, owner));
    }
    return different.size > 0 || changesPolicy === true || first !== undefined;
  }

  /** Subscribes an endpoint, or changes its subscription. Resolves to whether there was anything to do. */
  async #subscribe(
    subscription: DeclaredSubscription,
    existing: readonly ListedSubscription[],
    place: Place,
  ): Promise<boolean> {
    const { at, protocol } = subscription;
    const wanted = await this.#wanted(subscription, place);
    if (!wanted) return false;
    const { endpoint, attributes } = wanted;
    const { owner, arn: topicArn } = place;
    const subscribe = (Attributes: object) => {
      const input = { TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint, ReturnSubscriptionArn: true };
      return refusedAt(at, () => this.#callSqs('Subscribe', { ...input, Attributes }, owner));
    };
    const same = existing.find((one) => one.protocol === protocol && one.endpoint === endpoint);
    if (!same) {
      await subscribe(valuesOf(attributes));
      return true;
    }
    // A pending one is subscribed again, as a client would, which asks its endpoint to confirm it.
    const arn = same.arn ?? String((await subscribe({})).SubscriptionArn);
    const reported = await refusedAt(at, () => readSubscription(this.#callSqs, owner, arn));
    const of = { protocol, endpoint, fifo: topicArn.endsWith('.fifo') };
    const different = subscriptionDifferences(of, reported, attributes);
    for (const [AttributeName, { value, at: place }] of different) {
      const input = { SubscriptionArn: arn, AttributeName, AttributeValue: value };
      await refusedAt(place, () => this.#callSqs('SetSubscriptionAttributes', input, owner));
    }
    return different.length > 0;
  }

  /** Finds the queues that a subscription gives by name. Resolves to undefined if it is left out without its queue. */
  async #wanted(
    { at, protocol, endpoint, isName, attributes, deadLetterQueue, optional }: DeclaredSubscription,
    { owner, key }: Place,
  ): Promise<Wanted | undefined> {
    const arnOf = async ({ value, at: place }: Located<string>, without: string) => {
      const queue = await this.#queues.find(owner, value);
      if (queue) return queue.arn;
      const hint = this.#queues.hintFor(owner, value);
      const problem = `The queue ${JSON.stringify(value)} exists neither in Squab nor in the file`;
      if (!optional) throw new QueueFileError(`${place}: ${problem}.${hint}`);
      this.#findings.warn(at, `${problem}: the topic ${key.name} is left without ${without}.${hint}`);
      return undefined;
    };
    let target: string | undefined = endpoint.value;
    if (isName && protocol === 'lambda') target = functionNameOf(endpoint.value, key)!.arn;
    else if (isName) target = await refusedAt(endpoint.at, () => arnOf(endpoint, 'this subscription'));
    if (target === undefined) return undefined;
    const wanted = new Map(attributes);
    if (deadLetterQueue) {
      const { value, at: place } = deadLetterQueue;
      const arn = value.startsWith('arn:')
        ? value
        : await refusedAt(place, () => arnOf(deadLetterQueue, 'its dead-letter queue'));
      if (arn !== undefined) {
        wanted.set('RedrivePolicy', { value: JSON.stringify({ deadLetterTargetArn: arn }), at: place });
      }
    }
    return { endpoint: target, attributes: wanted };
  }

  /** Undoes a failed attempt. */
  async deleteCreated(): Promise<void> {
    await Promise.allSettled(
      this.#created.map(({ arn, owner }) => this.#callSqs('DeleteTopic', { TopicArn: arn }, owner)),
    );
  }
}

/** Returns the attributes that a topic does not have with these values. */
function topicDifferences(
  { attributes: reported }: ExistingTopic,
  topic: DeclaredTopic,
  key: TopicKey,
): Map<string, Located<string>> {
  const wanted = topicAttributesOf(topic);
  const values = new Map([...wanted].map(([name, { value }]) => [name, value]));
  const normal = checkNewAttributes(values, key.name.endsWith('.fifo'));
  return new Map(
    [...wanted].filter(([name]) => {
      const value = normal.get(name) ?? (name === 'Policy' ? defaultPolicy(key) : undefined);
      return name !== 'FifoTopic' && value !== reported.get(name);
    }),
  );
}

/** Returns the attributes that a subscription does not have with these values, in the order in which to set them. */
function subscriptionDifferences(
  of: { protocol: string; endpoint: string; fifo: boolean },
  reported: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, Located<string>>,
): [string, Located<string>][] {
  const values = new Map([...wanted].map(([name, { value }]) => [name, value]));
  const normal = checkNewSubscription(of, values);
  // The scope is reported only beside a policy.
  const isFiltered = reported.has('FilterPolicy') || normal.get('FilterPolicy') !== undefined;
  const different = [...wanted].filter(
    ([name]) => (name !== 'FilterPolicyScope' || isFiltered) && normal.get(name) !== reported.get(name),
  );
  // A policy for attributes is valid for bodies too, so the policy changes while the scope is that of bodies.
  const order = wanted.get('FilterPolicyScope')?.value === 'MessageBody' ? 'FilterPolicyScope' : 'FilterPolicy';
  return different.sort(([one], [other]) => Number(other === order) - Number(one === order));
}

function tagsOf(tags: ReadonlyMap<string, Located<string>>): { Key: string; Value: string }[] {
  return [...tags].map(([Key, { value }]) => ({ Key, Value: value }));
}
