/**
 * Reads the topics of a CloudFormation or SAM template: `AWS::SNS::Topic`, `AWS::SNS::Subscription`,
 * `AWS::SNS::TopicPolicy`, and the SNS events of functions.
 * Source: CloudFormation template reference, "Amazon SNS"; AWS SAM specification, "SNS".
 */

import { parseArn } from '../../queues/arn.ts';
import { suggestion } from '../../suggest.ts';
import { subscriptionAttributes } from '../../topics/subscription-attributes.ts';
import { DATA_PROTECTION_POLICY, topicAttributes } from '../../topics/topic-attributes.ts';
import type { DeclaredSubscription, DeclaredTopic, Deployment } from '../declared.ts';
import { type Entry, entryOf, type Findings, partOf, scalar, type Tree } from '../syntax/tree.ts';
import { type Subscriber, subscribersOf } from './event-sources.ts';
import { attributeText, policyText, queueEndpoint, setSubscriptionAttribute, tagsIn } from './policies.ts';
import { TOPIC } from './referable.ts';
import { Unresolved } from './unresolved.ts';

export const SUBSCRIPTION = 'AWS::SNS::Subscription';
export const TOPIC_POLICY = 'AWS::SNS::TopicPolicy';

/** Properties of a topic besides attributes. */
const OTHER_PROPERTIES = ['TopicName', 'Tags', 'Subscription', DATA_PROTECTION_POLICY];
/** Properties of a subscription besides attributes, including those of SAM's events. */
const NO_ATTRIBUTES = ['TopicArn', 'Protocol', 'Endpoint', 'Region', 'Topic', 'SqsSubscription'];

/** What the reader of the whole template provides. */
export interface TemplateParts {
  deployment: Deployment;
  findings: Findings;
  resources: readonly Entry[];
  /** The resources of a type whose conditions are true. */
  ofType(type: string): Entry[];
  isWanted(logicalId: string, resource: Tree): boolean;
  nameOf(logicalId: string): string;
  /** Warns, and returns undefined, if the template does not determine the value. */
  known<T>(at: string, subject: string, resolve: () => T): T | undefined;
  resolve(tree: Tree): Tree | undefined;
  /** The name of the function that a tree refers to; undefined if it refers to none of the template. */
  functionName(tree: Tree): string | undefined;
}

export class TemplateTopics {
  readonly #parts: TemplateParts;
  readonly #byName = new Map<string, DeclaredTopic>();

  constructor(parts: TemplateParts) {
    this.#parts = parts;
  }

  topics(): DeclaredTopic[] {
    const { ofType, resources, isWanted } = this.#parts;
    for (const resource of ofType(TOPIC)) this.#topic(resource);
    for (const policy of ofType(TOPIC_POLICY)) this.#policy(policy);
    for (const { key, at, value } of ofType(SUBSCRIPTION)) {
      const properties = partOf(value, 'Properties');
      const [topic, protocol, endpoint] = ['TopicArn', 'Protocol', 'Endpoint'].map((name) => partOf(properties, name));
      this.#subscribe({ logicalId: key, at, topic, protocol, endpoint, properties });
    }
    for (const resource of resources) {
      const subscribers = subscribersOf(resource);
      if (subscribers.length === 0 || !isWanted(resource.key, resource.value)) continue;
      for (const subscriber of subscribers) this.#subscribe(subscriber);
    }
    return [...this.#byName.values()];
  }

  #topic({ key: logicalId, at, value: resource }: Entry): void {
    const { findings, known, resolve, nameOf } = this.#parts;
    const properties = partOf(resource, 'Properties');
    const name = { value: nameOf(logicalId), at: partOf(properties, 'TopicName')?.at ?? at };
    const topic: DeclaredTopic = { at, name, attributes: new Map(), tags: new Map(), subscriptions: [] };
    this.#byName.set(name.value, topic);
    for (const { key, at: place, value } of properties?.kind === 'map' ? properties.entries : []) {
      if (key === 'TopicName') continue;
      if (key === 'Subscription') this.#inline(logicalId, topic, value);
      else if (![...OTHER_PROPERTIES, ...topicAttributes].includes(key)) {
        const hint = suggestion(key, [...OTHER_PROPERTIES, ...topicAttributes]);
        findings.warn(place, `${key} of ${name.value} is ignored: Squab's topics have no such property.${hint}`);
      } else {
        const resolved = known(place, `${key} of ${logicalId}`, () => resolve(value));
        if (resolved && key === 'Tags') topic.tags = tagsIn(resolved, findings);
        else if (resolved) topic.attributes.set(key, { value: attributeText(resolved), at: resolved.at });
      }
    }
  }

