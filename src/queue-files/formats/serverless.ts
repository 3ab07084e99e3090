/**
 * Reads the queues and topics of a serverless.yml, the CloudFormation resources below `resources`, and the functions that
 * they feed.
 * Source: Serverless Framework documentation, "AWS - Resources", "SQS Queues" and "SNS".
 */

import type { DeclaredQueue, DeclaredTopic, Deployment } from '../declared.ts';
import type { Surroundings } from '../syntax/files.ts';
import {
  countOf,
  type Entry,
  entryOf,
  type Findings,
  jsonOf,
  type Mapping,
  partOf,
  QueueFileError,
  scalar,
  type Tree,
} from '../syntax/tree.ts';
import { readTemplate, type TemplateContents } from './cloudformation.ts';
import { MAPPING } from './event-sources.ts';
import { TOPIC } from './referable.ts';
import { Variables } from './serverless-variables.ts';
import { SUBSCRIPTION } from './template-topics.ts';

/** Variables can repeat parts of the file again and again. */
const VALUES_MAX = 1_000_000;

/** Returns the queues that the file declares. Reports problems and ignored parts to `findings`. */
export function readServerless(
  file: Tree,
  given: Deployment,
  surroundings: Surroundings,
  findings: Findings,
): TemplateContents {
  const variables = new Variables({ file, deployment: given, surroundings, findings });
  const region = variables.textAt('provider.region');
  const service = variables.textAt('service') ?? variables.textAt('service.name') ?? 'service';
  const stackName = given.stackName ?? variables.textAt('provider.stackName') ?? `${service}-${variables.stage()}`;
  const deployment = { ...given, region: region ?? given.region, stackName };
  if (region !== undefined && region !== given.region) {
    findings.warn(
      partOf(partOf(file, 'provider'), 'region')?.at ?? file.at,
      `The queues exist only in the region ${region}, which this file names.`,
    );
  }
  const template = withEvents(templateIn(file, variables), file, variables, `${service}-${variables.stage()}`);
  const { queues, topics, parameters } = readTemplate(template, deployment, findings);
  return {
    queues: queues.map((queue): DeclaredQueue => ({ ...queue, region })),
    topics: topics.map((topic): DeclaredTopic => ({ ...topic, region })),
    parameters: [...parameters, ...variables.parameters],
  };
}

/** Returns the template that `resources` describes: one, or a list whose sections are merged. */
function templateIn(file: Tree, variables: Variables): Mapping {
  const resources = entryOf(file, 'resources');
  const tree = resources && variables.resolve(resources.value);
  const parts = tree?.kind === 'list' ? tree.items : tree ? [tree] : [];
  const sections = new Map<string, Entry>();
  for (const part of parts) {
    for (const section of part.kind === 'map' ? part.entries : []) {
      const before = sections.get(section.key)?.value;
      const value =
        before?.kind === 'map' && section.value.kind === 'map'
          ? { ...before, entries: [...before.entries, ...section.value.entries] }
          : section.value;
      sections.set(section.key, { ...section, value });
    }
  }
  const template: Mapping = { kind: 'map', at: resources?.at ?? file.at, entries: [...sections.values()] };
  if (countOf(template) > VALUES_MAX) throw new QueueFileError(`${template.at}: more than ${VALUES_MAX} values.`);
  return template;
}

/** The settings of an `sqs` event, and their names in CloudFormation. */
const SETTINGS: Readonly<Record<string, string>> = {
  enabled: 'Enabled',
  batchSize: 'BatchSize',
  maximumBatchingWindow: 'MaximumBatchingWindowInSeconds',
};

/** Adds what the framework makes of the `sqs` and `sns` events of functions, as resources. */
function withEvents(template: Mapping, file: Tree, variables: Variables, prefix: string): Mapping {
  const functions = entryOf(file, 'functions');
  const tree = functions && variables.resolve(functions.value);
  const made = (tree?.kind === 'map' ? tree.entries : []).flatMap(({ key, value }) => {
    const own = partOf(value, 'name');
    const name = own?.kind === 'scalar' ? own.text : `${prefix}-${key}`;
    const events = partOf(value, 'events');
    return (events?.kind === 'list' ? events.items : []).flatMap((event, index) => {
      const [source, topic] = ['sqs', 'sns'].map((type) => entryOf(event, type));
      return [
        ...(source ? [mappingOf(`${key}EventSourceMapping${index}`, source, name)] : []),
        ...(topic ? subscriptionOf(`${key}SnsSubscription${index}`, topic, name) : []),
      ];
    });
  });
  if (made.length === 0) return template;
  const resources = entryOf(template, 'Resources');
  const before = resources?.value.kind === 'map' ? resources.value.entries : [];
  const all: Mapping = { kind: 'map', at: template.at, entries: [...before, ...distinct(made)] };
  const others = template.entries.filter((entry) => entry !== resources);
  return { ...template, entries: [...others, { key: 'Resources', at: template.at, value: all }] };
}

