/** With --auth policy, an event source mapping for a queue of another account depends on that queue's policy. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FedQueue } from '../../src/functions/fed-queue.ts';
import { mayFeed } from '../../src/functions/queue-access.ts';
import type { Mapping } from '../../src/storage/mappings.ts';
import type { Queue, Store } from '../../src/storage/store.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { ARN, enforced, everything, SNS, unsigned } from '../api/auth/callers.ts';
import { OWNER, STRANGER, signedBy } from '../api/auth/signing.ts';
import { fed, MAPPINGS } from './fed.ts';

const NEEDED = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/** A time in milliseconds. */
const NEW_YEAR = Date.parse('2026-01-01T00:00:00Z');

type Foreign = Awaited<ReturnType<typeof withForeignMapping>>;

async function withForeignMapping(settings: object = {}) {
  const made = await fed(enforced);
  const owner = (operation: string, input: Record<string, unknown>) =>
    made.call(operation, input, { sign: signedBy(OWNER) });
  const { QueueUrl } = await owner('CreateQueue', { QueueName: 'q' });
  await owner('AddPermission', {
    ...{ QueueUrl, Label: 'stranger', AWSAccountIds: ['444455556666'] },
    Actions: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'],
  });
  const url = new URL(MAPPINGS, made.squab.url);
  const body = JSON.stringify({ EventSourceArn: ARN, FunctionName: 'f', ...settings });
  const headers = await signedBy(STRANGER, { service: 'lambda' })({ url, method: 'POST', headers: {}, body });
  const response = await fetch(url, { method: 'POST', headers, body });
  expect(response.status).toBe(202);
  const send = (MessageBody: string) => owner('SendMessage', { QueueUrl, MessageBody });
  return { ...made, owner, QueueUrl, send };
}

it('feeds a function while the policy allows it, and no longer than a poll after that', async () => {
  const { clock, functions, owner, QueueUrl, send } = await withForeignMapping();
  await send('allowed');
  await clock.advance(1000);
  expect(functions.bodies).toEqual([['allowed']]);
  await owner('RemovePermission', { QueueUrl, Label: 'stranger' });
  await clock.advance(20_000);
  await send('revoked');
  await clock.advance(60_000);
  expect(functions.bodies).toEqual([['allowed']]);
});