  #inline(logicalId: string, topic: DeclaredTopic, list: Tree): void {
    for (const item of list.kind === 'list' ? list.items : []) {
      const [protocol, endpoint] = ['Protocol', 'Endpoint'].map((name) => partOf(item, name));
      this.#add(topic, { logicalId, at: item.at, topic: undefined, protocol, endpoint, properties: undefined });
    }
  }

  #policy({ key: logicalId, at, value: resource }: Entry): void {
    const { findings, known, resolve } = this.#parts;
    const part = (property: string) => {
      const entry = entryOf(partOf(resource, 'Properties'), property);
      return entry && known(entry.at, `the policy ${logicalId}`, () => resolve(entry.value));
    };
    const [policy, topics] = [part('PolicyDocument'), part('Topics')];
    if (!policy || topics?.kind !== 'list') return;
    for (const arn of topics.items) {
      const topic = arn.kind === 'scalar' ? this.#byArn(arn.text) : undefined;
      if (topic) topic.attributes.set('Policy', { value: policyText(policy), at: policy.at });
      else findings.warn(at, `${logicalId} is ignored: this template declares no such topic.`);
    }
  }

  #byArn(text: string): DeclaredTopic | undefined {
    const arn = parseArn(text);
    return arn?.service === 'sns' ? this.#byName.get(arn.name) : undefined;
  }

  #subscribe(subscriber: Subscriber): void {
    const { logicalId, at, topic } = subscriber;
    const arn = topic && this.#text(at, logicalId, topic);
    if (arn === undefined) return;
    const found = this.#byArn(arn);
    if (found) this.#add(found, subscriber);
    else this.#parts.findings.warn(at, `${logicalId} is ignored for ${arn}: this template declares no such topic.`);
  }

  #add(topic: DeclaredTopic, { logicalId, at, protocol, endpoint, properties }: Subscriber): void {
    const { deployment, findings, known, resolve, functionName } = this.#parts;
    const kind = protocol && this.#text(at, logicalId, protocol);
    if (kind === undefined || !endpoint) {
      if (!protocol || !endpoint)
        findings.problem(at, `The subscription ${logicalId} needs a Protocol and an Endpoint.`);
      return;
    }
    const name = kind === 'lambda' ? known(at, subjectOf(logicalId), () => functionName(endpoint)) : undefined;
    const text = name ?? this.#text(endpoint.at, logicalId, endpoint);
    if (text === undefined) return;
    const subscription: DeclaredSubscription = {
      ...{ at, protocol: kind, attributes: new Map(), optional: true },
      ...(kind === 'sqs'
        ? queueEndpoint({ value: text, at: endpoint.at }, deployment)
        : { endpoint: { value: text, at: endpoint.at }, isName: kind === 'lambda' && !text.startsWith('arn:') }),
    };
    for (const { key, at: place, value } of properties?.kind === 'map' ? properties.entries : []) {
      if (NO_ATTRIBUTES.includes(key)) continue;
      const resolved = known(place, `${key} of ${logicalId}`, () => resolve(value));
      if (!resolved) continue;
      if (subscriptionAttributes.includes(key)) setSubscriptionAttribute(subscription, key, resolved, deployment);
      else {
        const hint = suggestion(key, [...NO_ATTRIBUTES, ...subscriptionAttributes]);
        findings.warn(place, `${key} of ${logicalId} is ignored: subscriptions have no such property.${hint}`);
      }
    }
    // The same endpoint may be in the topic and in a resource of its own.
    topic.subscriptions = [
      ...topic.subscriptions.filter(
        (one) => one.protocol !== kind || one.endpoint.value !== subscription.endpoint.value,
      ),
      subscription,
    ];
  }

  #text(at: string, logicalId: string, tree: Tree): string | undefined {
    return this.#parts.known(at, subjectOf(logicalId), () => {
      const resolved = this.#parts.resolve(tree) ?? scalar(at, null);
      if (resolved.kind !== 'scalar') throw new Unresolved('it is not a string');
      return resolved.text;
    });
  }
}

function subjectOf(logicalId: string): string {
  return `the subscription ${logicalId}`;
}
