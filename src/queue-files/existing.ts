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

/** Finds a queue by name. Does not use GetQueueUrl, because with --auto-create that would create the queue. */
export async function findExisting(callSqs: CallSqs, owner: Owner, name: string): Promise<ExistingQueue | undefined> {
  for await (const url of urlsOf(callSqs, owner, name))
    if (nameIn(url) === name) return readExisting(callSqs, owner, url);
  return undefined;
}

/** Yields the URLs of an owner's queues, sorted by name. */
export async function* urlsOf(callSqs: CallSqs, owner: Owner, prefix?: string): AsyncGenerator<string> {
  const input = { MaxResults: 1000, ...(prefix !== undefined && { QueueNamePrefix: prefix }) };
  for (let token: unknown, first = true; first || token; first = false) {
    const answer: Answer = await callSqs(
      'ListQueues',
      { ...input, ...(token !== undefined && { NextToken: token }) },
      owner,
    );
    yield* (answer.QueueUrls ?? []) as string[];
    token = answer.NextToken;
  }
}

/** Reads the queue at a URL. Resolves to undefined if it no longer exists. */
export async function readExisting(callSqs: CallSqs, owner: Owner, url: string): Promise<ExistingQueue | undefined> {
  try {
    const { Attributes } = await callSqs('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] }, owner);
    const { Tags } = await callSqs('ListQueueTags', { QueueUrl: url }, owner);
    const all = Object.entries((Attributes ?? {}) as Record<string, string>);
    const attributes = new Map(all.filter(([name]) => !COMPUTED.test(name)));
    const arn = all.find(([name]) => name === 'QueueArn')?.[1] ?? '';
    return { owner, name: nameIn(url), url, arn, attributes, tags: new Map(Object.entries((Tags ?? {}) as object)) };
  } catch (error) {
    if (error instanceof Refused && error.code === 'QueueDoesNotExist') return undefined;
    throw error;
  }
}

function nameIn(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
