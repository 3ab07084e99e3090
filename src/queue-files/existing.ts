/** Reads the existing queues of a server with SQS operations. */

import { type Answer, type CallSqs, type Owner, Refused } from './call-sqs.ts';

/** An existing queue. */
export interface ExistingQueue {
  owner: Owner;
  name: string;
  url: string;
  arn: string;
  /** From GetQueueAttributes, without the attributes that SQS computes. */
  attributes: Map<string, string>;
  tags: Map<string, string>;
}

/** Attributes that GetQueueAttributes returns and SetQueueAttributes does not accept. */
const COMPUTED = /^(QueueArn|CreatedTimestamp|LastModifiedTimestamp|ApproximateNumberOf.*)$/;

/**
 * Finds a queue by name. Does not use GetQueueUrl, because with --auto-create that would create the queue. Of the names
 * that start with a name, ListQueues returns the name itself first.
 */
export async function findExisting(callSqs: CallSqs, owner: Owner, name: string): Promise<ExistingQueue | undefined> {
  const { QueueUrls = [] } = await callSqs('ListQueues', { QueueNamePrefix: name, MaxResults: 1 }, owner);
  const [url] = QueueUrls as string[];
  return url !== undefined && nameIn(url) === name ? readExisting(callSqs, owner, url) : undefined;
}

/** Yields the URLs of an owner's queues, sorted by name. */
export async function* urlsOf(callSqs: CallSqs, owner: Owner): AsyncGenerator<string> {
  for (let token: unknown, first = true; first || token; first = false) {
    const input = { MaxResults: 1000, ...(token !== undefined && { NextToken: token }) };
    const answer: Answer = await callSqs('ListQueues', input, owner);
    yield* (answer.QueueUrls ?? []) as string[];
    token = answer.NextToken;
  }
}

/** Reads the queue at a URL. Resolves to undefined if it no longer exists. */
export async function readExisting(callSqs: CallSqs, owner: Owner, url: string): Promise<ExistingQueue | undefined> {
  try {
    const queue = await readWithoutTags(callSqs, owner, url);
    const { Tags } = await callSqs('ListQueueTags', { QueueUrl: url }, owner);
    return { ...queue, tags: new Map(Object.entries((Tags ?? {}) as object)) };
  } catch (error) {
    if (error instanceof Refused && error.code === 'QueueDoesNotExist') return undefined;
    throw error;
  }
}

/** Reads a queue whose tags are known, as it has just been created. Rejects with Refused if it no longer exists. */
export async function readWithoutTags(callSqs: CallSqs, owner: Owner, url: string): Promise<ExistingQueue> {
  const { Attributes } = await callSqs('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] }, owner);
  const all = Object.entries((Attributes ?? {}) as Record<string, string>);
  const attributes = new Map(all.filter(([name]) => !COMPUTED.test(name)));
  const arn = all.find(([name]) => name === 'QueueArn')?.[1] ?? '';
  return { owner, name: nameIn(url), url, arn, attributes, tags: new Map() };
}

function nameIn(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
