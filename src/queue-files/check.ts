/**
 * Checks queues that were read from a file by the rules of CreateQueue and SendMessage, before any of them is made: each
 * problem is told with its place, in the words of SQS where it has some.
 */

import { SqsError } from '../errors.ts';
import { checkAttributes, expectationOf, settableAttributes } from '../queues/attributes.ts';
import { checkQueueName, FIFO_SUFFIX } from '../queues/catalog.ts';
import { normalRedrivePolicy } from '../queues/redrive/redrive-policy.ts';
import { prepareSend, singleSend } from '../queues/send.ts';
import { checkTags } from '../queues/tags.ts';
import type { Queue } from '../storage/store.ts';
import { suggestion } from '../suggest.ts';
import { type DeclaredQueue, identityOf } from './declared.ts';
import type { Findings, Located } from './tree.ts';

/** So many characters of a wrong value are told; policies are long. */
const SHOWN = 100;

/** The attributes of a queue as they are to be set: a name with `.fifo` means a FIFO queue without saying so. */
export function attributesOf({ name, attributes }: DeclaredQueue): Map<string, Located<string>> {
  if (!name.value.endsWith(FIFO_SUFFIX) || attributes.has('FifoQueue')) return attributes;
  return new Map([['FifoQueue', { value: 'true', at: name.at }], ...attributes]);
}

/** What is wrong goes to `findings`. Dead-letter queues that are not in the file are left to who knows what is there. */
export function checkQueues(queues: readonly DeclaredQueue[], findings: Findings): void {
  for (const queue of queues) checkQueue(queue, findings);
}

/** Whether no queue is declared twice, in one file or in two; what is wrong goes to `findings`. */
export function checkDistinct(queues: readonly DeclaredQueue[], findings: Findings): void {
  const seen = new Map<string, DeclaredQueue>();
  for (const queue of queues) {
    const earlier = seen.get(identityOf(queue));
    if (earlier) {
      findings.problem(queue.at, `The queue ${JSON.stringify(queue.name.value)} is declared at ${earlier.at} already.`);
    }
    seen.set(identityOf(queue), queue);
  }
}

function checkQueue(queue: DeclaredQueue, findings: Findings): void {
  const attributes = attributesOf(queue);
  const fifo = attributes.get('FifoQueue')?.value.toLowerCase() === 'true';
  const { name } = queue;
  refusal(findings, name.at, `The name cannot be ${JSON.stringify(name.value)}`, () =>
    checkQueueName(name.value, fifo),
  );
  const settings = checkAll(attributes, fifo, queue.at, findings);
  for (const [key, { value, at }] of queue.tags) {
    refusal(findings, at, `The tag ${JSON.stringify(key)} cannot be ${JSON.stringify(value)}`, () =>
      checkTags(new Map([[key, value]]), new Map(), name.value),
    );
  }
  // Their number alone: each was looked at above.
  refusal(findings, queue.at, 'The tags cannot be these', () =>
    checkTags(new Map([...queue.tags].map((_tag, index) => [`${index}`, ''])), new Map(), name.value),
  );
  checkRedrive(queue, findings);
  const made = provisional(queue, fifo, settings);
  for (const { at, input } of queue.messages) {
    const send = () => prepareSend({ newId: () => '' }, made, input, { id: '', traceHeader: undefined }, singleSend);
    refusal(findings, at, 'The message cannot be sent', send);
  }
}

/**
 * Checks attributes together, as CreateQueue does, and finds the one that is wrong by asking for each alone: some are
 * allowed only beside others. Returns those that are fine.
 */
function checkAll(
  attributes: ReadonlyMap<string, Located<string>>,
  fifo: boolean,
  at: string,
  findings: Findings,
): Map<string, string> {
  const left = new Map([...attributes].map(([name, { value }]) => [name, value]));
  for (;;) {
    const refused = sqsRefusal(() => checkAttributes(left, fifo));
    if (!refused) return left;
    const wrong = [...left].find(
      (one) => sqsRefusal(() => checkAttributes(new Map([one]), fifo))?.message === refused.message,
    );
    if (!wrong) {
      findings.problem(at, refused.message);
      return left;
    }
    const [name, value] = wrong;
    findings.problem(attributes.get(name)!.at, attributeProblem(name, value, refused.message));
    left.delete(name);
  }
}

function attributeProblem(name: string, value: string, message: string): string {
  if (!settableAttributes.includes(name)) return `${message}${suggestion(name, settableAttributes)}`;
  const expectation = expectationOf(name);
  const shown = JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
  return `${name} cannot be ${shown}: ${message}${expectation && message.startsWith('Invalid value') ? ` It must be ${expectation}.` : ''}`;
}

/** The form of a policy is checked with the ARN of a queue that need not be there. */
function checkRedrive({ redrive }: DeclaredQueue, findings: Findings): void {
  if (!redrive) return;
  const { value, at } = redrive.maxReceiveCount;
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:q';
  const policy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: value });
  const refused = sqsRefusal(() => normalRedrivePolicy(policy));
  // The refusal begins with the policy, whose ARN is none of the file's.
  if (refused) findings.problem(at, refused.message.replace(/^.*Reason: /, ''));
}

/** The queue as it will be when it is made, as far as a check of messages looks at it. */
function provisional({ name }: DeclaredQueue, fifo: boolean, attributes: ReadonlyMap<string, string>): Queue {
  const nobody = { account: '', region: '', id: 0, createdAt: 0, modifiedAt: 0, retentionMs: 0 };
  return { ...nobody, name: name.value, fifo, attributes, tags: new Map() };
}

function refusal(findings: Findings, at: string, what: string, check: () => void): void {
  const refused = sqsRefusal(check);
  if (refused) findings.problem(at, `${what}: ${refused.message}`);
}

function sqsRefusal(check: () => void): SqsError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SqsError) return error;
    throw error;
  }
}
