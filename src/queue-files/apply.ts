/**
 * Applies the queues of a file to a server, and then its topics. A missing queue is created, and its messages are sent. An
 * existing queue gets the attributes and tags of the file, and keeps its others. Applying a file again changes nothing.
 *
 * A file describes the final state of queues. Settings that would forbid an earlier step are therefore set last: a
 * limit that is lower than the messages are long, and a policy by which a dead-letter queue no longer accepts its
 * source queue.
 */

import { checkAttributes } from '../queues/attributes.ts';
import { allowsSource } from '../queues/redrive/redrive.ts';
import { addMessages, refusedAt, type Server } from './add-messages.ts';
import { type AppliedTopics, TopicApplication } from './apply-topics.ts';
import type { CallSqs } from './call-sqs.ts';
import { attributesOf, checkDistinct } from './check.ts';
import { type Declared, type DeclaredQueue, type DeclaredRedrive, valuesOf } from './declared.ts';
import { type ExistingQueue, findExisting, readWithoutTags } from './existing.ts';
import { KnownQueues, keyOf } from './known-queues.ts';
import { Findings, type Located, QueueFileError } from './syntax/tree.ts';
import { applyTriggers } from './triggers.ts';

export interface Applied {
  /** Names of queues. */
  created: string[];
  changed: string[];
  unchanged: string[];
  /** Number of messages that were sent. */
  messages: number;
  topics: AppliedTopics;
  /** Names of existing queues that have only a part of their messages, about which there are warnings. */
  unfinished: string[];
  /** What could not be done as the file says, each with its place. */
  warnings: string[];
}

/**
 * A tag that a queue has until it has all messages of its file. If the import or the start is killed before that,
 * the tag stays. The next one cannot know which messages are missing, but does not take the queue for a complete one.
 */
const UNFINISHED = 'squab:unfinished';

/** Reports progress: `done` of `all` steps. */
export type Step = (done: number, all: number) => void;

interface Work {
  queue: DeclaredQueue;
  attributes: ReadonlyMap<string, Located<string>>;
  existing: ExistingQueue;
  created: boolean;
  changed: boolean;
}

/**
 * Applies queues and topics that were checked when they were read. Throws QueueFileError, with the place in the file, if
 * the server refuses something. It then deletes the queues and topics that it created, but does not undo changes to
 * existing ones.
 */
export async function applyDeclared(
  { queues, topics }: Declared,
  server: Server,
  step: Step = () => {},
): Promise<Applied> {
  const findings = new Findings();
  checkDistinct('queue', queues, findings);
  checkDistinct('topic', topics, findings);
  findings.throwIfInvalid();
  const run = new Application(server, findings);
  const topicRun = new TopicApplication(server.callSqs, run.known, findings);
  let done = 0;
  const advance = () => {
    server.signal?.throwIfAborted();
    step(++done, 2 * queues.length + topics.length);
  };
  try {
    for (const queue of queues) {
      await run.createOrChange(queue);
      advance();
    }
    // Only now, because dead-letter queues must exist, and the file may list them in any order.
    for (const work of run.works) await run.setRedrive(work);
    for (const work of run.works) {
      if (work.created) await run.sendMessages(work);
      await run.feedFunctions(work);
      advance();
    }
    for (const topic of topics) {
      await topicRun.createOrChange(topic);
      advance();
    }
  } catch (error) {
    await Promise.all([run.deleteCreated(), topicRun.deleteCreated()]);
    throw error;
  }
  return { ...summary(run.works), topics: topicRun.applied, warnings: findings.warnings };
}

function summary(works: readonly Work[]): Omit<Applied, 'topics' | 'warnings'> {
  const names = (which: (work: Work) => boolean) => works.filter(which).map(({ queue }) => queue.name.value);
  return {
    created: names(({ created }) => created),
    changed: names(({ created, changed }) => !created && changed),
    unchanged: names(({ created, changed }) => !created && !changed),
    unfinished: names(({ existing }) => existing.tags.has(UNFINISHED)),
    messages: works.reduce((sum, { created, queue }) => sum + (created ? queue.messages.length : 0), 0),
  };
}

