/**
 * Reads the queues of an ElasticMQ configuration (`elasticmq.conf`). Settings that have no equivalent lead to warnings.
 * Source: https://github.com/softwaremill/elasticmq, "Automatically creating queues on startup".
 */

import { FIFO_SUFFIX } from '../../queues/catalog.ts';
import { suggestion } from '../../suggest.ts';
import type { DeclaredQueue, DeclaredRedrive, Deployment } from '../declared.ts';
import type { HoconDocument } from '../syntax/hocon.ts';
import { type Entry, type Findings, type Located, type Mapping, partOf, type Tree } from '../syntax/tree.ts';
import { matchDeadLetterQueues } from './elasticmq-dead-letters.ts';
import { bytesOf, secondsOf } from './hocon-units.ts';

/** Settings of a queue that are durations, with the names of their SQS attributes. ElasticMQ lacks the last one. */
const DURATIONS: Readonly<Record<string, string>> = {
  defaultVisibilityTimeout: 'VisibilityTimeout',
  delay: 'DelaySeconds',
  receiveMessageWait: 'ReceiveMessageWaitTimeSeconds',
  messageRetentionPeriod: 'MessageRetentionPeriod',
};
/** The same for sizes. ElasticMQ has no such setting. */
const SIZES: Readonly<Record<string, string>> = { maximumMessageSize: 'MaximumMessageSize' };

const QUEUE_SETTINGS = [
  ...Object.keys(DURATIONS),
  ...Object.keys(SIZES),
  ...['deadLettersQueue', 'fifo', 'contentBasedDeduplication', 'tags', 'copyTo', 'moveTo'],
];
/** Settings of a queue that SQS does not have. */
const UNKNOWN_TO_SQS = ['copyTo', 'moveTo'];
/** SQS's names for settings, in lower case, and ElasticMQ's, which are too different to be suggested otherwise. */
const SQS_NAMES: Readonly<Record<string, string>> = {
  visibilitytimeout: 'defaultVisibilityTimeout',
  delayseconds: 'delay',
  receivemessagewaittimeseconds: 'receiveMessageWait',
  redrivepolicy: 'deadLettersQueue',
  fifoqueue: 'fifo',
};

/** What to use in Squab instead of a top-level setting. */
const INSTEAD: Readonly<Record<string, string>> = {
  'rest-sqs': '--host and --port set the address that Squab listens on.',
  'rest-stats': 'Squab serves /statistics/queues at its own --port, and metrics with --metrics.',
  'auto-create-queues': '--auto-create creates queues when they are first used.',
  'node-address': '--base-url sets the base of queue URLs; by default, it is the host that the client used.',
  'generate-node-address': '--base-url sets the base of queue URLs; by default, it is the host that the client used.',
  'queues-storage': '--data sets the folder for queues and messages.',
  'messages-storage': '--data sets the folder for queues and messages.',
};
const TOP_LEVEL = ['queues', 'aws', ...Object.keys(INSTEAD)];

/** Returns the queues that a configuration declares. Reports problems and ignored settings to `findings`. */
export function readElasticMq(document: HoconDocument, { region }: Deployment, findings: Findings): DeclaredQueue[] {
  return new Configuration(document, findings).queues(region);
}

class Configuration {
  readonly #root: Mapping;
  readonly #referenced: ReadonlySet<string>;
  readonly #findings: Findings;

