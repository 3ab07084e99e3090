/**
 * Reads the queues of a serverless.yml, the CloudFormation resources below `resources`, and the functions that they feed.
 * Source: Serverless Framework documentation, "AWS - Resources" and "SQS Queues".
 */

import type { DeclaredQueue, Deployment } from '../declared.ts';
import type { Surroundings } from '../syntax/files.ts';
import {
  countOf,
  type Entry,
  entryOf,
  type Findings,
  type Mapping,
  partOf,
  plain,
  QueueFileError,
  scalar,
  type Tree,
} from '../syntax/tree.ts';
import { readTemplate, type TemplateContents } from './cloudformation.ts';
import { MAPPING } from './event-sources.ts';
import { Variables } from './serverless-variables.ts';

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
  const template = withMappings(templateIn(file, variables), file, variables, `${service}-${variables.stage()}`);
  const { queues, parameters } = readTemplate(template, deployment, findings);
  return {
    queues: queues.map((queue): DeclaredQueue => ({ ...queue, region })),
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

/** Adds the mappings that the framework makes of the `sqs` events of functions, as resources. */
function withMappings(template: Mapping, file: Tree, variables: Variables, prefix: string): Mapping {
  const functions = entryOf(file, 'functions');
  const tree = functions && variables.resolve(functions.value);
  const mappings = (tree?.kind === 'map' ? tree.entries : []).flatMap(({ key, value }) => {
    const own = partOf(value, 'name');
    const name = own?.kind === 'scalar' ? own.text : `${prefix}-${key}`;
    const events = partOf(value, 'events');
    return (events?.kind === 'list' ? events.items : []).flatMap((event, index) => {
      const source = entryOf(event, 'sqs');
      return source ? [mappingOf(`${key}EventSourceMapping${index}`, source, name)] : [];
    });
  });
  if (mappings.length === 0) return template;
  const resources = entryOf(template, 'Resources');
  const before = resources?.value.kind === 'map' ? resources.value.entries : [];
  const all: Mapping = { kind: 'map', at: template.at, entries: [...before, ...mappings] };
  const others = template.entries.filter((entry) => entry !== resources);
  return { ...template, entries: [...others, { key: 'Resources', at: template.at, value: all }] };
}

function mappingOf(logicalId: string, { at, value: source }: Entry, functionName: string): Entry {
  const entry = (key: string, value: Tree): Entry => ({ key, at, value });
  const map = (...entries: Entry[]): Mapping => ({ kind: 'map', at, entries });
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
    const patterns = filters.items.map((pattern) => map(entry('Pattern', scalar(at, JSON.stringify(plain(pattern))))));
    properties.push(entry('FilterCriteria', map(entry('Filters', { kind: 'list', at, items: patterns }))));
  }
  return entry(logicalId, map(entry('Type', scalar(at, MAPPING)), entry('Properties', map(...properties))));
}