class Application {
  readonly works: Work[] = [];
  readonly known: KnownQueues;
  readonly #server: Server;
  readonly #callSqs: CallSqs;
  readonly #findings: Findings;
  readonly #byName = new Map<string, Work>();

  constructor(server: Server, findings: Findings) {
    this.#server = server;
    this.#callSqs = server.callSqs;
    this.#findings = findings;
    this.known = new KnownQueues(server.callSqs);
  }

  /** Creates or changes a queue as the file declares it, except for its redrive policy. */
  async createOrChange(queue: DeclaredQueue): Promise<void> {
    const attributes = attributesOf(queue);
    const { account, region, name, at } = queue;
    const owner = { account, region };
    const own = new Map(attributes);
    own.delete('RedrivePolicy');
    const found = await findExisting(this.#callSqs, owner, name.value);
    const work = { queue, attributes, created: !found, changed: true };
    if (found) {
      const changed = await this.#change(found, own);
      // A queue that is to be deleted needs no tags, for which it may have no room.
      const isUnfinished = found.tags.has(UNFINISHED);
      if (isUnfinished) this.#warnOfUnfinished(queue);
      const isTagged = !isUnfinished && (await this.#tag(found, queue));
      this.#add({ ...work, existing: found, changed: changed || isTagged });
      return;
    }
    const hasMessages = queue.messages.length > 0;
    if (hasMessages) own.delete('MaximumMessageSize');
    // The other tags follow: there can be so many that there is no room for another one.
    const tags = hasMessages ? { [UNFINISHED]: '' } : valuesOf(queue.tags);
    const input = { QueueName: name.value, Attributes: valuesOf(own), tags };
    const { QueueUrl } = await refusedAt(at, () => this.#callSqs('CreateQueue', input, owner));
    const existing = await refusedAt(at, () => readWithoutTags(this.#callSqs, owner, String(QueueUrl)));
    this.#add({ ...work, existing });
  }

  #add(work: Work): void {
    this.works.push(work);
    this.#byName.set(keyOf(work.existing), work);
    this.known.add(work.existing);
  }

  /** Sets the attributes whose values differ. Resolves to whether there were any. */
  async #change(existing: ExistingQueue, wanted: ReadonlyMap<string, Located<string>>): Promise<boolean> {
    const different = differences(existing, wanted);
    const [first] = different.values();
    if (!first) return false;
    const input = { QueueUrl: existing.url, Attributes: valuesOf(different) };
    await refusedAt(first.at, () => this.#callSqs('SetQueueAttributes', input, existing.owner));
    return true;
  }

  async #tag({ owner, url, tags }: ExistingQueue, { tags: wanted }: DeclaredQueue): Promise<boolean> {
    const different = new Map([...wanted].filter(([key, { value }]) => tags.get(key) !== value));
    const [first] = different.values();
    if (!first) return false;
    await refusedAt(first.at, () => this.#callSqs('TagQueue', { QueueUrl: url, Tags: valuesOf(different) }, owner));
    return true;
  }

  async setRedrive(work: Work): Promise<void> {
    const { queue, existing, attributes } = work;
    const target = queue.redrive && (await this.#deadLetterQueue(queue.redrive, existing));
    const policy = queue.redrive ? target && policyOf(target, queue.redrive) : attributes.get('RedrivePolicy');
    const change = new Map(policy && [['RedrivePolicy', policy]]);
    if (differences(existing, change).size === 0) return;
    const targetWork = target && this.#byName.get(keyOf(target));
    if (targetWork && isDenied(existing, targetWork)) await this.#changeDenied(existing, change, targetWork);
    else await this.#change(existing, change);
    work.changed = true;
  }

  /** Finds the dead-letter queue that the file gives by name. Reports a missing one if the queue can do without it. */
  async #deadLetterQueue(
    { deadLetterQueue: { value, at }, optional }: DeclaredRedrive,
    source: ExistingQueue,
  ): Promise<ExistingQueue | undefined> {
    const { owner } = source;
    const target = await this.known.find(owner, value);
    if (target) return target;
    const hint = this.known.hintFor(owner, value);
    const problem = `The dead-letter queue ${JSON.stringify(value)} exists neither in Squab nor in the file`;
    if (!optional) throw new QueueFileError(`${at}: ${problem}.${hint}`);
    this.#findings.warn(at, `${problem}: ${source.name} is left without it.${hint}`);
    return undefined;
  }

  /** Sets a redrive policy that the dead-letter queue no longer allows, as if its policy had been set later. */
  async #changeDenied(
    source: ExistingQueue,
    change: ReadonlyMap<string, Located<string>>,
    { existing: target, attributes }: Work,
  ): Promise<void> {
    const { at, value } = attributes.get('RedriveAllowPolicy')!;
    this.#findings.warn(
      at,
      `${target.name} does not allow ${source.name} to use it as its dead-letter queue. ${source.name} uses it ` +
        'anyway, as if this policy had been set later.',
    );
    const allow = (RedriveAllowPolicy: string) => {
      const input = { QueueUrl: target.url, Attributes: { RedriveAllowPolicy } };
      return refusedAt(at, () => this.#callSqs('SetQueueAttributes', input, target.owner));
    };
    await allow('');
    try {
      await this.#change(source, change);
    } finally {
      await allow(value);
    }
  }

  #warnOfUnfinished({ name }: DeclaredQueue): void {
    this.#findings.warn(
      name.at,
      `The queue ${JSON.stringify(name.value)} may have only a part of its messages, since what created it was stopped ` +
        'or is not done yet. To have it created again with all of them, delete it.',
    );
  }

  /** Sends the messages of a new queue, and then sets the limit that they may exceed, and its tags. */
  async sendMessages({ queue, existing, attributes }: Work): Promise<void> {
    if (queue.messages.length === 0) return;
    const withoutSource = await addMessages(queue, existing, this.#server);
    if (withoutSource > 0) {
      this.#findings.warn(
        queue.at,
        `${withoutSource} messages of ${existing.name} have lost the name of the queue that dead-lettered them: ` +
          'it can be set only through the control interface (/_squab) of Squab.',
      );
    }
    const limit = attributes.get('MaximumMessageSize');
    if (limit) await this.#change(existing, new Map([['MaximumMessageSize', limit]]));
    // A file exported from an unfinished queue has the tag, and so keeps it.
    if (!queue.tags.has(UNFINISHED)) {
      const input = { QueueUrl: existing.url, TagKeys: [UNFINISHED] };
      await refusedAt(queue.at, () => this.#callSqs('UntagQueue', input, existing.owner));
    }
    await this.#tag(existing, queue);
  }

  /** Lets functions get the messages of a queue. */
  async feedFunctions(work: Work): Promise<void> {
    if (await applyTriggers(work.queue, work.existing, this.#callSqs, this.#findings)) work.changed = true;
  }

  /** Undoes a failed attempt. Otherwise, the next one would find these queues and send no messages. */
  async deleteCreated(): Promise<void> {
    const created = this.works.filter((work) => work.created).map(({ existing }) => existing);
    await Promise.allSettled(created.map(({ url, owner }) => this.#callSqs('DeleteQueue', { QueueUrl: url }, owner)));
  }
}

/** Returns the attributes that a queue does not have with these values. */
function differences(
  { attributes }: ExistingQueue,
  wanted: ReadonlyMap<string, Located<string>>,
): Map<string, Located<string>> {
  const fifo = attributes.get('FifoQueue') === 'true';
  const normalized = checkAttributes(new Map([...wanted].map(([name, { value }]) => [name, value])), fifo);
  return new Map([...wanted].filter(([name]) => normalized.get(name) !== attributes.get(name)));
}

function policyOf({ arn }: ExistingQueue, { deadLetterQueue, maxReceiveCount }: DeclaredRedrive): Located<string> {
  const value = JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: Number(maxReceiveCount.value) });
  return { value, at: deadLetterQueue.at };
}

/** Whether a dead-letter queue will not allow a queue to use it, once the file is applied. */
function isDenied({ arn }: ExistingQueue, { attributes }: Work): boolean {
  const policy = attributes.get('RedriveAllowPolicy')?.value;
  return !!policy && !allowsSource({ attributes: new Map([['RedriveAllowPolicy', policy]]) }, arn);
}
