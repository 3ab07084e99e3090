/** Mappings that come and go, queues that do, and a Squab that stops and starts. */

import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { temporaryFolder } from '../helpers.ts';
import { fed, MAPPINGS } from './fed.ts';
import { EMULATOR_PATH } from './function-server.ts';

describe('a mapping', () => {
  it('that is disabled leaves messages in the queue, and finishes the batch in progress', async () => {
    const { functions, feed, send, lambda, counts, clock } = await fed();
    functions.handle = () => undefined;
    const { QueueUrl, mapping } = await feed();
    await send(QueueUrl, 'a');
    const { answer } = await functions.next();
    await lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, { Enabled: false });
    await send(QueueUrl, 'b');
    answer();
    await clock.advance(60_000);
    expect(functions.bodies).toEqual([['a']]);
    expect(await counts(QueueUrl)).toEqual([1, 0]);
    await lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, { Enabled: true });
    expect((await functions.next()).bodies).toEqual(['b']);
    functions.invocations[1]!.answer();
  });

  it('that is deleted leaves messages in the queue, and finishes the batch in progress', async () => {
    const { functions, feed, send, lambda, counts, clock } = await fed();
    functions.handle = () => undefined;
    const { QueueUrl, mapping } = await feed();
    await send(QueueUrl, 'a');
    const { answer } = await functions.next();
    await lambda('DELETE', `${MAPPINGS}/${mapping.UUID}`);
    await send(QueueUrl, 'b');
    answer();
    await clock.advance(60_000);
    expect(functions.bodies).toEqual([['a']]);
    expect(await counts(QueueUrl)).toEqual([1, 0]);
  });

  it('that is disabled keeps no messages that did not fit into its last batch', async () => {
    const { functions, feed, send, lambda, counts, clock } = await fed({ path: EMULATOR_PATH });
    functions.handle = () => undefined;
    const { QueueUrl, mapping } = await feed({ BatchSize: 100, MaximumBatchingWindowInSeconds: 5 });
    for (const letter of ['a', 'b', 'c', 'd']) await send(QueueUrl, letter + '"'.repeat(1_000_000));
    const { answer } = await functions.next();
    await lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, { Enabled: false });
    answer();
    functions.handle = () => ({});
    await eventually(async () => expect(await counts(QueueUrl)).toEqual([0, 1]));
    await lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, { Enabled: true });
    await clock.advance(10_000);
    expect(functions.invocations).toHaveLength(1);
    await clock.advance(60_000);
    expect(functions.invocations.map(({ bodies }) => bodies.map((body) => body[0]))).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('that is deleted while its function cannot be invoked tries no longer', async () => {
    const { functions, feed, send, lambda, clock } = await fed();
    functions.handle = () => ({ status: 503 });
    const { QueueUrl, mapping } = await feed();
    await send(QueueUrl, 'a');
    await functions.next();
    await lambda('DELETE', `${MAPPINGS}/${mapping.UUID}`);
    await clock.advance(300_000);
    expect(functions.invocations).toHaveLength(1);
  });

  it('uses its new settings, and its new function, from the next batch on', async () => {
    const { functions, feed, send, lambda, clock, counts } = await fed({ functions: { '*': 'http://127.0.0.1:1/' } });
    const { QueueUrl, mapping } = await feed();
    await lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, { BatchSize: 5, MaximumBatchingWindowInSeconds: 10 });
    await send(QueueUrl, 'a', 'b');
    await clock.advance(10_000);
    expect(functions.bodies).toEqual([['a', 'b']]);
    await lambda('PUT', `${MAPPINGS}/${mapping.UUID}`, { FunctionName: 'other', MaximumBatchingWindowInSeconds: 0 });
    await send(QueueUrl, 'c');
    await clock.advance(100);
    expect(functions.invocations).toHaveLength(1);
    expect(await counts(QueueUrl)).toEqual([0, 1]);
  });

  it('competes with another mapping of its queue, and with consumers', async () => {
    const { functions, feed, send, lambda, clock, counts } = await fed({ functions: {} });
    functions.handle = () => undefined;
    const { QueueUrl } = await feed({ BatchSize: 1 });
    const second = await lambda('POST', MAPPINGS, {
      ...{ EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q', FunctionName: 'f:live', BatchSize: 1 },
    });
    expect(second.FunctionArn).toMatch(/:function:f:live$/);
    await send(QueueUrl, 'a', 'b', 'c', 'd');
    for (let count = 0; count < 4; count++) (await functions.next()).answer();
    await clock.advance(0);
    expect(functions.bodies.flat().sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });
});

describe('a queue that is deleted', () => {
  it('feeds its function again once it is created again', async () => {
    const { functions, feed, send, call, lambda, clock } = await fed();
    const { QueueUrl, mapping } = await feed();
    await call('DeleteQueue', { QueueUrl });
    await clock.advance(60_000);
    expect(await lambda('GET', `${MAPPINGS}/${mapping.UUID}`)).toMatchObject({ State: 'Enabled' });
    await call('CreateQueue', { QueueName: 'q' });
    await send(QueueUrl, 'again');
    expect((await functions.next()).bodies).toEqual(['again']);
  });

  it('with messages that a function is working on does no harm', async () => {
    const { functions, feed, send, call, clock, counts } = await fed();
    functions.handle = () => undefined;
    const { QueueUrl } = await feed();
    await send(QueueUrl, 'a');
    const { answer } = await functions.next();
    await call('DeleteQueue', { QueueUrl });
    await call('CreateQueue', { QueueName: 'q' });
    answer();
    await clock.advance(0);
    await send(QueueUrl, 'b');
    expect((await functions.next()).bodies).toEqual(['b']);
    functions.invocations[1]!.answer();
    await clock.advance(0);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });

  it('is created with --auto-create, and then feeds its function', async () => {
    const { functions, feed, send, call } = await fed({ autoCreate: true });
    const { QueueUrl } = await feed();
    await call('DeleteQueue', { QueueUrl });
    await send(QueueUrl, 'a');
    expect((await functions.next()).bodies).toEqual(['a']);
  });
});

describe('a Squab that stops', () => {
  it('waits for a batch in progress', async () => {
    const data = temporaryFolder();
    const { functions, feed, send, squab } = await fed({ data });
    functions.handle = () => undefined;
    const { QueueUrl } = await feed();
    await send(QueueUrl, 'a');
    const { answer } = await functions.next();
    const stopped = squab.stop();
    answer();
    await stopped;
    const second = await fed({ data });
    expect(await second.counts(QueueUrl.replace(squab.url, second.squab.url))).toEqual([0, 0]);
  });

  it('abandons a batch that takes too long: its messages become visible again', async () => {
    const data = temporaryFolder();
    const { functions, feed, send, squab } = await fed({ data });
    functions.handle = () => undefined;
    const { QueueUrl } = await feed();
    await send(QueueUrl, 'a');
    await functions.next();
    await squab.stop();
    const second = await fed({ data });
    await second.clock.advance(30_000);
    expect(second.functions.bodies).toEqual([['a']]);
  });

  it('stops at once while a function cannot be invoked', async () => {
    const { functions, feed, send, squab } = await fed();
    functions.handle = () => ({ status: 503 });
    const { QueueUrl } = await feed();
    await send(QueueUrl, 'a');
    await functions.next();
    await squab.stop();
    expect(functions.invocations.length).toBeLessThanOrEqual(2);
  });
});
