/**
 * Reads the queues of a configuration of ElasticMQ (`elasticmq.conf`). What Squab has no counterpart for is a warning.
 * Source: https://github.com/softwaremill/elasticmq, "Automatically creating queues on startup".
 */

import { FIFO_SUFFIX } from '../queues/catalog.ts';
import type { DeclaredQueue, DeclaredRedrive, Deployment } from './declared.ts';
import { type Entry, type Findings, type Located, type Mapping, partOf, type Tree } from './tree.ts';

/** Settings of a queue that are attributes, by their names in SQS. */
const SECONDS: Readonly<Record<string, string>> = {
  defaultVisibilityTimeout: 'VisibilityTimeout',
  delay: 'DelaySeconds',
  receiveMessageWait: 'ReceiveMessageWaitTimeSeconds',
};

/** What to do in Squab instead of what stands at the top of the file. */
const INSTEAD: Readonly<Record<string, string>> = {
  'rest-sqs': 'Squab listens where --host and --port say.',
  'node-address': 'queue URLs of Squab begin as --base-url says, or with the host that the client used.',
  'generate-node-address': 'queue URLs of Squab begin as --base-url says, or with the host that the client used.',
  'queues-storage': 'Squab keeps queues and messages in the folder that --data names.',
  'messages-storage': 'Squab keeps queues and messages in the folder that --data names.',
};

/** The queues that are declared; what is wrong, and what is left out, goes to `findings`. */
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

  queues(usualRegion: string): DeclaredQueue[] {
    const region = partOf(partOf(this.#root, 'aws'), 'region');
    if (region?.kind === 'scalar' && region.text !== usualRegion) {
      // ElasticMQ has every queue in every region.
      this.#findings.warn(
        region.at,
        `the queues are those of requests for the region ${region.text}, and of no others.`,
      );
    }
    for (const { key, at } of this.#root.entries) {
      if (key === 'queues' || key === 'aws') continue;
      this.#findings.warn(
        at,
        `${key} is left out: ${Object.hasOwn(INSTEAD, key) ? INSTEAD[key] : 'Squab has nothing like it.'}`,
      );
    }
    const queues = partOf(this.#root, 'queues');
    if (!queues) this.#findings.problem(this.#root.at, 'queues is missing: the queues by their names.');
    return this.#entries(queues, 'queues').map((entry) => this.#queue(entry));
  }

  #queue({ key, at, value }: Entry): DeclaredQueue {
    const fifo = this.#isTrue(value, 'fifo');
    const aws = partOf(this.#root, 'aws');
    const queue: DeclaredQueue = {
      at,
      name: { value: named(key, fifo), at },
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
    const attribute = Object.hasOwn(SECONDS, key) ? SECONDS[key]! : undefined;
    if (attribute) this.#seconds(queue, attribute, entry);
    else if (key === 'contentBasedDeduplication') {
      // In ElasticMQ it may stand, as false, with a standard queue, too.
      const set = this.#isTrue({ kind: 'map', at, entries: [entry] }, key);
      if (fifo) queue.attributes.set('ContentBasedDeduplication', { value: String(set), at: value.at });
      else if (set) this.#findings.warn(at, `${key} is left out: the queue is no FIFO queue.`);
    } else if (key === 'deadLettersQueue') queue.redrive = this.#redrive(entry, fifo);
    else if (key === 'tags') {
      for (const tag of this.#entries(value, key)) {
        if (tag.value.kind === 'scalar') queue.tags.set(tag.key, { value: tag.value.text, at: tag.value.at });
        else this.#findings.problem(tag.at, `The tag ${JSON.stringify(tag.key)} must be a text.`);
      }
    } else if (key !== 'fifo') {
      this.#findings.warn(at, `${key} of the queue ${queue.name.value} is left out: SQS has nothing like it.`);
    }
  }

  #redrive({ at, value }: Entry, fifo: boolean): DeclaredRedrive | undefined {
    const part = (key: string): Located<string> | undefined => {
      const found = partOf(value, key);
      return found?.kind === 'scalar' ? { value: found.text, at: found.at } : undefined;
    };
    const [name, maxReceiveCount] = [part('name'), part('maxReceiveCount')];
    if (name && maxReceiveCount) {
      return { at, deadLetterQueue: { ...name, value: named(name.value, fifo) }, maxReceiveCount };
    }
    this.#findings.problem(at, 'deadLettersQueue needs both: the name of a queue, and maxReceiveCount.');
    return undefined;
  }

  /** SQS counts in whole seconds. */
  #seconds(queue: DeclaredQueue, attribute: string, { key, value }: Entry): void {
    const ms = value.kind === 'scalar' ? millisOf(value.text) : undefined;
    if (ms === undefined) {
      const shown = value.kind === 'scalar' ? JSON.stringify(value.text) : `a ${value.kind}`;
      this.#findings.problem(value.at, `${key} cannot be ${shown}: must be a duration such as 10 seconds.`);
      return;
    }
    const seconds = Math.ceil(ms / 1000);
    if (seconds * 1000 !== ms)
      this.#findings.warn(value.at, `${key} becomes ${seconds} seconds: SQS counts in whole ones.`);
    queue.attributes.set(attribute, { value: String(seconds), at: value.at });
  }

  #isTrue(tree: Tree, key: string): boolean {
    const value = partOf(tree, key);
    if (!value) return false;
    const text = value.kind === 'scalar' ? value.text : value.kind;
    // As HOCON reads a truth that is asked for.
    if (/^(true|yes|on)$/.test(text)) return true;
    if (!/^(false|no|off)$/.test(text)) {
      this.#findings.problem(value.at, `${key} cannot be ${JSON.stringify(text)}: must be true or false.`);
    }
    return false;
  }

  #textOf(tree: Tree | undefined, key: string): string | undefined {
    const value = partOf(tree, key);
    return value?.kind === 'scalar' && value.text !== '' ? value.text : undefined;
  }

  #entries(tree: Tree | undefined, what: string): readonly Entry[] {
    if (!tree || tree.kind === 'map') return tree?.entries ?? [];
    this.#findings.problem(tree.at, `${what} must be an object: { … }.`);
    return [];
  }
}

/** ElasticMQ adds the suffix to the names of FIFO queues that lack it. */
function named(name: string, fifo: boolean): string {
  return fifo && !name.endsWith(FIFO_SUFFIX) ? `${name}${FIFO_SUFFIX}` : name;
}

const MILLISECONDS: readonly [unit: RegExp, ms: number][] = [
  [/^(|ms|millis?|milliseconds?)$/, 1],
  [/^(s|seconds?)$/, 1000],
  [/^(m|minutes?)$/, 60_000],
  [/^(h|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
];

/** HOCON's durations; a bare number is one of milliseconds. */
function millisOf(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim()) ?? [];
  const ms = MILLISECONDS.find(([name]) => unit !== undefined && name.test(unit))?.[1];
  return ms === undefined ? undefined : Number(number) * ms;
}
