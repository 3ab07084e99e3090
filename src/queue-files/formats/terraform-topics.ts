/**
 * Reads the topics of a Terraform state or plan.
 * Source: AWS provider for Terraform, "aws_sns_topic" and the resources named after it.
 */

import { arnOf } from '../../queues/arn.ts';
import type { DeclaredSubscription, DeclaredTopic, Deployment } from '../declared.ts';
import { type Findings, partOf, scalar, type Tree } from '../syntax/tree.ts';
import { attributeText, queueEndpoint, setSubscriptionAttribute } from './policies.ts';
import type { References } from './terraform-references.ts';
import { isTrue, nameOf, type Resource, regionOf, tagsOf, textOf } from './terraform-resources.ts';

const TOPIC = 'aws_sns_topic';
const SUBSCRIPTION = 'aws_sns_topic_subscription';
/** Resources that hold an attribute of a topic, which their argument `policy` has. */
const ATTACHED: Readonly<Record<string, string>> = {
  aws_sns_topic_policy: 'Policy',
  aws_sns_topic_data_protection_policy: 'DataProtectionPolicy',
};

export const TOPIC_TYPES = [TOPIC, SUBSCRIPTION, ...Object.keys(ATTACHED)];

/** The arguments of a topic, and their attributes in SNS. */
const TOPIC_ATTRIBUTES: Readonly<Record<string, string>> = {
  display_name: 'DisplayName',
  policy: 'Policy',
  delivery_policy: 'DeliveryPolicy',
  kms_master_key_id: 'KmsMasterKeyId',
  signature_version: 'SignatureVersion',
  tracing_config: 'TracingConfig',
  content_based_deduplication: 'ContentBasedDeduplication',
  fifo_throughput_scope: 'FifoThroughputScope',
  archive_policy: 'ArchivePolicy',
};
const SUBSCRIPTION_ATTRIBUTES: Readonly<Record<string, string>> = {
  filter_policy: 'FilterPolicy',
  filter_policy_scope: 'FilterPolicyScope',
  raw_message_delivery: 'RawMessageDelivery',
  redrive_policy: 'RedrivePolicy',
  delivery_policy: 'DeliveryPolicy',
  subscription_role_arn: 'SubscriptionRoleArn',
  replay_policy: 'ReplayPolicy',
};

/** What the reader of the whole file provides. */
export interface TerraformParts {
  file: Tree;
  deployment: Deployment;
  findings: Findings;
  resources: readonly Resource[];
  references: References;
  unknown: ReadonlyMap<string, Tree | undefined>;
  /** The ARNs of a state's queues and topics, with those that they get in Squab. */
  arns: Map<string, string>;
  queueName(resource: Resource): string | undefined;
}

/** Replaces the ARNs in a text by those that their queues and topics get in Squab. */
export function withArns(text: string, arns: ReadonlyMap<string, string>): string {
  return text.replace(/arn:[\w-]+:(?:sqs|sns):[\w-]+:\d{12}:[\w.-]+/g, (arn) => arns.get(arn) ?? arn);
}

export class TerraformTopics {
  readonly #parts: TerraformParts;
  readonly #topics = new Map<Resource, DeclaredTopic>();

  constructor(parts: TerraformParts) {
    this.#parts = parts;
  }

  get topics(): DeclaredTopic[] {
    return [...this.#topics.values()];
  }

  declare(): void {
    const { file, findings, deployment, arns } = this.#parts;
    for (const resource of this.#ofType(TOPIC)) {
      const { at, values } = resource;
      const fifo = isTrue(values, 'fifo_topic');
      const name = { value: nameOf(resource, fifo, findings), at };
      const region = regionOf(resource, file);
      const topic = { at, name, region, attributes: new Map(), tags: tagsOf(values), subscriptions: [] };
      this.#topics.set(resource, topic);
      const arn = textOf(values, 'arn');
      const owner = { account: deployment.account, region: region ?? deployment.region };
      if (arn !== undefined) arns.set(arn, arnOf('sns', { ...owner, name: name.value }));
    }
  }

  /** Sets the attributes of the topics, and adds their subscriptions. */
  complete(): void {
    for (const [resource, topic] of this.#topics) this.#setAttributes(resource, topic);
    for (const [type, attribute] of Object.entries(ATTACHED)) {
      for (const resource of this.#ofType(type)) {
        const topic = this.#topicOf(resource, 'arn');
        const value = this.#value(resource, 'policy');
        if (topic && value) topic.attributes.set(attribute, { value: attributeText(value), at: value.at });
      }
    }
    for (const resource of this.#ofType(SUBSCRIPTION)) this.#subscribe(resource);
  }

  #ofType(type: string): Resource[] {
    return this.#parts.resources.filter((resource) => resource.type === type);
  }

  #setAttributes(resource: Resource, topic: DeclaredTopic): void {
    const isFifo = isTrue(resource.values, 'fifo_topic');
    if (isFifo) topic.attributes.set('FifoTopic', { value: 'true', at: resource.at });
    for (const [argument, attribute] of Object.entries(TOPIC_ATTRIBUTES)) {
      const value = this.#value(resource, argument);
      if (!value) continue;
      const text = attributeText(value);
      // A state contains defaults: the policy that SNS makes up, and 0 for the version of signatures.
      const isDefault = text.includes('"__default_policy_ID"') || (attribute === 'SignatureVersion' && text === '0');
      if (!isDefault) topic.attributes.set(attribute, { value: text, at: value.at });
    }
  }

  /** The value of an argument, with the ARNs of Squab. Warns if it is known only after `terraform apply`. */
  #value(resource: Resource, argument: string): Tree | undefined {
    const { findings, unknown, references, arns } = this.#parts;
    const { address, at, values } = resource;
    const value = partOf(values, argument);
    if (value && (value.kind !== 'scalar' || value.text !== '')) {
      return scalar(value.at, withArns(attributeText(value), arns));
    }
    if (isTrue(unknown.get(address), argument) && references.isSet(resource, argument)) {
      findings.warn(at, `${argument} of ${address} is ignored: it is known only after terraform apply.`);
    }
    return undefined;
  }

