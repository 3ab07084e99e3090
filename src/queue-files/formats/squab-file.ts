/** Reads Squab's own format: queues with their attributes, as SQS names them, dead-letter queue, tags and messages. */

import { isBase64 } from '../../api/wires/shape.ts';
import { settableAttributes } from '../../queues/attributes.ts';
import type { AttributeInput } from '../../queues/message-attributes.ts';
import type { FunctionTarget } from '../../settings/functions.ts';
import { suggestion } from '../../suggest.ts';
import type { DeclaredMessage, DeclaredQueue, DeclaredRedrive } from '../declared.ts';
import { type Entry, type Findings, type Located, type Mapping, partOf, plain, type Tree } from '../syntax/tree.ts';
import { type Fields, targetsIn, triggersIn } from './squab-functions.ts';

const FILE_KEYS = ['account', 'region', 'functions', 'queues'];
const QUEUE_KEYS = ['name', 'account', 'region', 'attributes', 'tags', 'redrive', 'functions', 'messages'];
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

interface Owner {
  account: string | undefined;
  region: string | undefined;
}

export interface SquabFileContents {
  queues: DeclaredQueue[];
  functions: ReadonlyMap<string, FunctionTarget>;
}

/** Returns the queues and the functions that a file declares. Reports problems to `findings`. */
export function readSquabFile(tree: Tree, findings: Findings): SquabFileContents {
  const reader = new SquabFile(findings);
  const fields = reader.fields(tree, 'A queue file', FILE_KEYS);
  if (!fields) return { queues: [], functions: new Map() };
  const given = fields.get('functions')?.value;
  const functions = given ? targetsIn(given, reader.fields, findings) : new Map<string, FunctionTarget>();
  const queues = fields.get('queues');
  if (!queues) {
    findings.problem(tree.at, 'queues is missing: it should list the queues.');
    return { queues: [], functions };
  }
  return { queues: reader.queues(queues.value, reader.owner(fields)), functions };
}

