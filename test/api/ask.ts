/** Sends odd requests: each must soon get a response in the format of its wire, and never an internal error. */

import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Setup, setup } from '../helpers.ts';
import { parseXml } from '../query-client.ts';

export interface Odd {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

export const FORM = 'application/x-www-form-urlencoded; charset=utf-8';

/** A request that takes longer than this is considered hanging. */
const PATIENCE_MS = 20_000;
/** A request that takes longer than this may be a long poll, which needs the clock to advance. */
const PROMPT_MS = 30;

/** Sends the request, advances the clock if it may be a long poll, and checks the response. */
export async function ask(made: Setup, request: Odd): Promise<void> {
  await contentOf(made, request);
}

/** Does the same, and resolves to the body of the response. */
export async function contentOf(
  { squab, clock }: Setup,
  { method = 'POST', path = '/', headers = {}, body }: Odd,
): Promise<string> {
  let waiting = true;
  const answer = fetch(new URL(squab.url + path), {
    ...{ method, headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) },
    ...(body !== undefined && { body }),
  }).finally(() => {
    waiting = false;
  });
  while (waiting) {
    await Promise.race([answer, wait(PROMPT_MS)]);
    if (waiting) await clock.advance(20_000);
  }
  const response = await answer;
  const content = await response.text();
  expect([200, 400, 403, 404, 413], content).toContain(response.status);
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  if (content === '') return content;
  if (response.headers.get('content-type') === 'text/xml') parseXml(content);
  else JSON.parse(content);
  return content;
}

/** Starts a Squab with the queues `q` and `q.fifo`. */
export async function withQueues(): Promise<Setup> {
  const made = await setup();
  const { call } = made.client('JSON');
  await call('CreateQueue', { QueueName: 'q' });
  await call('CreateQueue', { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } });
  return made;
}

/** Another account. Requests of the default account must not affect its queues. */
const OTHER = { account: '999999999999' };
const KEPT = ['one', 'two', 'three', 'four', 'five'];

/** Starts a Squab with queues of both accounts; `intact` checks that those of the other account are unchanged. */
export async function withWitnesses(): Promise<Setup & { intact(): Promise<void> }> {
  const made = await withQueues();
  const { call } = made.client('JSON');
  const Tags = { kept: 'yes' };
  for (const [QueueName, kind] of [
    ['kept', {}],
    ['kept.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' }],
  ] as const) {
    const Attributes = { MessageRetentionPeriod: '1209600', VisibilityTimeout: '0', ...kind };
    await call('CreateQueue', { QueueName, Attributes, tags: Tags }, OTHER);
    for (const MessageBody of KEPT) {
      const group = QueueName === 'kept.fifo' && { MessageGroupId: 'g' };
      await call('SendMessage', { QueueUrl: QueueName, MessageBody, ...group }, OTHER);
    }
  }
  const intact = async () => {
    for (const QueueUrl of ['kept', 'kept.fifo']) {
      const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 }, OTHER);
      expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(KEPT);
      expect(await call('ListQueueTags', { QueueUrl }, OTHER)).toEqual({ Tags });
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] }, OTHER);
      expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '5', MessageRetentionPeriod: '1209600' });
    }
    const { QueueUrls = [] } = await call('ListQueues', { MaxResults: 1000 });
    for (const QueueUrl of QueueUrls) await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    await call('CreateQueue', { QueueName: 'new' });
    await call('SendMessage', { QueueUrl: 'new', MessageBody: 'm' });
    expect((await call('ReceiveMessage', { QueueUrl: 'new' })).Messages).toMatchObject([{ Body: 'm' }]);
    await call('DeleteQueue', { QueueUrl: 'new' });
  };
  return { ...made, intact };
}
