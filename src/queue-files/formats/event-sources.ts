/**
 * Event source mappings of a template: resources of their own, and the SQS events of SAM's functions.
 * Source: CloudFormation template reference, "AWS::Lambda::EventSourceMapping"; SAM specification, "SQS".
 */

import { type Entry, entryOf, partOf, type Tree } from '../syntax/tree.ts';

export const MAPPING = 'AWS::Lambda::EventSourceMapping';
const SAM_FUNCTION = 'AWS::Serverless::Function';
const FUNCTIONS = [SAM_FUNCTION, 'AWS::Lambda::Function'];

/** The settings that Squab uses, with the types of their values in CreateEventSourceMapping. */
const SETTINGS = [
  ...['Enabled', 'BatchSize', 'MaximumBatchingWindowInSeconds', 'FunctionResponseTypes'],
  ...['FilterCriteria', 'ScalingConfig', 'ProvisionedPollerConfig', 'MetricsConfig'],
];

/** A queue that feeds a function, as a template says it, with references that are not resolved yet. */
export interface EventSource {
  /** The logical ID of the resource that exists under the same condition. */
  logicalId: string;
  at: string;
  queue: Tree | undefined;
  /** A text, or a reference to a function. */
  functionName: Tree | undefined;
  /** The map that has the settings. */
  settings: Tree | undefined;
}

/** Returns the mappings of a resource, of which most have none. */
export function eventSourcesOf({ key: logicalId, at, value: resource }: Entry): EventSource[] {
  const properties = partOf(resource, 'Properties');
  switch (typeIn(resource)) {
    case MAPPING: {
      const [queue, functionName] = ['EventSourceArn', 'FunctionName'].map((name) => partOf(properties, name));
      return [{ logicalId, at, queue, functionName, settings: properties }];
    }
    case SAM_FUNCTION: {
      const events = partOf(properties, 'Events');
      return (events?.kind === 'map' ? events.entries : [])
        .filter(({ value }) => typeIn(value) === 'SQS')
        .map((event) => {
          const settings = partOf(event.value, 'Properties');
          const functionName = reference(event.at, logicalId);
          return { logicalId, at: event.at, queue: partOf(settings, 'Queue'), functionName, settings };
        });
    }
    default:
      return [];
  }
}

/** Returns the logical ID of the function that a tree refers to; undefined if it is no such reference. */
export function functionReferredTo(tree: Tree, resources: Tree): string | undefined {
  const attribute = partOf(tree, 'Fn::GetAtt');
  const [first] = attribute?.kind === 'list' ? attribute.items : [attribute];
  const target = partOf(tree, 'Ref') ?? first;
  if (target?.kind !== 'scalar') return undefined;
  const logicalId = target.text.replace(/\.(Arn|Alias)$/, '');
  return FUNCTIONS.includes(typeIn(partOf(resources, logicalId))) ? logicalId : undefined;
}

/** Returns the settings in a resolved map. In templates, numbers and booleans may be strings. */
export function settingsIn(settings: Tree | undefined): Record<string, unknown> {
  const found = SETTINGS.flatMap((name) => {
    const entry = entryOf(settings, name);
    return entry ? [[name, typedValue(entry.value)] as const] : [];
  });
  return Object.fromEntries(found);
}

function typedValue(tree: Tree): unknown {
  if (tree.kind === 'list') return tree.items.map(typedValue);
  if (tree.kind === 'map') {
    return Object.fromEntries(
      tree.entries.map(({ key, value }) => [key, key === 'Pattern' ? textIn(value) : typedValue(value)]),
    );
  }
  if (/^\d{1,9}$/.test(tree.text)) return Number(tree.text);
  return /^(true|false)$/i.test(tree.text) ? tree.text.toLowerCase() === 'true' : tree.text;
}

function textIn(tree: Tree): string {
  return tree.kind === 'scalar' ? tree.text : '';
}

function reference(at: string, logicalId: string): Tree {
  return {
    kind: 'map',
    at,
    entries: [{ key: 'Ref', at, value: { kind: 'scalar', at, value: logicalId, text: logicalId } }],
  };
}

function typeIn(resource: Tree | undefined): string {
  const type = partOf(resource, 'Type');
  return type?.kind === 'scalar' ? type.text : '';
}
