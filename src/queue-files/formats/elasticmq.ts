/**
 * Reads the queues of an ElasticMQ configuration (`elasticmq.conf`). Settings that have no equivalent lead to warnings.
 * Source: https://github.com/softwaremill/elasticmq, "Automatically creating queues on startup".
 */

import { FIFO_SUFFIX } from '../../queues/catalog.ts';
import type { DeclaredQueue, DeclaredRedrive, Deployment } from '../declared.ts';
import { type Entry, type Findings, type Located, type Mapping, partOf, type Tree } from '../syntax/tree.ts';

/** Settings of a queue that are durations, with the names of their SQS attributes. */
const DURATIONS: Readonly<Record<string, string>> = {
  defaultVisibilityTimeout: 'VisibilityTimeout',
  delay: 'DelaySeconds',
  receiveMessageWait: 'ReceiveMessageWaitTimeSeconds',
};

/** What to use in Squab instead of a top-level setting. */
const INSTEAD: Readonly<Record<string, string>> = {
  'rest-sqs': '--host and --port set the address that Squab listens on.',
  'node-address': '--base-url sets the base of queue URLs; by default, it is the host that the client used.',
  'generate-node-address': '--base-url sets the base of queue URLs; by default, it is the host that the client used.',
  'queues-storage': '--data sets the folder for queues and messages.',
  'messages-storage': '--data sets the folder for queues and messages.',
};

/** Returns the queues that a configuration declares. Reports problems and ignored settings to `findings`. */
export function readElasticMq(root: Mapping, { region }: Deployment, findings: Findings): DeclaredQueue[] {
  return new Configuration(root, findings).queues(region);
}

class Configuration {
  readonly #root: Mapping;
  readonly #findings: Findings;

  constructor(root: Mapping, findings: Findings) {
    this.#root = root;
    this.#findings = findings;
  }

  queues(defaultRegion: string): DeclaredQueue[] {
    const region = partOf(partOf(this.#root, 'aws'), 'region');
    if (region?.kind === 'scalar' && region.text !== defaultRegion) {
      this.#findings.warn(
        region.at,
        `The queues exist only in the region ${region.text}; ElasticMQ shows its queues in every region.`,
      );
    }
    for (const { key, at } of this.#root.entries) {
      if (key === 'queues' || key === 'aws') continue;
      this.#findings.warn(
        at,
        `${key} is ignored: ${Object.hasOwn(INSTEAD, key) ? INSTEAD[key] : 'Squab has no equivalent.'}`,
      );
    }
    const queues = partOf(this.#root, 'queues');
    if (!queues) this.#findings.problem(this.#root.at, 'queues is missing: it should contain the queues by name.');
    return this.#entries(queues, 'queues').map((entry) => this.#queue(entry));
  }

  #queue({ key, at, value }: Entry): DeclaredQueue {
    const fifo = this.#isTrue(value, 'fifo');
    const aws = partOf(this.#root, 'aws');
    const queue: DeclaredQueue = {
      at,
      name: { value: queueName(key, fifo), at },
      account: this.#textOf(aws, 'accountId'),
      region: this.#textOf(aws, 'region'),
      attributes: new Map(),
      tags: new Map(),
      messages: [],
    };
    for (const entry of this.#entries(value, key)) this.#setting(queue, entry, fifo);
    return queue;
  }

  #setting(queue: DeclaredQueue, entry: Entry, fifo: boolean): void {
    const { key, at, value } = entry;
    const attribute = Object.hasOwn(DURATIONS, key) ? DURATIONS[key]! : undefined;
    if (attribute) this.#seconds(queue, attribute, entry);
    else if (key === 'contentBasedDeduplication') {
      // ElasticMQ also accepts it for a standard queue if it is false.
      const set = this.#isTrue({ kind: 'map', at, entries: [entry] }, key);
      if (fifo) queue.attributes.set('ContentBasedDeduplication', { value: String(set), at: value.at });
      else if (set) this.#findings.warn(at, `${key} is ignored: the queue is not a FIFO queue.`);
    } else if (key === 'deadLettersQueue') queue.redrive = this.#redrive(entry, fifo);
    else if (key === 'tags') {
      for (const tag of this.#entries(value, key)) {
        if (tag.value.kind === 'scalar') queue.tags.set(tag.key, { value: tag.value.text, at: tag.value.at });
        else this.#findings.problem(tag.at, `The tag ${JSON.stringify(tag.key)} must be a string.`);
      }
    } else if (key !== 'fifo') {
      this.#findings.warn(at, `${key} of the queue ${queue.name.value} is ignored: SQS has no equivalent.`);
    }
  }

  #redrive({ at, value }: Entry, fifo: boolean): DeclaredRedrive | undefined {
    const part = (key: string): Located<string> | undefined => {
      const found = partOf(value, key);
      return found?.kind === 'scalar' ? { value: found.text, at: found.at } : undefined;
    };
    const [name, maxReceiveCount] = [part('name'), part('maxReceiveCount')];
    if (name && maxReceiveCount) {
      return { at, deadLetterQueue: { ...name, value: queueName(name.value, fifo) }, maxReceiveCount };
    }
    this.#findings.problem(at, 'deadLettersQueue needs both name (of a queue) and maxReceiveCount.');
    return undefined;
  }

