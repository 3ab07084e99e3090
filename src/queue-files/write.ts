/** Writes queues as a file that can recreate them. */

import { Document, visit } from 'yaml';
import { printable } from '../printable.ts';
import { parseArn } from '../queues/arn.ts';
import { settableAttributes, settingOf } from '../queues/attributes.ts';
import { parseJsonObject } from '../queues/json-object.ts';
import type { MessageContent, QueueKey } from '../storage/store.ts';
import type { FileDefinition, MessageDefinition, QueueDefinition } from './definition.ts';
import { type Configuration, triggerOf } from './written-triggers.ts';
import { identity, ownerOf, writtenValue } from './written-values.ts';

/** The state of a queue, from a running Squab or a data folder. */
export interface QueueState extends QueueKey {
  fifo: boolean;
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
  messages: readonly WrittenMessage[];
  /** The configurations of its event source mappings. */
  mappings?: readonly Configuration[];
}

interface WrittenMessage
  extends Pick<MessageContent, 'body' | 'attributes' | 'traceHeader' | 'groupId' | 'deduplicationId'> {
  /** The ARN of the queue that dead-lettered it. */
  deadLetterSource?: string | undefined;
}

/** In characters. */
const ID_MAX = 128;

/** Returns the queues in the form of a file. Calls `warn` for what that form cannot express. */
export function definitionsOf(queues: readonly QueueState[], warn: (text: string) => void): QueueDefinition[] {
  const names = new Set(queues.map(identity));
  return queues.map((queue) => definitionOf(queue, names, warn));
}

/** Returns the text of a file, in which control characters and invisible characters are escaped. */
export function queueFileText({ queues, topics = [] }: FileDefinition, form: 'yaml' | 'json'): string {
  const contents = { queues, ...(topics.length > 0 && { topics }) };
  if (form === 'json') return printable(`${JSON.stringify(contents, null, 2)}\n`);
  const document = new Document(contents, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && needsQuotes(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return printable(
    `# Queues for Squab: squab --config FILE\n${document.toString({ lineWidth: 0, doubleQuotedAsJSON: true })}`,
  );
}

/**
 * YAML has escapes only in double quotes. Without quotes, the key `<<` merges other maps into its own, and `yaml` writes a
 * text of only white space as a block, from which spaces get lost.
 */
function needsQuotes(text: string): boolean {
  return text === '<<' || text.trim() === '' || printable(text) !== text;
}

function definitionOf(queue: QueueState, names: ReadonlySet<string>, warn: (text: string) => void): QueueDefinition {
  const { account, region, name, fifo, tags, messages, mappings = [] } = queue;
  const redrive = redriveOf(queue);
  const known = redrive && names.has(identity({ account, region, name: redrive.deadLetterQueue }));
  if (redrive && !known) {
    const target = redrive.deadLetterQueue;
    warn(`The queue ${name} is written without its redrive policy: the dead-letter queue ${target} does not exist.`);
  }
  const attributes = settableAttributes.flatMap((attribute) => {
    const value = queue.attributes.get(attribute);
    // FifoQueue follows from the name, and defaults need not be written.
    if (value === undefined || attribute === 'FifoQueue') return [];
    if (value === settingOf({ attributes: new Map(), fifo }, attribute)) return [];
    return attribute === 'RedrivePolicy' && redrive ? [] : [[attribute, writtenValue(value)] as const];
  });
  return {
    name,
    ...ownerOf(queue),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(known && { redrive }),
    ...(tags.size > 0 && { tags: Object.fromEntries(tags) }),
    ...(mappings.length > 0 && { functions: mappings.map((mapping) => triggerOf(mapping, queue)) }),
    ...(messages.length > 0 && { messages: writtenMessages(queue) }),
  };
}

/** Returns undefined if there is no redrive policy, or its dead-letter queue has another account or region. */
function redriveOf({ account, region, attributes }: QueueState): QueueDefinition['redrive'] {
  const policy = parseJsonObject(attributes.get('RedrivePolicy') ?? '');
  const arn = parseArn(String(policy?.deadLetterTargetArn ?? ''));
  if (!arn || arn.account !== account || arn.region !== region) return undefined;
  return { deadLetterQueue: arn.name, maxReceiveCount: Number(policy!.maxReceiveCount) };
}

function writtenMessages({ account, region, fifo, attributes, messages }: QueueState): MessageDefinition[] {
  const ids = new DistinctIds();
  const isByGroup = attributes.get('DeduplicationScope') === 'messageGroup';
  return messages.map((message) => {
    const { body, traceHeader, groupId, deduplicationId, deadLetterSource } = message;
    const written = [...(message.attributes ?? [])].map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      binaryValue === undefined
        ? { DataType: dataType, StringValue: stringValue! }
        : { DataType: dataType, BinaryValue: binaryValue },
    ]);
    const id =
      deduplicationId === undefined ? undefined : ids.distinct(isByGroup ? (groupId ?? '') : '', deduplicationId);
    return {
      body,
      ...(written.length > 0 && { attributes: Object.fromEntries(written) }),
      ...(groupId !== undefined && { groupId }),
      ...(fifo && id !== undefined && { deduplicationId: id }),
      ...(traceHeader && { traceHeader }),
      ...(deadLetterSource !== undefined && { deadLetterSource: sourceName(deadLetterSource, { account, region }) }),
    };
  });
}

/** Returns the name of a queue in the same account and region, or the ARN of another one. */
function sourceName(text: string, { account, region }: Pick<QueueKey, 'account' | 'region'>): string {
  const arn = parseArn(text);
  return arn?.account === account && arn.region === region ? arn.name : text;
}

/**
 * Makes the deduplication IDs of messages distinct. Messages that were sent hours apart may share one. If they were
 * sent again within minutes, all except the first would count as duplicates.
 */
class DistinctIds {
  readonly #given = new Set<string>();
  /** The last number that was added to IDs with the same beginning, so that many such IDs take no extra time. */
  readonly #numbers = new Map<string, number>();

  /** `scope` is the message group, or empty if an ID must be distinct in the whole queue. */
  distinct(scope: string, id: string): string {
    const start = id.slice(0, ID_MAX - 8);
    let own = id;
    while (this.#given.has(keyOf(scope, own))) {
      const number = (this.#numbers.get(keyOf(scope, start)) ?? 1) + 1;
      this.#numbers.set(keyOf(scope, start), number);
      own = `${start}#${number}`;
    }
    this.#given.add(keyOf(scope, own));
    return own;
  }
}

function keyOf(scope: string, id: string): string {
  return JSON.stringify([scope, id]);
}