it('takes no messages within the window of a batch, either, once the permission is removed', async () => {
  const settings = { BatchSize: 100, MaximumBatchingWindowInSeconds: 300 };
  const { clock, functions, owner, QueueUrl, send } = await withForeignMapping(settings);
  await owner('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: '3600' } });
  await send('first');
  await clock.advance(100_000);
  await send('still allowed');
  await clock.advance(10_000);
  await owner('RemovePermission', { QueueUrl, Label: 'stranger' });
  await clock.advance(20_000);
  await send('revoked');
  await clock.advance(300_000);
  expect(functions.bodies).toEqual([['first', 'still allowed']]);
});

it('ends the window of a batch on time, however long it takes to look at the policy', async () => {
  const settings = { BatchSize: 100, MaximumBatchingWindowInSeconds: 30 };
  const { clock, functions, owner, QueueUrl, send } = await withForeignMapping(settings);
  await owner('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: '3600' } });
  const find = FedQueue.prototype.find;
  const gate = Promise.withResolvers<void>();
  const slow = vi.spyOn(FedQueue.prototype, 'find').mockImplementation(async function (this: FedQueue, mapping) {
    await gate.promise;
    return find.call(this, mapping);
  });
  onTestFinished(() => slow.mockRestore());
  await send('first');
  await clock.advance(30_000);
  gate.resolve();
  await vi.waitFor(() => expect(functions.bodies).toEqual([['first']]));
});

it.each([
  ['an unsigned request', unsigned],
  ['a service', signedBy(SNS, { service: 'lambda' })],
])('needs an account, which %s does not have, even if the queue allows everyone', async (_who, sign) => {
  const { call, squab } = await fed({ ...enforced, account: '111122223333' });
  const Attributes = { Policy: JSON.stringify({ Statement: everything }) };
  await call('CreateQueue', { QueueName: 'q', Attributes }, { sign: signedBy(OWNER) });
  const url = new URL(MAPPINGS, squab.url);
  const body = JSON.stringify({ EventSourceArn: ARN, FunctionName: 'f' });
  const headers = await sign({ url, method: 'POST', headers: {}, body });
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(403);
});

it('does not feed a function from a new queue of the same name', async () => {
  const { clock, functions, owner, QueueUrl, send } = await withForeignMapping();
  await owner('DeleteQueue', { QueueUrl });
  await owner('CreateQueue', { QueueName: 'q' });
  await send('of a new queue');
  await clock.advance(60_000);
  expect(functions.bodies).toEqual([]);
});

it.each<[boolean, object]>([
  [true, { Principal: '*', Action: 'sqs:*' }],
  [true, { Principal: { AWS: '444455556666' }, Action: NEEDED }],
  [false, { Principal: { AWS: '444455556666' }, Action: NEEDED.slice(1) }],
  [false, { Principal: { AWS: '777788889999' }, Action: NEEDED }],
  [false, { Principal: '*', Action: 'sqs:*', Effect: 'Deny' }],
  [false, { Principal: '*', Action: 'sqs:*', Conditions: {} }],
  [true, { Principal: '*', Action: 'sqs:*', Condition: { StringEquals: { 'aws:ResourceTag/env': 'prod' } } }],
  [true, { Principal: '*', Action: 'sqs:*', Condition: { DateLessThan: { 'aws:CurrentTime': '2026-01-02' } } }],
  [false, { Principal: '*', Action: 'sqs:*', Condition: { DateGreaterThan: { 'aws:CurrentTime': '2026-01-02' } } }],
  [true, { Principal: '*', Action: 'sqs:*', Condition: { Bool: { 'aws:PrincipalIsAWSService': 'false' } } }],
])('is allowed (%s) by a statement %j', (expected, statement) => {
  const text = JSON.stringify({ Statement: { Effect: 'Allow', Resource: ARN, ...statement } });
  const queue = { account: '111122223333', region: 'us-east-1', name: 'q', tags: new Map([['env', 'prod']]) };
  const withPolicy = { ...queue, attributes: new Map([['Policy', text]]) } as Partial<Queue> as Queue;
  expect(mayFeed(withPolicy, '444455556666', NEW_YEAR)).toBe(expected);
  expect(mayFeed(withPolicy, queue.account, NEW_YEAR)).toBe(true);
});

it.each<[what: string, condition: object, change: (made: Foreign) => Promise<unknown>]>([
  [
    'a tag of the queue changes',
    { StringEquals: { 'aws:ResourceTag/env': 'prod' } },
    ({ owner, QueueUrl }) => owner('TagQueue', { QueueUrl, Tags: { env: 'prod' } }),
  ],
  [
    'the time comes that a policy names',
    { DateGreaterThan: { 'aws:CurrentTime': '2026-01-02' } },
    ({ clock }) => clock.set(new Date('2026-01-03')),
  ],
])('no longer feeds a function once %s', async (_what, Condition, change) => {
  const made = await withForeignMapping();
  const { clock, functions, owner, QueueUrl, send } = made;
  const all = { Principal: '*', Action: 'sqs:*', Resource: ARN };
  const Statement = [
    { Effect: 'Allow', ...all },
    { Effect: 'Deny', ...all, Principal: { AWS: '444455556666' }, Condition },
  ];
  await owner('SetQueueAttributes', { QueueUrl, Attributes: { Policy: JSON.stringify({ Statement }) } });
  await clock.advance(20_000);
  await send('allowed');
  await clock.advance(1000);
  expect(functions.bodies).toEqual([['allowed']]);
  await change(made);
  await clock.advance(20_000);
  await send('denied');
  await clock.advance(60_000);
  expect(functions.bodies).toEqual([['allowed']]);
});

it('evaluates the policies for many mappings one in each turn of the event loop, and those that have changed again', async () => {
  const queueWith = (Policy: string) =>
    ({
      ...{ id: 1, account: '111122223333', tags: new Map() },
      attributes: new Map([['Policy', Policy]]),
    }) as Partial<Queue> as Queue;
  let queue = queueWith('before');
  const evaluated: string[][] = [[]];
  const env = { store: { findQueue: async () => queue } as Partial<Store> as Store, clock: new VirtualClock() };
  const judge = ({ attributes }: Queue) => {
    evaluated.at(-1)!.push(attributes.get('Policy')!);
    return attributes.get('Policy') === 'before';
  };
  const reports = { refused: () => {} };
  const mapping = { queue, account: '444455556666' } as Partial<Mapping> as Mapping;
  const fedQueues = Array.from({ length: 10 }, () => new FedQueue({ env, mayFeed: judge, reports }));
  const finding = Promise.all(fedQueues.map((fedQueue) => fedQueue.find(mapping)));
  let found: Awaited<typeof finding> | undefined;
  void finding.then((all) => {
    found = all;
  });
  for (let turn = 0; !found; turn++) {
    await nextTurn();
    if (turn === 4) queue = queueWith('after');
    evaluated.push([]);
  }
  expect(evaluated.every((policies) => policies.length <= 1)).toBe(true);
  expect(evaluated.flat().filter((policy) => policy === 'after').length).toBeGreaterThanOrEqual(5);
  expect(found.filter(({ isAllowed } = {} as never) => isAllowed).length).toBeLessThanOrEqual(5);
});

it('a policy that names the time is evaluated once for each poll, however slow the storage is', async () => {
  let now = 0;
  const queue = { id: 1, account: '1', attributes: new Map([['Policy', '{"aws:CurrentTime"}']]), tags: new Map() };
  const findQueue = async () => {
    now += 2000;
    return queue;
  };
  const judge = vi.fn(() => true);
  const env = { store: { findQueue }, clock: { now: () => now } };
  const slow = new FedQueue({ env, mayFeed: judge, reports: { refused() {} } } as never);
  for (let poll = 1; poll <= 3; poll++) {
    expect(await slow.find({ account: '2', queue: {} } as never)).toMatchObject({ isAllowed: true });
    expect(judge).toHaveBeenCalledTimes(poll);
  }
});
