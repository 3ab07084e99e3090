/** Reads parts of files in Squab's own format: maps with known keys, texts, numbers. Reports what is not as expected. */

import { settableAttributes } from '../../queues/attributes.ts';
import { suggestion } from '../../suggest.ts';
import { subscriptionAttributes } from '../../topics/subscription-attributes.ts';
import { topicAttributes } from '../../topics/topic-attributes.ts';
import { type Entry, type Findings, jsonOf, type Located, type Tree } from '../syntax/tree.ts';

export const FILE_KEYS = ['account', 'region', 'functions', 'queues', 'topics'];
export const QUEUE_KEYS = ['name', 'account', 'region', 'attributes', 'tags', 'redrive', 'functions', 'messages'];

export const TOPIC_KEYS = ['name', 'account', 'region', 'attributes', 'tags', 'subscriptions'];
export const SUBSCRIPTION_KEYS = [
  ...['queue', 'function', 'url', 'protocol', 'endpoint'],
  ...['filter', 'filterScope', 'raw', 'deadLetterQueue', 'attributes'],
];

/** Returns the entries of a map by key; undefined if the tree is not a map. Reports unknown keys. */
export type Fields = (tree: Tree, subject: string, known: readonly string[]) => Map<string, Entry> | undefined;

export interface Owner {
  account: string | undefined;
  region: string | undefined;
}

/** A queue or a topic, and its keys. */
export interface Named {
  name: Located<string>;
  fields: ReadonlyMap<string, Entry>;
}

export class SquabReader {
  readonly findings: Findings;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  owner(fields: ReadonlyMap<string, Entry>, outer: Owner = { account: undefined, region: undefined }): Owner {
    return {
      account: this.matching(fields.get('account'), /^\d{12}$/, 'a 12-digit account ID') ?? outer.account,
      region: this.matching(fields.get('region'), /^[A-Za-z0-9._-]+$/, 'a region such as us-east-1') ?? outer.region,
    };
  }

  /** Returns the entries of a map by key, or undefined if the tree is not a map. Reports unknown keys. */
  readonly fields: Fields = (tree, subject, known) => {
    if (tree.kind !== 'map') {
      this.expected(tree, subject, `a map (keys: ${known.join(', ')})`);
      return undefined;
    }
    const fields = new Map<string, Entry>();
    for (const entry of tree.entries) {
      if (known.includes(entry.key)) fields.set(entry.key, entry);
      // As in Compose files, keys that start with x- may define anchors that several queues share.
      else if (known !== FILE_KEYS || !entry.key.startsWith('x-'))
        this.findings.problem(
          entry.at,
          `${subject} has no key ${JSON.stringify(entry.key)}.${hintFor(entry.key, known)}`,
        );
    }
    return fields;
  };

