/**
 * Reads the queues and topics (terraform-topics.ts) of a Terraform (or OpenTofu) state or plan, as `terraform show -json`
 * prints it.
 * Source: AWS provider for Terraform, "aws_sqs_queue" and the resources named after it.
 */

import { queueArn } from '../../queues/arn.ts';
import type { DeclaredQueue, DeclaredTopic, Deployment } from '../declared.ts';
import { type Findings, partOf, scalar, type Tree } from '../syntax/tree.ts';
import { attributeText, redriveByName } from './policies.ts';
import { References } from './terraform-references.ts';
import {
  isTrue,
  nameOf,
  type Resource,
  regionOf,
  resourcesOf,
  tagsOf,
  textOf,
  unknownIn,
} from './terraform-resources.ts';
import { TerraformTopics, TOPIC_TYPES, withArns } from './terraform-topics.ts';

const QUEUE = 'aws_sqs_queue';

/** The arguments of a queue, and their attributes in SQS. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  visibility_timeout_seconds: 'VisibilityTimeout',
  delay_seconds: 'DelaySeconds',
  max_message_size: 'MaximumMessageSize',
  message_retention_seconds: 'MessageRetentionPeriod',
  receive_wait_time_seconds: 'ReceiveMessageWaitTimeSeconds',
  sqs_managed_sse_enabled: 'SqsManagedSseEnabled',
  kms_master_key_id: 'KmsMasterKeyId',
  kms_data_key_reuse_period_seconds: 'KmsDataKeyReusePeriodSeconds',
  content_based_deduplication: 'ContentBasedDeduplication',
  deduplication_scope: 'DeduplicationScope',
  fifo_throughput_limit: 'FifoThroughputLimit',
  policy: 'Policy',
  redrive_policy: 'RedrivePolicy',
  redrive_allow_policy: 'RedriveAllowPolicy',
};
const FIFO_ONLY = ['content_based_deduplication', 'deduplication_scope', 'fifo_throughput_limit'];

/** Resources that hold an attribute of another queue, with the argument that has its value. */
const ATTACHED: Readonly<Record<string, string>> = {
  aws_sqs_queue_policy: 'policy',
  aws_sqs_queue_redrive_policy: 'redrive_policy',
  aws_sqs_queue_redrive_allow_policy: 'redrive_allow_policy',
};

/** "maxReceiveCount … Default: 10." A plan contains a redrive policy only if it knows the ARN in it. */
const DEFAULT_RECEIVE_COUNT = 10;

/** Returns the queues and topics of a state or plan. Reports problems and ignored parts to `findings`. */
export function readTerraform(
  file: Tree,
  deployment: Deployment,
  findings: Findings,
): { queues: DeclaredQueue[]; topics: DeclaredTopic[] } {
  return new Terraform(file, deployment, findings).contents();
}

class Terraform {
  readonly #file: Tree;
  readonly #deployment: Deployment;
  readonly #findings: Findings;
  readonly #resources: readonly Resource[];
  readonly #references: References;
  readonly #unknown: ReadonlyMap<string, Tree | undefined>;
  readonly #queues = new Map<Resource, DeclaredQueue>();
  readonly #byName = new Map<string, DeclaredQueue>();
  /** The ARNs of a state's queues, with those that they get in Squab. */
  readonly #arns = new Map<string, string>();

  constructor(file: Tree, deployment: Deployment, findings: Findings) {
    this.#file = file;
    this.#deployment = deployment;
    this.#findings = findings;
    this.#resources = resourcesOf(file);
    this.#references = new References(file, this.#resources);
    this.#unknown = unknownIn(file);
  }

