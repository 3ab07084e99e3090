/** Reads Squab's own format: queues with their attributes, as SQS names them, dead-letter queue, tags and messages. */

import { isBase64 } from '../../api/wires/shape.ts';
import type { AttributeInput } from '../../queues/message-attributes.ts';
import type { FunctionTarget } from '../../settings/functions.ts';
import type { DeclaredMessage, DeclaredQueue, DeclaredRedrive, DeclaredTopic } from '../declared.ts';
import { type Entry, type Findings, jsonOf, partOf, type Tree } from '../syntax/tree.ts';
import { targetsIn, triggersIn } from './squab-functions.ts';
import { FILE_KEYS, type Named, type Owner, QUEUE_KEYS, SquabReader } from './squab-reader.ts';
import { topicsIn } from './squab-topics.ts';

const REDRIVE_KEYS = ['deadLetterQueue', 'maxReceiveCount'];
const MESSAGE_KEYS = [
  'body',
  'attributes',
  'delaySeconds',
  'groupId',
  'deduplicationId',
  'traceHeader',
  'deadLetterSource',
];
const ATTRIBUTE_KEYS = ['DataType', 'StringValue', 'BinaryValue'];

export interface SquabFileContents {
  queues: DeclaredQueue[];
  topics: DeclaredTopic[];
  functions: ReadonlyMap<string, FunctionTarget>;
}

/** Returns everything that a file declares. Reports problems to `findings`. */
export function readSquabFile(tree: Tree, findings: Findings): SquabFileContents {
  const reader = new SquabReader(findings);
  const fields = reader.fields(tree, 'A queue file', FILE_KEYS);
  if (!fields) return { queues: [], topics: [], functions: new Map() };
  const part = (key: string) => fields.get(key)?.value;
  const [given, queues, topics] = ['functions', 'queues', 'topics'].map(part);
  if (!queues && !topics) findings.problem(tree.at, 'queues is missing: it should list the queues.');
  const owner = reader.owner(fields);
  return {
    functions: given ? targetsIn(given, reader.fields, findings) : new Map(),
    queues: queues ? new SquabQueues(reader).queues(queues, owner) : [],
    topics: topics ? topicsIn(topics, owner, reader) : [],
  };
}

class SquabQueues {
  readonly #reader: SquabReader;
  readonly #findings: Findings;

  constructor(reader: SquabReader) {
    this.#reader = reader;
    this.#findings = reader.findings;
  }

  queues(tree: Tree, owner: Owner): DeclaredQueue[] {
    return this.#reader.named(tree, 'queue', QUEUE_KEYS).map((named) => this.#queue(named, owner));
  }

  #queue({ name, fields }: Named, outer: Owner): DeclaredQueue {
    const attributes = this.#reader.attributes(fields.get('attributes'));
    const redrive = this.#redrive(fields.get('redrive'));
    if (redrive && attributes.has('RedrivePolicy')) {
      this.#findings.problem(
        redrive.at,
        'redrive and the attribute RedrivePolicy cannot be used together: remove one of them.',
      );
    }
    return {
      ...{ at: name.at, name, attributes, redrive },
      ...this.#reader.owner(fields, outer),
      tags: this.#reader.texts(fields.get('tags'), 'tags'),
      ...(fields.has('functions') && {
        functions: triggersIn(fields.get('functions')!.value, this.#reader.fields, this.#findings),
      }),
      messages: this.#messages(fields.get('messages')),
    };
  }

  #redrive(entry: Entry | undefined): DeclaredRedrive | undefined {
    const fields = entry && this.#reader.fields(entry.value, 'redrive', REDRIVE_KEYS);
    if (!fields) return undefined;
    const deadLetterQueue = this.#reader.text(fields.get('deadLetterQueue'));
    const maxReceiveCount = this.#reader.text(fields.get('maxReceiveCount'));
    if (deadLetterQueue && maxReceiveCount) return { at: entry.at, deadLetterQueue, maxReceiveCount };
    this.#findings.problem(entry.at, 'redrive needs both deadLetterQueue (the name of a queue) and maxReceiveCount.');
    return undefined;
  }

  #messages(entry: Entry | undefined): DeclaredMessage[] {
    if (!entry) return [];
    if (entry.value.kind !== 'list') {
      this.#reader.expected(entry.value, 'messages', 'a list of messages');
      return [];
    }
    return entry.value.items.map((item) => this.#message(item)).filter((message) => message !== undefined);
  }

  #message(tree: Tree): DeclaredMessage | undefined {
    if (tree.kind === 'scalar' && tree.value !== null) return { at: tree.at, input: { body: tree.text } };
    const fields = this.#reader.fields(tree, 'A message', MESSAGE_KEYS);
    if (!fields) return undefined;
    const body = partOf(tree, 'body');
    const trace = this.#reader.text(fields.get('traceHeader'))?.value;
    const input = {
      body: body && (body.kind === 'scalar' ? body.text : jsonOf(body)),
      delaySeconds: this.#reader.number(fields.get('delaySeconds')),
      attributes: this.#messageAttributes(fields.get('attributes')),
      groupId: this.#reader.text(fields.get('groupId'))?.value,
      deduplicationId: this.#reader.text(fields.get('deduplicationId'))?.value,
      ...(trace !== undefined && { systemAttributes: new Map([['AWSTraceHeader', attribute('String', trace)]]) }),
    };
    return { at: tree.at, input, deadLetterSource: this.#reader.text(fields.get('deadLetterSource'))?.value };
  }

  #messageAttributes(entry: Entry | undefined): Map<string, AttributeInput> | undefined {
    if (!entry) return undefined;
    const attributes = new Map<string, AttributeInput>();
    for (const { key, value } of this.#reader.entries(entry, 'attributes')) {
      if (value.kind === 'scalar') {
        attributes.set(key, attribute(typeof value.value === 'number' ? 'Number' : 'String', value.text));
        continue;
      }
      const fields = this.#reader.fields(value, 'A message attribute', ATTRIBUTE_KEYS);
      const part = (name: string) => this.#reader.text(fields?.get(name))?.value;
      const binary = fields?.get('BinaryValue');
      if (binary && !isBase64(part('BinaryValue') ?? '')) this.#reader.expected(binary.value, 'BinaryValue', 'base64');
      attributes.set(key, attribute(part('DataType'), part('StringValue'), part('BinaryValue')));
    }
    return attributes;
  }
}

function attribute(dataType?: string, stringValue?: string, binaryValue?: string): AttributeInput {
  return { dataType, stringValue, binaryValue };
}