  /** Reads a list of queues or topics with names, or a map of them by name. */
  named(tree: Tree, noun: 'queue' | 'topic', keys: readonly string[]): Named[] {
    if (tree.kind === 'scalar') {
      if (tree.value !== null) this.expected(tree, `${noun}s`, `a list of ${noun}s`);
      return [];
    }
    const named =
      tree.kind === 'list'
        ? tree.items.map((item) => this.#named(item, undefined, noun, keys))
        : tree.entries.map(({ key, at, value }) => this.#named(value, { value: key, at }, noun, keys));
    return named.filter((one) => one !== undefined);
  }

  #named(tree: Tree, key: Located<string> | undefined, noun: string, keys: readonly string[]): Named | undefined {
    // Only a name: the service has defaults for everything else.
    if (!key && tree.kind === 'scalar' && tree.value !== null) {
      return { name: { value: tree.text, at: tree.at }, fields: new Map() };
    }
    const isEmpty = key && tree.kind === 'scalar' && tree.value === null;
    const fields = this.fields(isEmpty ? { kind: 'map', at: tree.at, entries: [] } : tree, `A ${noun}`, keys);
    if (!fields) return undefined;
    const name = this.text(fields.get('name')) ?? key;
    if (!name) {
      this.findings.problem(tree.at, `A ${noun} needs a name.`);
      return undefined;
    }
    if (key && name.value !== key.value) {
      const [given, own] = [key, name].map(({ value }) => JSON.stringify(value));
      this.findings.problem(name.at, `The ${noun} is named ${given} by its key, so its name cannot be ${own}.`);
    }
    return { name, fields };
  }

  attributes(entry: Entry | undefined): Map<string, Located<string>> {
    const attributes = new Map<string, Located<string>>();
    for (const { key, at, value } of this.entries(entry, 'attributes')) {
      if (value.kind === 'scalar' && value.value === null) this.findings.problem(at, `${key} has no value.`);
      else if (value.kind === 'scalar') attributes.set(key, { value: value.text, at: value.at });
      // Policies: the services expect them as JSON strings.
      else attributes.set(key, { value: jsonOf(value), at });
    }
    return attributes;
  }

  texts(entry: Entry | undefined, subject: string): Map<string, Located<string>> {
    const entries = this.entries(entry, subject).map((one) => [one.key, this.text(one)] as const);
    return new Map(entries.filter((one): one is [string, Located<string>] => one[1] !== undefined));
  }

  entries(entry: Entry | undefined, subject: string): readonly Entry[] {
    if (!entry) return [];
    if (entry.value.kind === 'map') return entry.value.entries;
    this.expected(entry.value, subject, 'a map');
    return [];
  }

  text(entry: Entry | undefined): Located<string> | undefined {
    if (!entry) return undefined;
    const { key, value } = entry;
    if (value.kind === 'scalar' && value.value !== null) return { value: value.text, at: value.at };
    this.expected(value, key, 'a string');
    return undefined;
  }

  number(entry: Entry | undefined): number | undefined {
    const text = this.matching(entry, /^\d{1,9}$/, 'a number of seconds');
    return text === undefined ? undefined : Number(text);
  }

  matching(entry: Entry | undefined, pattern: RegExp, expected: string): string | undefined {
    const text = this.text(entry);
    if (!text || pattern.test(text.value)) return text?.value;
    this.findings.problem(text.at, `${entry!.key} must be ${expected}, not ${JSON.stringify(text.value)}.`);
    return undefined;
  }

  expected(tree: Tree, subject: string, expected: string): void {
    if (tree.kind === 'scalar' && tree.text === '') {
      this.findings.problem(tree.at, `${subject} is empty. It must be ${expected}.`);
      return;
    }
    const found = tree.kind === 'scalar' ? JSON.stringify(tree.text) : `a ${tree.kind}`;
    this.findings.problem(tree.at, `${subject} must be ${expected}, not ${found}.`);
  }
}

/** The attributes of things with these keys, which users often write outside of `attributes`. */
const ATTRIBUTES: ReadonlyMap<readonly string[], readonly [string, readonly string[]]> = new Map([
  [QUEUE_KEYS, ['SQS', settableAttributes]],
  [TOPIC_KEYS, ['SNS', topicAttributes]],
  [SUBSCRIPTION_KEYS, ['SNS', subscriptionAttributes]],
]);

/** Keys of a subscription, and the attributes that they are short for. */
export const SHORT_KEYS: Readonly<Record<string, string>> = {
  raw: 'RawMessageDelivery',
  filter: 'FilterPolicy',
  filterScope: 'FilterPolicyScope',
  deadLetterQueue: 'RedrivePolicy',
};

/** Suggests what to write instead of an unknown key, such as an attribute in the spelling of another tool. */
function hintFor(key: string, known: readonly string[]): string {
  const [service, attributes] = ATTRIBUTES.get(known) ?? [];
  if (service && /^(is)?[-_]?fifo([-_]?(queue|topic))?$/i.test(key)) {
    return ` A ${known === QUEUE_KEYS ? 'queue' : 'topic'} is FIFO if its name ends with ".fifo".`;
  }
  if (attributes?.includes(key)) return ` ${service} attributes belong under "attributes".`;
  const plainKey = plainSpelling(key);
  const attribute = attributes?.find((name) => plainSpelling(name) === plainKey);
  const short =
    known === SUBSCRIPTION_KEYS ? Object.keys(SHORT_KEYS).find((one) => SHORT_KEYS[one] === attribute) : undefined;
  if (short !== undefined) return ` Did you mean "${short}"?`;
  if (attribute !== undefined) return ` Did you mean "${attribute}", under "attributes"?`;
  return suggestion(key, known) || ` The keys are: ${known.join(', ')}.`;
}

/** Returns `filterpolicy` for `FilterPolicy`, `filter_policy` and `filter-policy`. */
function plainSpelling(key: string): string {
  return key.replaceAll(/[-_]/g, '').toLowerCase();
}