  contents(): { queues: DeclaredQueue[]; topics: DeclaredTopic[] } {
    for (const resource of this.#ofType(QUEUE)) this.#declare(resource);
    const topics = new TerraformTopics({
      file: this.#file,
      deployment: this.#deployment,
      findings: this.#findings,
      resources: this.#resources,
      references: this.#references,
      unknown: this.#unknown,
      arns: this.#arns,
      queueName: (resource) => this.#queues.get(resource)?.name.value,
    });
    topics.declare();
    this.#warnAboutRegions([...this.#queues.values(), ...topics.topics]);
    // Only now, because queues and topics refer to each other.
    topics.complete();
    for (const [resource, queue] of this.#queues) {
      for (const argument of Object.keys(ATTRIBUTES)) this.#set(queue, resource, argument);
    }
    for (const type of Object.keys(ATTACHED)) for (const resource of this.#ofType(type)) this.#attach(resource);
    const known = [QUEUE, ...Object.keys(ATTACHED), ...TOPIC_TYPES];
    const others = this.#resources.filter(({ type }) => !known.includes(type));
    const types = [...new Set(others.map(({ type }) => type))];
    if (others[0]) {
      this.#findings.warn(others[0].at, `Ignored, because they are neither queues nor topics: ${types.join(', ')}.`);
    }
    if (this.#queues.size + topics.topics.length === 0) {
      this.#findings.warn(this.#file.at, `There is no ${QUEUE} in this state or plan.`);
    }
    return { queues: [...this.#queues.values()], topics: topics.topics };
  }

  #ofType(type: string): Resource[] {
    return this.#resources.filter((resource) => resource.type === type);
  }

  #declare(resource: Resource): void {
    const { at, values } = resource;
    const fifo = isTrue(values, 'fifo_queue');
    const name = { value: nameOf(resource, fifo, this.#findings), at };
    const region = regionOf(resource, this.#file);
    const queue: DeclaredQueue = { at, name, region, attributes: new Map(), tags: tagsOf(values), messages: [] };
    if (fifo) queue.attributes.set('FifoQueue', { value: 'true', at });
    this.#queues.set(resource, queue);
    this.#byName.set(name.value, queue);
    const arn = textOf(values, 'arn');
    if (arn !== undefined) this.#arns.set(arn, this.#arnOf(queue));
  }

  #warnAboutRegions(declared: readonly (DeclaredQueue | DeclaredTopic)[]): void {
    const elsewhere = declared.filter(({ region = this.#deployment.region }) => region !== this.#deployment.region);
    const regions = new Set(elsewhere.map(({ region }) => region));
    if (!elsewhere[0]) return;
    this.#findings.warn(
      elsewhere[0].at,
      `Queues and topics exist only in the region that this file names: ${[...regions].join(', ')}.`,
    );
  }

  /** Sets an attribute from an argument of the queue, or of a resource that is attached to it. */
  #set(queue: DeclaredQueue, resource: Resource, argument: string): void {
    const { address, values, at } = resource;
    const value = partOf(values, argument);
    if (value?.kind === 'scalar' ? value.text !== '' : value) {
      this.#known(queue, argument, value!);
      return;
    }
    if (!isTrue(this.#unknown.get(address), argument) || !this.#references.isSet(resource, argument)) return;
    const referred = this.#queuesIn(resource, argument);
    if (argument === 'redrive_policy' && referred[0]) {
      const { name } = referred[0];
      queue.redrive = {
        at,
        deadLetterQueue: { value: name.value, at },
        maxReceiveCount: { value: String(DEFAULT_RECEIVE_COUNT), at },
        optional: true,
      };
      this.#findings.warn(
        at,
        `${address} uses ${name.value} as its dead-letter queue, but the plan does not contain maxReceiveCount: ` +
          `${DEFAULT_RECEIVE_COUNT} is assumed. The state, after terraform apply, contains the number.`,
      );
    } else if (argument === 'redrive_allow_policy' && referred.length > 0) {
      const policy = { redrivePermission: 'byQueue', sourceQueueArns: referred.map((source) => this.#arnOf(source)) };
      queue.attributes.set('RedriveAllowPolicy', { value: JSON.stringify(policy), at });
    } else {
      this.#findings.warn(at, `${argument} of ${address} is ignored: it is known only after terraform apply.`);
    }
  }

  #known(queue: DeclaredQueue, argument: string, value: Tree): void {
    const { at } = value;
    const isFifo = queue.attributes.has('FifoQueue');
    if (FIFO_ONLY.includes(argument) && !isFifo) return;
    // A state contains the defaults of both kinds of encryption.
    const hasKey = queue.attributes.has('KmsMasterKeyId');
    if (argument === 'kms_data_key_reuse_period_seconds' && !hasKey) return;
    if (argument === 'kms_master_key_id') queue.attributes.delete('SqsManagedSseEnabled');
    const text = withArns(attributeText(value), this.#arns);
    if (argument === 'redrive_policy') {
      const { account } = this.#deployment;
      const deployment = { account, region: queue.region ?? this.#deployment.region };
      queue.redrive = redriveByName(at, scalar(at, text), deployment, this.#findings);
      if (queue.redrive) return;
    }
    queue.attributes.set(ATTRIBUTES[argument]!, { value: text, at });
  }

  #attach(resource: Resource): void {
    const url = textOf(resource.values, 'queue_url');
    const [referred] = this.#queuesIn(resource, 'queue_url');
    const queue = url === undefined ? referred : this.#byName.get(url.slice(url.lastIndexOf('/') + 1));
    if (queue) this.#set(queue, resource, ATTACHED[resource.type]!);
    else
      this.#findings.warn(
        resource.at,
        `${resource.address} is ignored: this state or plan does not contain its queue.`,
      );
  }

  /** The queues that an argument refers to. */
  #queuesIn(resource: Resource, argument: string): DeclaredQueue[] {
    return this.#references.targetsOf(resource, argument).flatMap((found) => this.#queues.get(found) ?? []);
  }

  #arnOf({ name, region }: DeclaredQueue): string {
    const { account } = this.#deployment;
    return queueArn({ account, region: region ?? this.#deployment.region, name: name.value });
  }
}
