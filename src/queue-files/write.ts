/** Writes queues as a file that makes the same ones again. */

import { stringify } from 'yaml';
import { parseArn } from '../queues/arn.ts';
import { settableAttributes, settingOf } from '../queues/attributes.ts';
import { parseJsonObject } from '../queues/json-object.ts';
import type { MessageContent, QueueKey } from '../storage/store.ts';
import type { MessageDefinition, QueueDefinition } from './definition.ts';

/** A queue as it is, in Squab or in a data folder. */
export interface QueueState extends QueueKey {
  fifo: boolean;
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
  messages: readonly Pick<MessageContent, 'body' | 'attributes' | 'traceHeader' | 'groupId' | 'deduplicationId'>[];
}

/** Where a Squab without options has its queues; of others the file says where they are. */
const USUAL = { account: '000000000000', region: 'us-east-1' };

const ID_MAX = 128;

/** The queues in the form of a file; `warn` hears what cannot be said there. */
export function definitionsOf(queues: readonly QueueState[], warn: (text: string) => void): QueueDefinition[] {
  const names = new Set(queues.map(identity));
  return queues.map((queue) => definitionOf(queue, names, warn));
}

/** The text of a file: YAML, or JSON. */
export function queueFileText(queues: readonly QueueDefinition[], form: 'yaml' | 'json'): string {
  if (form === 'json') return `${JSON.stringify({ queues }, null, 2)}\n`;
  return `# Queues for Squab: squab --config FILE\n${stringify({ queues }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function identity({ account, region, name }: QueueKey): string {
  return `${account}/${region}/${name}`;
}

function definitionOf(queue: QueueState, names: ReadonlySet<string>, warn: (text: string) => void): QueueDefinition {
  const { account, region, name, fifo, tags, messages } = queue;
  const redrive = redriveOf(queue);
  const known = redrive && names.has(identity({ account, region, name: redrive.deadLetterQueue }));
  if (redrive && !known) {
    warn(
      `The queue ${name} is written without its redrive policy: there is no queue ${redrive.deadLetterQueue} any more.`,
    );
  }
  const attributes = settableAttributes.flatMap((attribute) => {
    const value = queue.attributes.get(attribute);
    // What every queue has, and what the name says.
    if (value === undefined || attribute === 'FifoQueue') return [];
    if (value === settingOf({ attributes: new Map(), fifo }, attribute)) return [];
    return attribute === 'RedrivePolicy' && redrive ? [] : [[attribute, writtenValue(value)] as const];
  });
  return {
    name,
    ...(account !== USUAL.account && { account }),
    ...(region !== USUAL.region && { region }),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(known && { redrive }),
    ...(tags.size > 0 && { tags: Object.fromEntries(tags) }),
    ...(messages.length > 0 && { messages: writtenMessages(queue) }),
  };
}

/** Undefined where there is none, or one that names a queue elsewhere. */
function redriveOf({ account, region, attributes }: QueueState): QueueDefinition['redrive'] {
  const policy = parseJsonObject(attributes.get('RedrivePolicy') ?? '');
  const arn = parseArn(String(policy?.deadLetterTargetArn ?? ''));
  if (!arn || arn.account !== account || arn.region !== region) return undefined;
  return { deadLetterQueue: arn.name, maxReceiveCount: Number(policy!.maxReceiveCount) };
}

/** Numbers and truths as such, and policies as objects where the same text can be made of them again. */
function writtenValue(text: string): string | number | boolean | object {
  if (/^(0|[1-9]\d{0,9})$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  const object = parseJsonObject(text);
  return object && JSON.stringify(object) === text ? object : text;
}

function writtenMessages({ fifo, messages }: QueueState): MessageDefinition[] {
  const ids = new Set<string>();
  return messages.map(({ body, attributes, traceHeader, groupId, deduplicationId }) => {
    const written = [...(attributes ?? [])].map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      binaryValue === undefined
        ? { DataType: dataType, StringValue: stringValue! }
        : { DataType: dataType, BinaryValue: binaryValue },
    ]);
    return {
      body,
      ...(written.length > 0 && { attributes: Object.fromEntries(written) }),
      ...(groupId !== undefined && { groupId }),
      ...(fifo && deduplicationId !== undefined && { deduplicationId: distinct(deduplicationId, ids) }),
      ...(traceHeader !== undefined && { traceHeader }),
    };
  });
}

/** Messages that were sent hours apart may share an id; sent again at once, all but the first would be taken for repetitions. */
function distinct(id: string, seen: Set<string>): string {
  let own = id;
  for (let count = 2; seen.has(own); count++) own = `${id.slice(0, ID_MAX - 8)}#${count}`;
  seen.add(own);
  return own;
}