  /** The topic whose ARN an argument has. Warns if the file does not contain it. */
  #topicOf(resource: Resource, argument: string): DeclaredTopic | undefined {
    const arn = textOf(resource.values, argument);
    const topic =
      arn === undefined
        ? this.#parts.references.targetsOf(resource, argument).flatMap((found) => this.#topics.get(found) ?? [])[0]
        : [...this.#topics].find(([{ values }]) => textOf(values, 'arn') === arn)?.[1];
    if (!topic) {
      const text = `${resource.address} is ignored: this state or plan does not contain its topic.`;
      this.#parts.findings.warn(resource.at, text);
    }
    return topic;
  }

  #subscribe(resource: Resource): void {
    const { at, values, address } = resource;
    const topic = this.#topicOf(resource, 'topic_arn');
    const protocol = textOf(values, 'protocol');
    if (!topic || protocol === undefined) return;
    const owner = { ...this.#parts.deployment, region: topic.region ?? this.#parts.deployment.region };
    const endpoint = this.#endpoint(resource, protocol, owner);
    if (!endpoint) {
      this.#parts.findings.warn(at, `${address} is ignored: its endpoint is known only after terraform apply.`);
      return;
    }
    const subscription: DeclaredSubscription = { at, protocol, ...endpoint, attributes: new Map(), optional: true };
    for (const [argument, attribute] of Object.entries(SUBSCRIPTION_ATTRIBUTES)) {
      if (argument === 'redrive_policy' && textOf(values, argument) === undefined) {
        const [name] = this.#queuesIn(resource, argument);
        if (name !== undefined) {
          subscription.deadLetterQueue = { value: name, at };
          continue;
        }
      }
      const value = this.#value(resource, argument);
      // A state contains the default, which other protocols do not accept.
      if (!value || (attribute === 'RawMessageDelivery' && attributeText(value) === 'false')) continue;
      setSubscriptionAttribute(subscription, attribute, value, owner);
    }
    topic.subscriptions.push(subscription);
  }

  #endpoint(
    resource: Resource,
    protocol: string,
    owner: Deployment,
  ): Pick<DeclaredSubscription, 'endpoint' | 'isName'> | undefined {
    const { at, values } = resource;
    const text = textOf(values, 'endpoint');
    if (text === undefined) {
      const [name] = protocol === 'sqs' ? this.#queuesIn(resource, 'endpoint') : this.#functionsIn(resource);
      return name === undefined ? undefined : { endpoint: { value: name, at }, isName: true };
    }
    if (protocol === 'sqs') return queueEndpoint({ value: withArns(text, this.#parts.arns), at }, owner);
    // Functions are in no account of Squab's: their names are all that matters.
    const name = protocol === 'lambda' ? /^arn:[^:]+:lambda:[^:]+:\d+:function:(.+)$/.exec(text)?.[1] : undefined;
    return { endpoint: { value: name ?? text, at }, isName: name !== undefined };
  }

  #queuesIn(resource: Resource, argument: string): string[] {
    const { references, queueName } = this.#parts;
    return references.targetsOf(resource, argument).flatMap((found) => queueName(found) ?? []);
  }

  #functionsIn(resource: Resource): string[] {
    const found = this.#parts.references.targetsOf(resource, 'endpoint');
    return found.flatMap(({ values }) => textOf(values, 'function_name') ?? []);
  }
}
