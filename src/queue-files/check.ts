/**
 * Checks queues from a file by the rules of CreateQueue and SendMessage before any of them is created. Reports each
 * problem with its place in the file, mostly in SQS's own words.
 */

import { SqsError } from '../errors.ts';
import { parseArn } from '../queues/arn.ts';
import { checkAttributes, expectationOf, settableAttributes } from '../queues/attributes.ts';
import { checkQueueName, FIFO_SUFFIX } from '../queues/catalog.ts';
import { normalRedrivePolicy } from '../queues/redrive/redrive-policy.ts';
import { prepareSend, singleSend } from '../queues/send.ts';
import { checkTag, checkTagCount } from '../queues/tags.ts';
import type { Queue } from '../storage/store.ts';
import { suggestion } from '../suggest.ts';
import { type DeclaredMessage, type DeclaredQueue, identityOf } from './declared.ts';
import type { Findings, Located } from './syntax/tree.ts';
import { checkTriggers } from './triggers.ts';

/** How many characters of an invalid value an error quotes. Policies are long. */
const QUOTED_CHARACTERS = 100;

/** Returns the attributes to set. A name that ends with `.fifo` implies `FifoQueue`. */
export function attributesOf({ name, attributes }: DeclaredQueue): Map<string, Located<string>> {
  if (!name.value.endsWith(FIFO_SUFFIX) || attributes.has('FifoQueue')) return attributes;
  return new Map([['FifoQueue', { value: 'true', at: name.at }], ...attributes]);
}

/** Reports problems to `findings`. Whether dead-letter queues exist is checked later, against the existing queues. */
export function checkQueues(queues: readonly DeclaredQueue[], findings: Findings): void {
  for (const queue of queues) checkQueue(queue, findings);
}

type Identified = Pick<DeclaredQueue, 'at' | 'name' | 'account' | 'region'>;

/** Reports queues or topics that are declared twice, in a file or by a program, to `findings`. */
export function checkDistinct(noun: 'queue' | 'topic', declared: readonly Identified[], findings: Findings): void {
  const seen = new Map<string, Identified>();
  for (const one of declared) {
    const earlier = seen.get(identityOf(one));
    if (earlier) {
      findings.problem(one.at, `The ${noun} ${JSON.stringify(one.name.value)} is already declared at ${earlier.at}.`);
    }
    seen.set(identityOf(one), one);
  }
}

function checkQueue(queue: DeclaredQueue, findings: Findings): void {
  const attributes = attributesOf(queue);
  const fifo = attributes.get('FifoQueue')?.value.toLowerCase() === 'true';
  const { name } = queue;
  report(findings, name.at, `Invalid queue name ${quoted(name.value)}`, () => checkQueueName(name.value, fifo));
  const settings = checkAll(attributes, fifo, queue.at, findings);
  for (const [key, { value, at }] of queue.tags) {
    report(findings, at, `Invalid tag ${quoted(key)} with the value ${quoted(value)}`, () => checkTag(key, value));
  }
  report(findings, queue.at, 'Invalid tags', () => checkTagCount(queue.tags.size, name.value));
  checkRedrive(queue, findings);
  checkTriggers(queue, findings);
  const future = futureQueue(queue, fifo, settings);
  for (const message of queue.messages) checkMessage(message, future, findings);
}

function checkMessage({ at, input, deadLetterSource }: DeclaredMessage, queue: Queue, findings: Findings): void {
  const refusalBy = (one: Queue) =>
    sqsRefusal(() => prepareSend({ newId: () => '' }, one, input, { id: '', traceHeader: undefined }, singleSend));
  const refused = refusalBy(queue);
  if (refused) {
    // The limit of a queue may have become lower since the message was sent.
    const attributes = new Map(queue.attributes);
    attributes.delete('MaximumMessageSize');
    const stillRefused = refusalBy({ ...queue, attributes });
    if (stillRefused) findings.problem(at, `The message cannot be sent: ${stillRefused.message}`);
    else
      findings.warn(
        at,
        'The message is longer than the MaximumMessageSize of its queue, which is set after sending it.',
      );
  }
  if (deadLetterSource === undefined) return;
  const { fifo } = queue;
  const arn = parseArn(deadLetterSource);
  const name = arn?.service === 'sqs' ? arn.name : deadLetterSource;
  const kind = fifo ? 'a FIFO queue' : 'a standard queue';
  const subject = `deadLetterSource must be the name of ${kind}, as this queue is, not ${quoted(deadLetterSource)}`;
  report(findings, at, subject, () => checkQueueName(name, fifo));
}

/**
 * Checks attributes together, as CreateQueue does, because some are allowed only with others. To find the invalid
 * one, it checks each separately. Returns the valid attributes.
 */
function checkAll(
  attributes: ReadonlyMap<string, Located<string>>,
  fifo: boolean,
  at: string,
  findings: Findings,
): Map<string, string> {
  const remaining = new Map([...attributes].map(([name, { value }]) => [name, value]));
  for (;;) {
    const refused = sqsRefusal(() => checkAttributes(remaining, fifo));
    if (!refused) return remaining;
    const invalid = [...remaining].find(
      (one) => sqsRefusal(() => checkAttributes(new Map([one]), fifo))?.message === refused.message,
    );
    if (!invalid) {
      findings.problem(at, refused.message);
      return remaining;
    }
    const [name, value] = invalid;
    findings.problem(attributes.get(name)!.at, attributeProblem(name, value, refused.message));
    remaining.delete(name);
  }
}

function attributeProblem(name: string, value: string, message: string): string {
  if (!settableAttributes.includes(name)) return `${message}${suggestion(name, settableAttributes)}`;
  const expectation = expectationOf(name);
  const shown = quoted(value);
  // "Invalid value for the parameter X." does not say which values are valid.
  if (expectation && message === `Invalid value for the parameter ${name}.`) {
    return `${name} must be ${expectation}, not ${shown}.`;
  }
  return `${name} cannot be ${shown}: ${message}`;
}

/** Checks maxReceiveCount with a placeholder for the ARN, because the dead-letter queue need not exist yet. */
function checkRedrive({ redrive }: DeclaredQueue, findings: Findings): void {
  if (!redrive) return;
  const { value, at } = redrive.maxReceiveCount;
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:q';
  const policy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: value });
  const refused = sqsRefusal(() => normalRedrivePolicy(policy));
  // The error starts with the policy. Its placeholder ARN is not in the file, so that part is dropped.
  if (refused) findings.problem(at, refused.message.replace(/^.*Reason: /, ''));
}

/** The queue as it will be once it is created, with the members that checking a message needs. */
function futureQueue({ name }: DeclaredQueue, fifo: boolean, attributes: ReadonlyMap<string, string>): Queue {
  const placeholders = { account: '', region: '', id: 0, createdAt: 0, modifiedAt: 0, retentionMs: 0 };
  return { ...placeholders, name: name.value, fifo, attributes, tags: new Map() };
}

/** Reports the error that SQS or SNS would respond with, if there is one. */
export function report(findings: Findings, at: string, subject: string, check: () => void): void {
  const refused = sqsRefusal(check);
  if (refused) findings.problem(at, `${subject}: ${refused.message}`);
}

/** Returns the SqsError that a check throws. */
export function sqsRefusal(check: () => void): SqsError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SqsError) return error;
    throw error;
  }
}

/** Returns a text in quotes, shortened if it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