  constructor({ root, referenced }: HoconDocument, findings: Findings) {
    this.#root = root;
    this.#referenced = referenced;
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
      if (key === 'queues' || key === 'aws' || this.#referenced.has(key)) continue;
      const instead = Object.hasOwn(INSTEAD, key)
        ? INSTEAD[key]
        : `Squab has no equivalent.${suggestion(key, TOP_LEVEL)}`;
      this.#findings.warn(at, `${key} is ignored: ${instead}`);
    }
    const queues = partOf(this.#root, 'queues');
    if (!queues) this.#findings.problem(this.#root.at, 'queues is missing: it should contain the queues by name.');
    const declared = this.#entries(queues, 'queues').map((entry) => this.#queue(entry));
    return matchDeadLetterQueues(declared, this.#findings);
  }

  #queue({ key, at, value }: Entry): DeclaredQueue {
    const fifo = this.#isTrue(value, 'fifo') || key.endsWith(FIFO_SUFFIX);
    const aws = partOf(this.#root, 'aws');
    const queue: DeclaredQueue = {
      at,
      // As ElasticMQ does.
      name: { value: fifo && !key.endsWith(FIFO_SUFFIX) ? `${key}${FIFO_SUFFIX}` : key, at },
      account: this.#textOf(aws, 'accountId'),
      region: this.#textOf(aws, 'region'),
      attributes: new Map(),
      tags: new Map(),
      messages: [],
    };
    for (const entry of this.#entries(value, key)) {
      // In HOCON, null removes an earlier value.
      if (entry.value.kind !== 'scalar' || entry.value.value !== null) this.#setting(queue, entry, fifo);
    }
    return queue;
  }

  #setting(queue: DeclaredQueue, entry: Entry, fifo: boolean): void {
    const { key, at, value } = entry;
    if (Object.hasOwn(DURATIONS, key)) this.#seconds(queue, DURATIONS[key]!, entry);
    else if (Object.hasOwn(SIZES, key)) this.#bytes(queue, SIZES[key]!, entry);
    else if (key === 'contentBasedDeduplication') {
      // ElasticMQ also accepts it for a standard queue if it is false.
      const set = this.#isTrue({ kind: 'map', at, entries: [entry] }, key);
      if (fifo) queue.attributes.set('ContentBasedDeduplication', { value: String(set), at: value.at });
      else if (set) this.#findings.warn(at, `${key} is ignored: the queue is not a FIFO queue.`);
    } else if (key === 'deadLettersQueue') queue.redrive = this.#redrive(entry);
    else if (key === 'tags') {
      for (const tag of this.#entries(value, key)) {
        if (tag.value.kind === 'scalar') queue.tags.set(tag.key, { value: tag.value.text, at: tag.value.at });
        else this.#findings.problem(tag.at, `The tag ${JSON.stringify(tag.key)} must be a string.`);
      }
    } else if (key !== 'fifo') {
      const reason = UNKNOWN_TO_SQS.includes(key) ? 'SQS has no equivalent.' : this.#unknown(key);
      this.#findings.warn(at, `${key} of the queue ${queue.name.value} is ignored: ${reason}`);
    }
  }

  #unknown(key: string): string {
    const name = SQS_NAMES[key.toLowerCase()];
    const hint = name ? ` Did you mean ${JSON.stringify(name)}?` : suggestion(key, QUEUE_SETTINGS);
    return `ElasticMQ has no such setting.${hint || ` The settings are: ${QUEUE_SETTINGS.join(', ')}.`}`;
  }

  #redrive(entry: Entry): DeclaredRedrive | undefined {
    const parts = new Map<string, Located<string>>();
    for (const { key, at, value } of this.#entries(entry.value, entry.key)) {
      if (value.kind === 'scalar' && value.value !== null) parts.set(key, { value: value.text, at: value.at });
      if (key === 'name' || key === 'maxReceiveCount') continue;
      this.#findings.warn(at, `${key} is ignored: it is neither name nor maxReceiveCount.`);
    }
    const [name, maxReceiveCount] = [parts.get('name'), parts.get('maxReceiveCount')];
    // ElasticMQ, too, creates a queue whose dead-letter queue does not exist.
    if (name && maxReceiveCount) return { at: entry.at, deadLetterQueue: name, maxReceiveCount, optional: true };
    this.#findings.problem(entry.at, 'deadLettersQueue needs both name (of a queue) and maxReceiveCount.');
    return undefined;
  }

  /** Sets an attribute in seconds, rounded up: SQS has whole seconds only. */
  #seconds(queue: DeclaredQueue, attribute: string, entry: Entry): void {
    const given = this.#quantity(entry, secondsOf, 'a duration such as 10 seconds');
    if (given === undefined) return;
    const { key, value } = entry;
    const seconds = Math.ceil(given);
    if (seconds !== given) {
      const shown = seconds === 1 ? '1 second' : `${seconds} seconds`;
      this.#findings.warn(value.at, `${key} is rounded up to ${shown}: SQS has whole seconds only.`);
    }
    queue.attributes.set(attribute, { value: String(seconds), at: value.at });
  }

  #bytes(queue: DeclaredQueue, attribute: string, entry: Entry): void {
    const bytes = this.#quantity(entry, bytesOf, 'a size such as 256 KiB');
    if (bytes !== undefined) {
      queue.attributes.set(attribute, { value: String(Math.floor(bytes)), at: entry.value.at });
    }
  }

  #quantity({ key, value }: Entry, parse: (text: string) => number | undefined, expected: string): number | undefined {
    const quantity = value.kind === 'scalar' ? parse(value.text) : undefined;
    if (quantity !== undefined) return quantity;
    const shown = value.kind === 'scalar' ? JSON.stringify(value.text) : `a ${value.kind}`;
    this.#findings.problem(value.at, `${key} must be ${expected}, not ${shown}.`);
    return undefined;
  }

  #isTrue(tree: Tree, key: string): boolean {
    const value = partOf(tree, key);
    if (!value || (value.kind === 'scalar' && value.value === null)) return false;
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
