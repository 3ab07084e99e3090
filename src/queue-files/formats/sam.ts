/**
 * The queues that AWS SAM creates for functions and state machines, without a resource of their own in the template.
 * Source: AWS SAM specification, "Generated CloudFormation resources" and "Globals section".
 */

import { type Entry, entryOf, type Findings, type Mapping, partOf, type Tree } from '../syntax/tree.ts';

/** The sections that SAM knows. None of them is about queues. */
const GLOBALS = [
  ...['Api', 'CapacityProvider', 'Function', 'HttpApi', 'LayerVersion', 'SimpleTable', 'StateMachine', 'WebSocketApi'],
];
const FUNCTION = 'AWS::Serverless::Function';
const STATE_MACHINE = 'AWS::Serverless::StateMachine';

/** Returns the queues that SAM generates, as resources. Reports sections of `Globals` that SAM does not have. */
export function generatedQueues(template: Tree, findings: Findings): Entry[] {
  const globals = partOf(template, 'Globals');
  for (const { key, at } of globals?.kind === 'map' ? globals.entries : []) {
    if (!GLOBALS.includes(key))
      findings.warn(at, `Globals of ${key} are ignored: SAM does not support them for queues.`);
  }
  const resources = partOf(template, 'Resources');
  return resources?.kind === 'map' ? resources.entries.flatMap((resource) => queuesOf(resource, globals)) : [];
}

function queuesOf({ key: logicalId, at, value: resource }: Entry, globals: Tree | undefined): Entry[] {
  const type = partOf(resource, 'Type');
  const kind = type?.kind === 'scalar' ? type.text : '';
  if (kind !== FUNCTION && kind !== STATE_MACHINE) return [];
  const properties = partOf(resource, 'Properties');
  const names = eventQueues(logicalId, partOf(properties, 'Events'));
  if (kind === FUNCTION) {
    const own = entryOf(properties, 'EventInvokeConfig');
    const config = overridden(partOf(partOf(globals, 'Function'), 'EventInvokeConfig'), own?.value);
    const destinations = partOf(config, 'DestinationConfig');
    for (const outcome of ['OnSuccess', 'OnFailure']) {
      const destination = partOf(destinations, outcome);
      if (isSqs(destination) && !partOf(destination, 'Destination')) {
        names.push(`${logicalId}EventInvokeConfig${outcome}Queue`);
      }
    }
  }
  return names.map((key) => ({ key, at, value: queueResource(at, entryOf(resource, 'Condition')) }));
}

/** The queues between a topic and a function, and the dead-letter queues of rules and schedules. */
function eventQueues(logicalId: string, events: Tree | undefined): string[] {
  const names: string[] = [];
  for (const { key, value } of events?.kind === 'map' ? events.entries : []) {
    const properties = partOf(value, 'Properties');
    const subscription = partOf(properties, 'SqsSubscription');
    const deadLetters = partOf(properties, 'DeadLetterConfig');
    const own = partOf(deadLetters, 'QueueLogicalId');
    if (subscription?.kind === 'scalar' && subscription.value === true) names.push(`${logicalId}${key}Queue`);
    if (isSqs(deadLetters) && !partOf(deadLetters, 'Arn')) {
      names.push(own?.kind === 'scalar' ? own.text : `${logicalId}${key}Queue`);
    }
  }
  return names;
}

function isSqs(target: Tree | undefined): boolean {
  const type = partOf(target, 'Type');
  return type?.kind === 'scalar' && type.text === 'SQS';
}

/** Returns the global value as a resource overrides it: maps are merged, other values replaced. */
function overridden(global: Tree | undefined, own: Tree | undefined): Tree | undefined {
  if (global?.kind !== 'map' || own?.kind !== 'map') return own ?? global;
  const entries = new Map(global.entries.map((entry) => [entry.key, entry]));
  for (const entry of own.entries) {
    entries.set(entry.key, { ...entry, value: overridden(entries.get(entry.key)?.value, entry.value)! });
  }
  return { ...own, entries: [...entries.values()] };
}

/**
 * A queue with the defaults of CloudFormation. It exists under the same condition as the resource that it belongs to.
 */
function queueResource(at: string, condition: Entry | undefined): Mapping {
  const type: Entry = {
    key: 'Type',
    at,
    value: { kind: 'scalar', at, value: 'AWS::SQS::Queue', text: 'AWS::SQS::Queue' },
  };
  return { kind: 'map', at, entries: condition ? [type, condition] : [type] };
}