function mappingOf(logicalId: string, { at, value: source }: Entry, functionName: string): Entry {
  const { entry, map } = makerAt(at);
  const isPlain = source.kind === 'scalar' || partOf(source, 'arn') === undefined;
  const properties = [entry('EventSourceArn', isPlain ? source : partOf(source, 'arn')!)];
  properties.push(entry('FunctionName', scalar(at, functionName)));
  for (const [name, property] of Object.entries(SETTINGS)) {
    const value = partOf(source, name);
    if (value) properties.push(entry(property, value));
  }
  const [reports, concurrency, filters] = ['functionResponseType', 'maximumConcurrency', 'filterPatterns'].map((name) =>
    partOf(source, name),
  );
  if (reports) properties.push(entry('FunctionResponseTypes', { kind: 'list', at, items: [reports] }));
  if (concurrency) properties.push(entry('ScalingConfig', map(entry('MaximumConcurrency', concurrency))));
  if (filters?.kind === 'list') {
    const patterns = filters.items.map((pattern) => map(entry('Pattern', scalar(at, jsonOf(pattern)))));
    properties.push(entry('FilterCriteria', map(entry('Filters', { kind: 'list', at, items: patterns }))));
  }
  return entry(logicalId, map(entry('Type', scalar(at, MAPPING)), entry('Properties', map(...properties))));
}

/** The properties of a topic and of a subscription that an `sns` event has, and their names in CloudFormation. */
const OF_TOPIC: Readonly<Record<string, string>> = { displayName: 'DisplayName', kmsMasterKeyId: 'KmsMasterKeyId' };
const OF_SUBSCRIPTION: Readonly<Record<string, string>> = {
  filterPolicy: 'FilterPolicy',
  filterPolicyScope: 'FilterPolicyScope',
};

/** Returns the subscription of an `sns` event, and its topic unless the event gives the ARN of one. */
function subscriptionOf(logicalId: string, { at, value: source }: Entry, functionName: string): Entry[] {
  const { entry, map } = makerAt(at);
  const isArn = source.kind === 'scalar' ? source.text.startsWith('arn:') : partOf(source, 'topicName') === undefined;
  const own = source.kind === 'scalar' ? source : (partOf(source, 'arn') ?? source);
  const topicName = source.kind === 'scalar' ? source : partOf(source, 'topicName');
  const isExisting = isArn || partOf(source, 'arn') !== undefined;
  const topicId = `SNSTopic${topicName?.kind === 'scalar' ? topicName.text.replace(/[^A-Za-z0-9]/g, '') : ''}`;
  const renamed = (names: Readonly<Record<string, string>>) =>
    Object.entries(names).flatMap(([name, property]) => {
      const value = partOf(source, name);
      return value ? [entry(property, value)] : [];
    });
  const redrive = ['Arn', 'Ref'].flatMap((suffix) => {
    const target = partOf(partOf(source, 'redrivePolicy'), `deadLetterTarget${suffix}`);
    if (!target) return [];
    const arn = suffix === 'Arn' ? target : map(entry('Fn::GetAtt', scalar(at, `${scalarText(target)}.Arn`)));
    return [entry('RedrivePolicy', map(entry('deadLetterTargetArn', arn)))];
  });
  const subscription = map(
    entry('TopicArn', isExisting ? own : map(entry('Ref', scalar(at, topicId)))),
    entry('Protocol', scalar(at, 'lambda')),
    entry('Endpoint', scalar(at, functionName)),
    ...renamed(OF_SUBSCRIPTION),
    ...redrive,
  );
  const resource = (type: string, properties: Mapping) =>
    map(entry('Type', scalar(at, type)), entry('Properties', properties));
  const made = [entry(logicalId, resource(SUBSCRIPTION, subscription))];
  if (!isExisting) {
    made.push(entry(topicId, resource(TOPIC, map(entry('TopicName', topicName ?? own), ...renamed(OF_TOPIC)))));
  }
  return made;
}

function scalarText(tree: Tree): string {
  return tree.kind === 'scalar' ? tree.text : '';
}

/** Several functions may have events of the same topic. */
function distinct(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [entry.key, entry])).values()];
}

function makerAt(at: string) {
  const entry = (key: string, value: Tree): Entry => ({ key, at, value });
  const map = (...entries: Entry[]): Mapping => ({ kind: 'map', at, entries });
  return { entry, map };
}
