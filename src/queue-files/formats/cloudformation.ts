/**
 * Reads the queues of a CloudFormation or SAM template: `AWS::SQS::Queue`, their policies, and the functions that they
 * feed; and its topics (template-topics.ts). A value that the template does not determine, such as the ARN of a key, is
 * ignored with a warning.
 * Source: CloudFormation template reference, "Amazon SQS".
 */

import { parseArn } from '../../queues/arn.ts';
import { settableAttributes } from '../../queues/attributes.ts';
import { FIFO_SUFFIX } from '../../queues/catalog.ts';
import { suggestion } from '../../suggest.ts';
import type { DeclaredQueue, DeclaredTopic, Deployment } from '../declared.ts';
import { type Entry, entryOf, type Findings, type Mapping, partOf, type Tree } from '../syntax/tree.ts';
import { type EventSource, eventSourcesOf, functionReferredTo, MAPPING, settingsIn } from './event-sources.ts';
import { Intrinsics } from './intrinsics.ts';
import { expandLoops } from './loops.ts';
import { Parameters } from './parameters.ts';
import { attributeText, policyText, redriveByName, tagsIn } from './policies.ts';
import { type Find, kindOf, QUEUE, TOPIC } from './referable.ts';
import { generatedQueues } from './sam.ts';
import { SUBSCRIPTION, TemplateTopics, TOPIC_POLICY } from './template-topics.ts';
import { Unresolved } from './unresolved.ts';

/** Types of resources that hold a queue policy, with the property that refers to the queues. */
const POLICIES: Readonly<Record<string, string>> = {
  'AWS::SQS::QueuePolicy': 'Queues',
  'AWS::SQS::QueueInlinePolicy': 'Queue',
};

export interface TemplateContents {
  queues: DeclaredQueue[];
  topics: DeclaredTopic[];
  /** The names of the template's parameters. */
  parameters: string[];
}

/** Returns the queues and topics that a template declares. Reports problems and ignored parts to `findings`. */
export function readTemplate(tree: Tree, deployment: Deployment, findings: Findings): TemplateContents {
  const parameters = new Parameters(tree, deployment);
  parameters.check(findings);
  // Loops cannot refer to resources: those that they make do not exist yet.
  const expanded = expandLoops(tree, new Intrinsics(tree, deployment, parameters, () => undefined), findings);
  const template = new Template(expanded, deployment, parameters, findings);
  return { ...template.contents(), parameters: parameters.names() };
}

const KNOWN_TYPES = [QUEUE, ...Object.keys(POLICIES), TOPIC, SUBSCRIPTION, TOPIC_POLICY];

/** Suggests a type for the first one that is a misspelt type of SQS or SNS. Types of other services are not far from those either. */
function typeHint(types: readonly string[]): string {
  const near = types.filter((type) => /sqs|queue|sns|topic/i.test(type));
  const hints = near.map((type) => suggestion(type, KNOWN_TYPES));
  return hints.find((hint) => hint !== '') ?? '';
}

class Template {
  readonly #resources: Mapping;
  readonly #deployment: Deployment;
  readonly #findings: Findings;
  readonly #intrinsics: Intrinsics;
  readonly #names = new Map<string, string>();

  constructor(tree: Tree, deployment: Deployment, parameters: Parameters, findings: Findings) {
    const resources = partOf(tree, 'Resources');
    if (resources?.kind !== 'map')
      findings.problem(tree.at, 'Resources is missing, so the template declares no queues.');
    const entries = resources?.kind === 'map' ? resources.entries : [];
    this.#resources = { kind: 'map', at: tree.at, entries: [...entries, ...generatedQueues(tree, findings)] };
    this.#deployment = deployment;
    this.#findings = findings;
    this.#intrinsics = new Intrinsics(tree, deployment, parameters, this.#find);
  }

