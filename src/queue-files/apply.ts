/**
 * Applies the queues of a file to an SQS server. A missing queue is created, and its messages are sent. An existing
 * queue gets the attributes and tags of the file, and keeps its others. Applying a file again changes nothing.
 */

import { checkAttributes } from '../queues/attributes.ts';
import { suggestion } from '../suggest.ts';
import { type CallSqs, Refused } from './call-sqs.ts';
import { attributesOf, checkDistinct } from './check.ts';
import type { DeclaredMessage, DeclaredQueue } from './declared.ts';
import { type ExistingQueue, findExisting } from './existing.ts';
import { Findings, type Located, QueueFileError } from './syntax/tree.ts';

export interface Applied {
  /** Names of queues. */
  created: string[];
  changed: string[];
  unchanged: string[];
  /** Number of messages that were sent. */
  messages: number;
}

/** Reports progress: `done` of `all` steps. */
export type Step = (done: number, all: number) => void;

interface Work {
  queue: DeclaredQueue;
  attributes: Map<string, Located<string>>;
  existing: ExistingQueue;
  created: boolean;
  changed: boolean;
}

/**
 * Applies queues that were checked when they were read. Throws QueueFileError, with the place in the file, if SQS
 * refuses something. It then deletes the queues that it created, but does not undo changes to existing queues.
 */
export async function applyQueues(
  queues: readonly DeclaredQueue[],
  callSqs: CallSqs,
  step: Step = () => {},
): Promise<Applied> {
  const findings = new Findings();
  checkDistinct(queues, findings);
  findings.throwIfInvalid();
  const works: Work[] = [];
  const steps = 2 * queues.length;
  let done = 0;
  const advance = () => step(++done, steps);
  try {
    for (const queue of queues) {
      works.push(await createOrChange(queue, callSqs));
      advance();
    }
    // Only now, because dead-letter queues must exist, and the file may list them in any order.
    for (const work of works) await setRedrive(work, works, callSqs);
    for (const work of works) {
      if (work.created) await sendMessages(work, callSqs);
      advance();
    }
  } catch (error) {
    // Otherwise, the next attempt would find these queues and send no messages.
    const created = works.filter((work) => work.created).map(({ existing }) => existing);
    await Promise.allSettled(created.map(({ url, owner }) => callSqs('DeleteQueue', { QueueUrl: url }, owner)));
    throw error;
  }
  const names = (which: (work: Work) => boolean) => works.filter(which).map(({ queue }) => queue.name.value);
  return {
    created: names(({ created }) => created),
    changed: names(({ created, changed }) => !created && changed),
    unchanged: names(({ created, changed }) => !created && !changed),
    messages: works.reduce((sum, { created, queue }) => sum + (created ? queue.messages.length : 0), 0),
  };
}

/** Creates or changes a queue as the file declares it, except for its redrive policy. */
async function createOrChange(queue: DeclaredQueue, callSqs: CallSqs): Promise<Work> {
  const attributes = attributesOf(queue);
  const owner = ownerOf(queue);
  const name = queue.name.value;
  const existing = await findExisting(callSqs, owner, name);
  const own = new Map([...attributes].filter(([attribute]) => attribute !== 'RedrivePolicy'));
  if (existing) {
    const changed = await change(existing, own, callSqs);
    return { queue, attributes, existing, created: false, changed: (await tag(existing, queue, callSqs)) || changed };
  }
  const input = { QueueName: name, Attributes: valuesOf(own), tags: valuesOf(queue.tags) };
  await refusedAt(queue.at, () => callSqs('CreateQueue', input, owner));
  const created = await findExisting(callSqs, owner, name);
  if (!created) {
    throw new QueueFileError(`${queue.at}: The queue ${JSON.stringify(name)} was deleted as soon as it was created.`);
  }
  return { queue, attributes, existing: created, created: true, changed: true };
}

/** Sets the attributes whose values differ. Resolves to whether there were any. */
async function change(
  { attributes, owner, url }: ExistingQueue,
  wanted: ReadonlyMap<string, Located<string>>,
  callSqs: CallSqs,
): Promise<boolean> {
  const fifo = attributes.get('FifoQueue') === 'true';
  const normalized = checkAttributes(new Map([...wanted].map(([name, { value }]) => [name, value])), fifo);
  const different = new Map([...wanted].filter(([name]) => normalized.get(name) !== attributes.get(name)));
  const [first] = different.values();
  if (!first) return false;
  const input = { QueueUrl: url, Attributes: valuesOf(different) };
  await refusedAt(first.at, () => callSqs('SetQueueAttributes', input, owner));
  return true;
}

async function tag(
  { owner, url, tags }: ExistingQueue,
  { tags: wanted }: DeclaredQueue,
  callSqs: CallSqs,
): Promise<boolean> {
  const different = new Map([...wanted].filter(([key, { value }]) => tags.get(key) !== value));
  const [first] = different.values();
  if (!first) return false;
  await refusedAt(first.at, () => callSqs('TagQueue', { QueueUrl: url, Tags: valuesOf(different) }, owner));
  return true;
}

async function setRedrive(work: Work, works: readonly Work[], callSqs: CallSqs): Promise<void> {
  const policy = await redrivePolicyOf(work, works, callSqs);
  if (policy && (await change(work.existing, new Map([['RedrivePolicy', policy]]), callSqs))) work.changed = true;
}

/** Returns the redrive policy with the ARN of the dead-letter queue, which the file may give by name. */
async function redrivePolicyOf(
  { queue, attributes }: Work,
  works: readonly Work[],
  callSqs: CallSqs,
): Promise<Located<string> | undefined> {
  if (!queue.redrive) return attributes.get('RedrivePolicy');
  const { deadLetterQueue, maxReceiveCount } = queue.redrive;
  const owner = ownerOf(queue);
  const siblings = works.filter(
    ({ existing }) => existing.owner.account === owner.account && existing.owner.region === owner.region,
  );
  const names = siblings.map(({ existing }) => existing.name);
  const target =
    siblings.find(({ existing }) => existing.name === deadLetterQueue.value)?.existing ??
    (await findExisting(callSqs, owner, deadLetterQueue.value));
  if (!target) {
    const shown = JSON.stringify(deadLetterQueue.value);
    throw new QueueFileError(
      `${deadLetterQueue.at}: The dead-letter queue ${shown} exists neither in Squab nor in the file.` +
        suggestion(deadLetterQueue.value, names),
    );
  }
  const value = { deadLetterTargetArn: target.arn, maxReceiveCount: Number(maxReceiveCount.value) };
  return { value: JSON.stringify(value), at: deadLetterQueue.at };
}

async function sendMessages({ queue, existing }: Work, callSqs: CallSqs): Promise<void> {
  for (const message of queue.messages) {
    await refusedAt(message.at, () =>
      callSqs('SendMessage', { QueueUrl: existing.url, ...inputOf(message) }, existing.owner),
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

/** Turns a refusal by SQS into a QueueFileError with its place in the file. */
async function refusedAt<T>(at: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Refused) throw new QueueFileError(`${at}: ${error.message}`, { cause: error });
    throw error;
  }
}
