/**
 * Event source mappings of a template: resources of their own, and the SQS and SNS events of SAM's functions.
 * Source: CloudFormation template reference, "AWS::Lambda::EventSourceMapping"; SAM specification, "SQS", "SNS".
 */

import { type Entry, entryOf, partOf, scalar, type Tree } from '../syntax/tree.ts';

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
    case SAM_FUNCTION:
      return eventsIn(properties).flatMap((event) => {
        const settings = partOf(event.value, 'Properties');
        const functionName = reference(event.at, 'Ref', logicalId);
        const type = typeIn(event.value);
        if (type === 'SQS') {
          return [{ logicalId, at: event.at, queue: partOf(settings, 'Queue'), functionName, settings }];
        }
        const between = type === 'SNS' ? queueBetween(logicalId, event) : undefined;
        return between ? [{ logicalId, at: event.at, functionName, ...between }] : [];
      });
    default:
      return [];
  }
}

/** A subscription, as a template says it, with references that are not resolved yet. */
export interface Subscriber {
  /** The logical ID of the resource that exists under the same condition. */
  logicalId: string;
  at: string;
  topic: Tree | undefined;
  protocol: Tree | undefined;
  /** A text, or a reference to a function. */
  endpoint: Tree | undefined;
  /** The map that has the attributes, besides others. */
  properties: Tree | undefined;
}

/** Returns the subscriptions that SAM makes of the SNS events of a function: with `SqsSubscription`, those of queues. */
export function subscribersOf({ key: logicalId, value: resource }: Entry): Subscriber[] {
  if (typeIn(resource) !== SAM_FUNCTION) return [];
  return eventsIn(partOf(resource, 'Properties'))
    .filter(({ value }) => typeIn(value) === 'SNS')
    .map((event) => {
      const { at } = event;
      const properties = partOf(event.value, 'Properties');
      const between = queueBetween(logicalId, event);
      const protocol = scalar(at, between ? 'sqs' : 'lambda');
      const endpoint = between ? between.queue : reference(at, 'Ref', logicalId);
      return { logicalId, at, topic: partOf(properties, 'Topic'), protocol, endpoint, properties };
    });
}

/** Returns the queue between a topic and a function, and the settings of its mapping; undefined if there is none. */
function queueBetween(
  logicalId: string,
  { key, at, value }: Entry,
): Pick<EventSource, 'queue' | 'settings'> | undefined {
  const subscription = partOf(partOf(value, 'Properties'), 'SqsSubscription');
  if (!subscription || (subscription.kind === 'scalar' && subscription.value !== true)) return undefined;
  // SAM generates the queue (sam.ts).
  const generated = reference(at, 'Fn::GetAtt', `${logicalId}${key}Queue.Arn`);
  return {
    queue: partOf(subscription, 'QueueArn') ?? generated,
    settings: subscription.kind === 'map' ? subscription : { kind: 'map', at, entries: [] },
  };
}

function eventsIn(properties: Tree | undefined): readonly Entry[] {
  const events = partOf(properties, 'Events');
  return events?.kind === 'map' ? events.entries : [];
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

function reference(at: string, key: 'Ref' | 'Fn::GetAtt', target: string): Tree {
  return { kind: 'map', at, entries: [{ key, at, value: scalar(at, target) }] };
}

function typeIn(resource: Tree | undefined): string {
  const type = partOf(resource, 'Type');
  return type?.kind === 'scalar' ? type.text : '';
}