class SquabFile {
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Reads a list of queues with names, or a map of queues by name. */
  queues(tree: Tree, owner: Owner): DeclaredQueue[] {
    if (tree.kind === 'scalar') {
      if (tree.value !== null) this.#expected(tree, 'queues', 'a list of queues');
      return [];
    }
    const queues =
      tree.kind === 'list'
        ? tree.items.map((item) => this.#queue(item, undefined, owner))
        : tree.entries.map(({ key, at, value }) => this.#queue(value, { value: key, at }, owner));
    return queues.filter((queue) => queue !== undefined);
  }

  owner(fields: ReadonlyMap<string, Entry>, outer: Owner = { account: undefined, region: undefined }): Owner {
    return {
      account: this.#matching(fields.get('account'), /^\d{12}$/, 'a 12-digit account ID') ?? outer.account,
      region: this.#matching(fields.get('region'), /^[a-z0-9-]+$/, 'a region such as us-east-1') ?? outer.region,
    };
  }

  /** Returns the entries of a map by key, or undefined if the tree is not a map. Reports unknown keys. */
  readonly fields: Fields = (tree, subject, known) => {
    if (tree.kind !== 'map') {
      this.#expected(tree, subject, `a map (keys: ${known.join(', ')})`);
      return undefined;
    }
    const fields = new Map<string, Entry>();
    for (const entry of tree.entries) {
      if (known.includes(entry.key)) fields.set(entry.key, entry);
      // As in Compose files, keys that start with x- may define anchors that several queues share.
      else if (known !== FILE_KEYS || !entry.key.startsWith('x-'))
        this.#findings.problem(
          entry.at,
          `${subject} has no key ${JSON.stringify(entry.key)}.${hintFor(entry.key, known)}`,
        );
    }
    return fields;
  };

  #queue(tree: Tree, key: Located<string> | undefined, outer: Owner): DeclaredQueue | undefined {
    // Only a name: a queue with the defaults of CreateQueue.
    if (!key && tree.kind === 'scalar' && tree.value !== null) {
      const name = { value: tree.text, at: tree.at };
      return { at: tree.at, name, ...outer, attributes: new Map(), tags: new Map(), messages: [] };
    }
    const nothing: Mapping = { kind: 'map', at: tree.at, entries: [] };
    const fields = this.fields(
      key && tree.kind === 'scalar' && tree.value === null ? nothing : tree,
      'A queue',
      QUEUE_KEYS,
    );
    if (!fields) return undefined;
    const name = this.#text(fields.get('name')) ?? key;
    if (!name) {
      this.#findings.problem(tree.at, 'A queue needs a name.');
      return undefined;
    }
    if (key && name.value !== key.value) {
      this.#findings.problem(
        name.at,
        `The queue is named ${JSON.stringify(key.value)} by its key, so its name cannot be ${JSON.stringify(name.value)}.`,
      );
    }
    const attributes = this.#attributes(fields.get('attributes'));
    const redrive = this.#redrive(fields.get('redrive'));
    if (redrive && attributes.has('RedrivePolicy')) {
      this.#findings.problem(
        redrive.at,
        'redrive and the attribute RedrivePolicy cannot be used together: remove one of them.',
      );
    }
    return {
      ...{ at: name.at, name, attributes, redrive },
      ...this.owner(fields, outer),
      tags: this.#texts(fields.get('tags'), 'tags'),
      ...(fields.has('functions') && {
        functions: triggersIn(fields.get('functions')!.value, this.fields, this.#findings),
      }),
      messages: this.#messages(fields.get('messages')),
    };
  }

  #attributes(entry: Entry | undefined): Map<string, Located<string>> {
    const attributes = new Map<string, Located<string>>();
    for (const { key, at, value } of this.#entries(entry, 'attributes')) {
      if (value.kind === 'scalar' && value.value === null) this.#findings.problem(at, `${key} has no value.`);
      else if (value.kind === 'scalar') attributes.set(key, { value: value.text, at: value.at });
      // Policies: SQS expects them as JSON strings.
      else attributes.set(key, { value: JSON.stringify(plain(value)), at });
    }
    return attributes;
  }

  #redrive(entry: Entry | undefined): DeclaredRedrive | undefined {
    const fields = entry && this.fields(entry.value, 'redrive', REDRIVE_KEYS);
    if (!fields) return undefined;
    const deadLetterQueue = this.#text(fields.get('deadLetterQueue'));
    const maxReceiveCount = this.#text(fields.get('maxReceiveCount'));
    if (deadLetterQueue && maxReceiveCount) return { at: entry.at, deadLetterQueue, maxReceiveCount };
    this.#findings.problem(entry.at, 'redrive needs both deadLetterQueue (the name of a queue) and maxReceiveCount.');
    return undefined;
  }

  #messages(entry: Entry | undefined): DeclaredMessage[] {
    if (!entry) return [];
    if (entry.value.kind !== 'list') {
      this.#expected(entry.value, 'messages', 'a list of messages');
      return [];
    }
    return entry.value.items.map((item) => this.#message(item)).filter((message) => message !== undefined);
  }

  #message(tree: Tree): DeclaredMessage | undefined {
    if (tree.kind === 'scalar' && tree.value !== null) return { at: tree.at, input: { body: tree.text } };
    const fields = this.fields(tree, 'A message', MESSAGE_KEYS);
    if (!fields) return undefined;
    const body = partOf(tree, 'body');
    const trace = this.#text(fields.get('traceHeader'))?.value;
    const input = {
      body: body && (body.kind === 'scalar' ? body.text : JSON.stringify(plain(body))),
      delaySeconds: this.#number(fields.get('delaySeconds')),
      attributes: this.#messageAttributes(fields.get('attributes')),
      groupId: this.#text(fields.get('groupId'))?.value,
      deduplicationId: this.#text(fields.get('deduplicationId'))?.value,
      ...(trace !== undefined && { systemAttributes: new Map([['AWSTraceHeader', attribute('String', trace)]]) }),
    };
    return { at: tree.at, input, deadLetterSource: this.#text(fields.get('deadLetterSource'))?.value };
  }

  #messageAttributes(entry: Entry | undefined): Map<string, AttributeInput> | undefined {
    if (!entry) return undefined;
    const attributes = new Map<string, AttributeInput>();
    for (const { key, value } of this.#entries(entry, 'attributes')) {
      if (value.kind === 'scalar') {
        attributes.set(key, attribute(typeof value.value === 'number' ? 'Number' : 'String', value.text));
        continue;
      }
      const fields = this.fields(value, 'A message attribute', ATTRIBUTE_KEYS);
      const part = (name: string) => this.#text(fields?.get(name))?.value;
      const binary = fields?.get('BinaryValue');
      if (binary && !isBase64(part('BinaryValue') ?? '')) this.#expected(binary.value, 'BinaryValue', 'base64');
      attributes.set(key, attribute(part('DataType'), part('StringValue'), part('BinaryValue')));
    }
    return attributes;
  }

  #texts(entry: Entry | undefined, subject: string): Map<string, Located<string>> {
    const entries = this.#entries(entry, subject).map((one) => [one.key, this.#text(one)] as const);
    return new Map(entries.filter((one): one is [string, Located<string>] => one[1] !== undefined));
  }

  #entries(entry: Entry | undefined, subject: string): readonly Entry[] {
    if (!entry) return [];
    if (entry.value.kind === 'map') return entry.value.entries;
    this.#expected(entry.value, subject, 'a map');
    return [];
  }

  #text(entry: Entry | undefined): Located<string> | undefined {
    if (!entry) return undefined;
    const { key, value } = entry;
    if (value.kind === 'scalar' && value.value !== null) return { value: value.text, at: value.at };
    this.#expected(value, key, 'a string');
    return undefined;
  }

  #number(entry: Entry | undefined): number | undefined {
    const text = this.#matching(entry, /^\d{1,9}$/, 'a number of seconds');
    return text === undefined ? undefined : Number(text);
  }

  #matching(entry: Entry | undefined, pattern: RegExp, expected: string): string | undefined {
    const text = this.#text(entry);
    if (!text || pattern.test(text.value)) return text?.value;
    this.#findings.problem(text.at, `${entry!.key} must be ${expected}, not ${JSON.stringify(text.value)}.`);
    return undefined;
  }

  #expected(tree: Tree, subject: string, expected: string): void {
    if (tree.kind === 'scalar' && tree.text === '') {
      this.#findings.problem(tree.at, `${subject} is empty. It must be ${expected}.`);
      return;
    }
    const found = tree.kind === 'scalar' ? JSON.stringify(tree.text) : `a ${tree.kind}`;
    this.#findings.problem(tree.at, `${subject} must be ${expected}, not ${found}.`);
  }
}

function attribute(dataType?: string, stringValue?: string, binaryValue?: string): AttributeInput {
  return { dataType, stringValue, binaryValue, hasListValue: false };
}

/** Suggests what to write instead of an unknown key. A common mistake is an SQS attribute outside `attributes`. */
function hintFor(key: string, known: readonly string[]): string {
  if (known === QUEUE_KEYS && settableAttributes.includes(key)) return ' SQS attributes belong under "attributes".';
  return suggestion(key, known) || ` The keys are: ${known.join(', ')}.`;
}
