/**
 * Makes what a file declares. A queue that is not there is made, and gets its messages; one that is there gets the attributes
 * and tags of the file that it does not have yet, and keeps the others: a file can be applied again and again.
 */

import { checkAttributes } from '../queues/attributes.ts';
import { suggestion } from '../suggest.ts';
import { type Ask, Refused } from './ask.ts';
import { attributesOf, checkDistinct } from './check.ts';
import type { DeclaredMessage, DeclaredQueue } from './declared.ts';
import { findPresent, type PresentQueue } from './present.ts';
import { Findings, type Located, QueueFileError } from './tree.ts';

export interface Applied {
  /** Names of the queues that were made, of those that were changed, and of those that were so already. */
  made: string[];
  changed: string[];
  unchanged: string[];
  messages: number;
}

/** Hears how far it is: steps done, of all. */
export type Step = (done: number, all: number) => void;

interface Work {
  queue: DeclaredQueue;
  attributes: Map<string, Located<string>>;
  present: PresentQueue;
  made: boolean;
  changed: boolean;
}

/**
 * Applies queues that were checked when they were read. Throws QueueFileError for what is refused, with the place in the file:
 * then the queues that were made are gone again, but what was changed of others stays changed.
 */
export async function applyQueues(queues: readonly DeclaredQueue[], ask: Ask, step: Step = () => {}): Promise<Applied> {
  const findings = new Findings();
  checkDistinct(queues, findings);
  findings.refuse();
  const works: Work[] = [];
  const steps = 2 * queues.length;
  let done = 0;
  const advance = () => step(++done, steps);
  try {
    for (const queue of queues) {
      works.push(await settled(queue, ask));
      advance();
    }
    // Now that all are there, in whatever order they stand.
    for (const work of works) await setRedrive(work, works, ask);
    for (const work of works) {
      if (work.made) await sendMessages(work, ask);
      advance();
    }
  } catch (error) {
    // Or the next try would find the queues there, and send no messages.
    const made = works.filter((work) => work.made).map(({ present }) => present);
    await Promise.allSettled(made.map(({ url, owner }) => ask('DeleteQueue', { QueueUrl: url }, owner)));
    throw error;
  }
  const names = (which: (work: Work) => boolean) => works.filter(which).map(({ queue }) => queue.name.value);
  return {
    made: names(({ made }) => made),
    changed: names(({ made, changed }) => !made && changed),
    unchanged: names(({ made, changed }) => !made && !changed),
    messages: works.reduce((sum, { made, queue }) => sum + (made ? queue.messages.length : 0), 0),
  };
}

/** The queue as the file has it, its dead-letter queue apart. */
async function settled(queue: DeclaredQueue, ask: Ask): Promise<Work> {
  const attributes = attributesOf(queue);
  const owner = ownerOf(queue);
  const name = queue.name.value;
  const existing = await findPresent(ask, owner, name);
  const own = new Map([...attributes].filter(([attribute]) => attribute !== 'RedrivePolicy'));
  if (existing) {
    const changed = await change(existing, own, ask);
    return { queue, attributes, present: existing, made: false, changed: (await tag(existing, queue, ask)) || changed };
  }
  const input = { QueueName: name, Attributes: valuesOf(own), tags: valuesOf(queue.tags) };
  await refusedAt(queue.at, () => ask('CreateQueue', input, owner));
  const made = await findPresent(ask, owner, name);
  if (!made) throw new QueueFileError(`${queue.at}: Somebody deleted ${JSON.stringify(name)} as soon as it was made.`);
  return { queue, attributes, present: made, made: true, changed: true };
}

/** Sets those attributes that have another value. Resolves to whether there were any. */
async function change(
  { attributes, owner, url }: PresentQueue,
  wanted: ReadonlyMap<string, Located<string>>,
  ask: Ask,
): Promise<boolean> {
  const fifo = attributes.get('FifoQueue') === 'true';
  const normal = checkAttributes(new Map([...wanted].map(([name, { value }]) => [name, value])), fifo);
  const different = new Map([...wanted].filter(([name]) => normal.get(name) !== attributes.get(name)));
  const [first] = different.values();
  if (!first) return false;
  const input = { QueueUrl: url, Attributes: valuesOf(different) };
  await refusedAt(first.at, () => ask('SetQueueAttributes', input, owner));
  return true;
}

async function tag({ owner, url, tags }: PresentQueue, { tags: wanted }: DeclaredQueue, ask: Ask): Promise<boolean> {
  const different = new Map([...wanted].filter(([key, { value }]) => tags.get(key) !== value));
  const [first] = different.values();
  if (!first) return false;
  await refusedAt(first.at, () => ask('TagQueue', { QueueUrl: url, Tags: valuesOf(different) }, owner));
  return true;
}

async function setRedrive(work: Work, works: readonly Work[], ask: Ask): Promise<void> {
  const policy = await redrivePolicyOf(work, works, ask);
  if (policy && (await change(work.present, new Map([['RedrivePolicy', policy]]), ask))) work.changed = true;
}

/** The policy with the ARN of the queue that the file names; or as the file has it. */
async function redrivePolicyOf(
  { queue, attributes }: Work,
  works: readonly Work[],
  ask: Ask,
): Promise<Located<string> | undefined> {
  if (!queue.redrive) return attributes.get('RedrivePolicy');
  const { deadLetterQueue, maxReceiveCount } = queue.redrive;
  const owner = ownerOf(queue);
  const beside = works.filter(
    ({ present }) => present.owner.account === owner.account && present.owner.region === owner.region,
  );
  const names = beside.map(({ present }) => present.name);
  const target =
    beside.find(({ present }) => present.name === deadLetterQueue.value)?.present ??
    (await findPresent(ask, owner, deadLetterQueue.value));
  if (!target) {
    const shown = JSON.stringify(deadLetterQueue.value);
    throw new QueueFileError(
      `${deadLetterQueue.at}: deadLetterQueue cannot be ${shown}: there is no such queue, here or in the file.` +
        suggestion(deadLetterQueue.value, names),
    );
  }
  const value = { deadLetterTargetArn: target.arn, maxReceiveCount: Number(maxReceiveCount.value) };
  return { value: JSON.stringify(value), at: deadLetterQueue.at };
}

async function sendMessages({ queue, present }: Work, ask: Ask): Promise<void> {
  for (const message of queue.messages) {
    await refusedAt(message.at, () =>
      ask('SendMessage', { QueueUrl: present.url, ...inputOf(message) }, present.owner),
    );
  }
}

function inputOf({ input }: DeclaredMessage): object {
  const attributes = (given: typeof input.attributes) =>
    given &&
    Object.fromEntries(
      [...given].map(([name, { dataType, stringValue, binaryValue }]) => [
        name,
        { DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue },
      ]),
    );
  return {
    MessageBody: input.body,
    DelaySeconds: input.delaySeconds,
    MessageAttributes: attributes(input.attributes),
    MessageSystemAttributes: attributes(input.systemAttributes),
    MessageGroupId: input.groupId,
    MessageDeduplicationId: input.deduplicationId,
  };
}

function ownerOf({ account, region }: DeclaredQueue) {
  return { account, region };
}

function valuesOf(located: ReadonlyMap<string, Located<string>>): Record<string, string> {
  return Object.fromEntries([...located].map(([name, { value }]) => [name, value]));
}

async function refusedAt<T>(at: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Refused) throw new QueueFileError(`${at}: ${error.message}`, { cause: error });
    throw error;
  }
}
