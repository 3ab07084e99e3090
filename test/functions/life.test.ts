/** Mappings that come and go, queues that do, and a Squab that stops, starts, and returns to earlier states. */

import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { temporaryFolder } from '../helpers.ts';
import { type Fed, fed, MAPPINGS } from './fed.ts';
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

describe('a reset', () => {
  it('removes the mappings of its queues', async () => {
    const { feed, squab, lambda, call, functions, clock, send } = await fed();
    const { QueueUrl } = await feed({}, {}, 'a');
    await feed({}, {}, 'b');
    await squab.control.reset({ prefix: 'a' });
    const { EventSourceMappings } = await lambda('GET', MAPPINGS);
    expect(EventSourceMappings).toMatchObject([{ EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:b' }]);
    await call('CreateQueue', { QueueName: 'a' });
    await send(QueueUrl, 'x');
    await clock.advance(60_000);
    expect(functions.invocations).toEqual([]);
    await squab.control.reset();
    expect(await lambda('GET', MAPPINGS)).toEqual({ EventSourceMappings: [] });
  });
});

describe('a reset of other queues', () => {
  it('does not make a function get messages again that it is working on', async () => {
    const { functions, feed, send, squab, clock, counts } = await fed();
    functions.handle = () => undefined;
    const { QueueUrl } = await feed({}, { VisibilityTimeout: '30' });
    await send(QueueUrl, 'a');
    const { answer } = await functions.next();
    await squab.control.reset({ account: '111111111111' });
    answer();
    await clock.advance(60_000);
    expect(functions.bodies).toEqual([['a']]);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });

  it('does not drop the messages that a batch has so far', async () => {
    const { functions, feed, send, squab, clock } = await fed();
    const { QueueUrl } = await feed({ BatchSize: 2, MaximumBatchingWindowInSeconds: 10 });
    await send(QueueUrl, 'a');
    await clock.advance(5000);
    await squab.control.reset({ prefix: 'other' });
    await send(QueueUrl, 'b');
    expect((await functions.next()).bodies).toEqual(['a', 'b']);
  });
});

describe.each(['restored snapshot', 'reset'])('messages that a %s has removed', (how) => {
  const replaceWith = async ({ squab }: Fed) => {
    await squab.control.snapshots.take('empty');
    return () => (how === 'reset' ? squab.control.reset() : squab.control.snapshots.restore('empty'));
  };

  it('are no longer retried by a function that could not be invoked', async () => {
    const given = await fed();
    const { functions, feed, send, clock } = given;
    functions.handle = () => ({ status: 503 });
    const { QueueUrl } = await feed();
    const replace = await replaceWith(given);
    await send(QueueUrl, 'a');
    await functions.next();
    await replace();
    await clock.advance(60_000);
    expect(functions.invocations).toHaveLength(1);
  });

  it('do not reach an emulator that was busy before', async () => {
    const given = await fed({ path: EMULATOR_PATH });
    const { functions, feed, send, lambda, clock, counts } = given;
    functions.handle = () => undefined;
    const { QueueUrl } = await feed();
    const replace = await replaceWith(given);
    const invoked = lambda('POST', '/2015-03-31/functions/f/invocations', {});
    const { answer } = await functions.next();
    await send(QueueUrl, 'a');
    await eventually(async () => expect(await counts(QueueUrl)).toEqual([0, 1]));
    await replace();
    answer();
    await invoked;
    await clock.advance(60_000);
    expect(functions.invocations).toHaveLength(1);
  });
});

describe('a restored snapshot', () => {
  it('has the mappings of that time, and feeds functions from its messages', async () => {
    const { feed, squab, lambda, functions, send, counts, clock } = await fed();
    functions.handle = () => ({ status: 500 });
    const { QueueUrl, mapping } = await feed({}, { VisibilityTimeout: '30' });
    await send(QueueUrl, 'a');
    await functions.next();
    await squab.control.snapshots.take('before');
    await lambda('DELETE', `${MAPPINGS}/${mapping.UUID}`);
    await clock.advance(60_000);
    expect(functions.invocations).toHaveLength(1);
    functions.handle = () => ({});
    await squab.control.snapshots.restore('before');
    expect(await lambda('GET', `${MAPPINGS}/${mapping.UUID}`)).toMatchObject({ State: 'Enabled' });
    await clock.advance(30_000);
    expect(functions.bodies).toEqual([['a'], ['a']]);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });

  it('is not changed by a batch that was in progress', async () => {
    const { feed, squab, functions, send, counts, clock } = await fed();
    functions.handle = () => undefined;
    const { QueueUrl } = await feed({}, { VisibilityTimeout: '30' });
    await squab.control.snapshots.take('empty');
    await send(QueueUrl, 'a');
    const { answer } = await functions.next();
    await squab.control.snapshots.restore('empty');
    answer();
    await clock.advance(60_000);
    expect(functions.invocations).toHaveLength(1);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
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
