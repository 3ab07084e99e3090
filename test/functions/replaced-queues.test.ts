/** What functions get of queues that a reset removes, or that a restored snapshot replaces. */

import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Fed, fed, MAPPINGS } from './fed.ts';
import { EMULATOR_PATH } from './function-server.ts';

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

  it('feeds functions once from messages that have become visible', async () => {
    const { feed, squab, functions, send, counts, clock } = await fed();
    functions.handle = () => ({ status: 500 });
    const { QueueUrl } = await feed({ BatchSize: 1 });
    await send(QueueUrl, 'a', 'b', 'c');
    await clock.advance(0);
    await squab.control.snapshots.take('before');
    functions.handle = () => ({});
    await clock.advance(30_000);
    for (let restore = 1; restore <= 3; restore++) {
      functions.invocations.length = 0;
      await squab.control.snapshots.restore('before', { clock: false });
      await clock.advance(60_000);
      expect(functions.bodies.flat().sort()).toEqual(['a', 'b', 'c']);
      expect(await counts(QueueUrl)).toEqual([0, 0]);
    }
  });

  it('sets the clock back without feeding functions from messages that it removes', async () => {
    const { feed, squab, functions, send, counts, clock } = await fed();
    functions.handle = () => ({ status: 503 });
    const throttled = await feed();
    const waiting = await feed({ BatchSize: 2, MaximumBatchingWindowInSeconds: 60 }, {}, 'waiting');
    await squab.control.snapshots.take('empty');
    await send(throttled.QueueUrl, 'a');
    await send(waiting.QueueUrl, 'b');
    await functions.next();
    await clock.advance(500);
    await squab.control.snapshots.restore('empty');
    await clock.advance(120_000);
    expect(functions.bodies).toEqual([['a']]);
    expect(await counts(waiting.QueueUrl)).toEqual([0, 0]);
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
