/** The queues that an SQS has, as its operations tell: by name, with attributes and tags, or all of them. */

import { type Answer, type Ask, type Owner, Refused } from './ask.ts';

/** A queue that is there. */
export interface PresentQueue {
  owner: Owner;
  name: string;
  url: string;
  arn: string;
  /** As GetQueueAttributes tells them, those that SQS computes apart. */
  attributes: Map<string, string>;
  tags: Map<string, string>;
}

/** What GetQueueAttributes tells beside the attributes that can be set. */
const COMPUTED = /^(QueueArn|CreatedTimestamp|LastModifiedTimestamp|ApproximateNumberOf.*)$/;

/** Not by GetQueueUrl: a server may make queues that are asked for so. */
export async function findPresent(ask: Ask, owner: Owner, name: string): Promise<PresentQueue | undefined> {
  for await (const url of urlsOf(ask, owner, name)) if (nameIn(url) === name) return present(ask, owner, url);
  return undefined;
}

/** The URLs of an owner's queues, in the order of their names. */
export async function* urlsOf(ask: Ask, owner: Owner, prefix?: string): AsyncGenerator<string> {
  const input = { MaxResults: 1000, ...(prefix !== undefined && { QueueNamePrefix: prefix }) };
  for (let token: unknown, first = true; first || token; first = false) {
    const answer: Answer = await ask(
      'ListQueues',
      { ...input, ...(token !== undefined && { NextToken: token }) },
      owner,
    );
    yield* (answer.QueueUrls ?? []) as string[];
    token = answer.NextToken;
  }
}

/** The queue of a URL; undefined: it is gone by now. */
export async function present(ask: Ask, owner: Owner, url: string): Promise<PresentQueue | undefined> {
  try {
    const { Attributes } = await ask('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] }, owner);
    const { Tags } = await ask('ListQueueTags', { QueueUrl: url }, owner);
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