  contents(): Pick<TemplateContents, 'queues' | 'topics'> {
    const queues = this.#ofType(QUEUE).map((resource) => this.#queue(resource));
    const byName = new Map(queues.map((queue) => [queue.name.value, queue]));
    for (const type of Object.keys(POLICIES))
      for (const policy of this.#ofType(type)) this.#policy(policy, type, byName);
    for (const resource of this.#resources.entries) {
      const sources = eventSourcesOf(resource);
      if (sources.length > 0 && this.#isWanted(resource.key, resource.value)) {
        for (const source of sources) this.#eventSource(source, byName);
      }
    }
    const others = this.#resources.entries.filter(({ value }) => ![MAPPING, ...KNOWN_TYPES].includes(typeOf(value)));
    const types = [...new Set(others.map(({ value }) => typeOf(value) || '(no type)'))];
    if (others[0]) {
      const text = `Ignored, because they are neither queues nor topics: ${types.join(', ')}.`;
      this.#findings.warn(others[0].at, `${text}${typeHint(types)}`);
    }
    const topics = new TemplateTopics({
      deployment: this.#deployment,
      findings: this.#findings,
      resources: this.#resources.entries,
      ofType: (type) => this.#ofType(type),
      isWanted: (logicalId, resource) => this.#isWanted(logicalId, resource),
      nameOf: (logicalId) => this.#nameOf(logicalId)!,
      known: (at, subject, resolve) => this.#known(at, subject, resolve),
      resolve: (tree) => this.#intrinsics.resolve(tree),
      functionName: (tree) => this.#referredFunction(tree),
    }).topics();
    return { queues, topics };
  }

  readonly #find: Find = (logicalId) => {
    const kind = kindOf(partOf(this.#resources, logicalId));
    return kind && { kind, name: this.#nameOf(logicalId)! };
  };

  #ofType(type: string): Entry[] {
    return this.#resources.entries.filter(({ key, value }) => typeOf(value) === type && this.#isWanted(key, value));
  }

  #isWanted(logicalId: string, resource: Tree): boolean {
    const condition = entryOf(resource, 'Condition');
    if (condition?.value.kind !== 'scalar') return true;
    const name = condition.value.text;
    const isTrue =
      this.#known(condition.at, `the condition of ${logicalId}`, () => this.#intrinsics.isTrue(name)) ?? true;
    if (!isTrue) this.#findings.warn(condition.at, `${logicalId} is ignored: its condition ${name} is false.`);
    return isTrue;
  }

  /**
   * The name of the queue or topic with a logical ID: QueueName or TopicName, or else the logical ID. Undefined if there
   * is neither.
   */
  #nameOf(logicalId: string): string | undefined {
    const known = this.#names.get(logicalId);
    if (known !== undefined) return known;
    const resource = partOf(this.#resources, logicalId);
    const kind = kindOf(resource);
    if (!resource || !kind) return undefined;
    const property = kind === 'queue' ? 'QueueName' : 'TopicName';
    const own = entryOf(partOf(resource, 'Properties'), property);
    const suffix = this.#isFifo(resource) ? FIFO_SUFFIX : '';
    // Set first, so that names that refer to each other can be resolved.
    this.#names.set(logicalId, `${logicalId}${suffix}`);
    const resolved = own && this.#name(own, `${property} of ${logicalId}`);
    if (resolved?.kind === 'scalar') this.#names.set(logicalId, resolved.text);
    return this.#names.get(logicalId);
  }

  /** Resolves a name. Without a parameter that it needs, no client would know the name. */
  #name({ at, value }: Entry, subject: string): Tree | undefined {
    return this.#known(at, subject, () => {
      try {
        return this.#intrinsics.resolve(value);
      } catch (error) {
        if (!(error instanceof Unresolved) || error.parameter === undefined) throw error;
        this.#findings.problem(value.at, `${subject} cannot be determined: ${error.message}.`);
        return undefined;
      }
    });
  }

  #isFifo(resource: Tree): boolean {
    const key = kindOf(resource) === 'topic' ? 'FifoTopic' : 'FifoQueue';
    const fifo = partOf(partOf(resource, 'Properties'), key);
    const resolved = fifo && this.#known(fifo.at, key, () => this.#intrinsics.resolve(fifo));
    return resolved?.kind === 'scalar' && resolved.text.toLowerCase() === 'true';
  }

  #queue({ key: logicalId, at, value: resource }: Entry): DeclaredQueue {
    const properties = partOf(resource, 'Properties');
    const nameAt = partOf(properties, 'QueueName')?.at ?? at;
    const name = { value: this.#nameOf(logicalId)!, at: nameAt };
    const queue: DeclaredQueue = { at, name, attributes: new Map(), tags: new Map(), messages: [] };
    const fifo = this.#isFifo(resource);
    for (const entry of properties?.kind === 'map' ? properties.entries : []) {
      const { key } = entry;
      if (key === 'QueueName') continue;
      const subject = `${key} of ${logicalId}`;
      const resolved = this.#known(entry.at, subject, () => this.#intrinsics.resolve(entry.value));
      if (resolved) this.#property(queue, { ...entry, value: resolved }, fifo);
    }
    return queue;
  }

  #property(queue: DeclaredQueue, { key, at, value }: Entry, fifo: boolean): void {
    if (key === 'Tags') {
      queue.tags = tagsIn(value, this.#findings);
      return;
    }
    if (key === 'RedrivePolicy') {
      queue.redrive = redriveByName(at, value, this.#deployment, this.#findings);
      if (queue.redrive) return;
    }
    if (!settableAttributes.includes(key)) {
      const hint = suggestion(key, ['QueueName', 'Tags', ...settableAttributes]);
      this.#findings.warn(at, `${key} of ${queue.name.value} is ignored: queues have no such property.${hint}`);
      return;
    }
    const text = attributeText(value);
    // For standard queues, CloudFormation accepts these properties if they are false, but SQS does not.
    const isFifoSwitch = key === 'FifoQueue' || key === 'ContentBasedDeduplication';
    if (isFifoSwitch && !fifo && text.toLowerCase() === 'false') return;
    queue.attributes.set(key, { value: text, at: value.at });
  }

  #policy(
    { key: logicalId, at, value: resource }: Entry,
    type: string,
    queues: ReadonlyMap<string, DeclaredQueue>,
  ): void {
    const part = (property: string) => {
      const entry = entryOf(partOf(resource, 'Properties'), property);
      return entry && this.#known(entry.at, `the policy ${logicalId}`, () => this.#intrinsics.resolve(entry.value));
    };
    const [policy, found] = [part('PolicyDocument'), part(POLICIES[type]!)];
    if (!policy || !found) return;
    for (const url of found.kind === 'list' ? found.items : [found]) {
      const name = url.kind === 'scalar' ? url.text.slice(url.text.lastIndexOf('/') + 1) : '';
      const queue = queues.get(name);
      if (queue) queue.attributes.set('Policy', { value: policyText(policy), at: policy.at });
      else
        this.#findings.warn(
          at,
          `${logicalId} is ignored for ${JSON.stringify(name)}: this template declares no such queue.`,
        );
    }
  }

  /** Lets a function get the messages of a queue of the template. */
  #eventSource(
    { logicalId, at, queue, functionName, settings }: EventSource,
    queues: ReadonlyMap<string, DeclaredQueue>,
  ) {
    const subject = `the event source mapping of ${logicalId}`;
    const arn = queue && this.#known(at, subject, () => this.#intrinsics.textOf(queue));
    const name = functionName && this.#known(at, subject, () => this.#functionName(functionName));
    const resolved = settings && this.#known(at, subject, () => this.#settings(settings));
    if (arn === undefined || name === undefined || !resolved) return;
    // Streams and brokers are event sources, too.
    if (parseArn(arn)?.service !== 'sqs') return;
    const source = queues.get(parseArn(arn)!.name);
    if (source) source.functions = [...(source.functions ?? []), { at, functionName: name, settings: resolved }];
    else this.#findings.warn(at, `${logicalId} is ignored for ${arn}: this template declares no such queue.`);
  }

  /** Of a function without a name, the logical ID takes its place. */
  #functionName(tree: Tree): string {
    return this.#referredFunction(tree) ?? this.#intrinsics.textOf(tree);
  }

  #referredFunction(tree: Tree): string | undefined {
    const logicalId = functionReferredTo(tree, this.#resources);
    if (logicalId === undefined) return undefined;
    const own = partOf(partOf(partOf(this.#resources, logicalId), 'Properties'), 'FunctionName');
    return own ? this.#intrinsics.textOf(own) : logicalId;
  }

  #settings(settings: Tree): Record<string, unknown> {
    const entries = settings.kind === 'map' ? settings.entries : [];
    const others = entries.filter(({ key }) => !['EventSourceArn', 'FunctionName', 'Queue'].includes(key));
    return settingsIn(this.#intrinsics.resolve({ kind: 'map', at: settings.at, entries: others }));
  }

  /** Warns, and returns undefined, if the template does not determine the value. */
  #known<T>(at: string, subject: string, resolve: () => T): T | undefined {
    try {
      return resolve();
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.#findings.warn(at, `${subject} is ignored: ${error.message}.`);
      return undefined;
    }
  }
}

function typeOf(resource: Tree): string {
  const type = partOf(resource, 'Type');
  return type?.kind === 'scalar' ? type.text : '';
}