  /** Sets an attribute in seconds, rounded up: SQS has whole seconds only. */
  #seconds(queue: DeclaredQueue, attribute: string, { key, value }: Entry): void {
    const ms = value.kind === 'scalar' ? millisOf(value.text) : undefined;
    if (ms === undefined) {
      const shown = value.kind === 'scalar' ? JSON.stringify(value.text) : `a ${value.kind}`;
      this.#findings.problem(value.at, `${key} must be a duration such as 10 seconds, not ${shown}.`);
      return;
    }
    const seconds = Math.ceil(ms / 1000);
    if (seconds * 1000 !== ms)
      this.#findings.warn(value.at, `${key} is rounded up to ${seconds} seconds: SQS has whole seconds only.`);
    queue.attributes.set(attribute, { value: String(seconds), at: value.at });
  }

  #isTrue(tree: Tree, key: string): boolean {
    const value = partOf(tree, key);
    if (!value) return false;
    const text = value.kind === 'scalar' ? value.text : value.kind;
    // HOCON's booleans.
    if (/^(true|yes|on)$/.test(text)) return true;
    if (!/^(false|no|off)$/.test(text)) {
      this.#findings.problem(value.at, `${key} must be true or false, not ${JSON.stringify(text)}.`);
    }
    return false;
  }

  #textOf(tree: Tree | undefined, key: string): string | undefined {
    const value = partOf(tree, key);
    return value?.kind === 'scalar' && value.text !== '' ? value.text : undefined;
  }

  #entries(tree: Tree | undefined, name: string): readonly Entry[] {
    if (!tree || tree.kind === 'map') return tree?.entries ?? [];
    this.#findings.problem(tree.at, `${name} must be an object: { … }.`);
    return [];
  }
}

/** Adds the suffix .fifo to the name of a FIFO queue that lacks it, as ElasticMQ does. */
function queueName(name: string, fifo: boolean): string {
  return fifo && !name.endsWith(FIFO_SUFFIX) ? `${name}${FIFO_SUFFIX}` : name;
}

const MILLISECONDS: readonly [unit: RegExp, ms: number][] = [
  [/^(|ms|millis?|milliseconds?)$/, 1],
  [/^(s|seconds?)$/, 1000],
  [/^(m|minutes?)$/, 60_000],
  [/^(h|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
];

/** Parses a HOCON duration into milliseconds. A number without a unit is in milliseconds. */
function millisOf(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim()) ?? [];
  const ms = MILLISECONDS.find(([name]) => unit !== undefined && name.test(unit))?.[1];
  return ms === undefined ? undefined : Number(number) * ms;
}
