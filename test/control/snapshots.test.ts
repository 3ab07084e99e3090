/** Snapshots: returning to a known state. */

import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { type Fixture, overBothWires, setup, temporaryFolder } from '../helpers.ts';
import { control } from './client.ts';

const T0 = Date.UTC(2026, 0, 1);
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

const countOf = async ({ call }: Fixture, QueueUrl: string): Promise<number> => {
  const name = 'ApproximateNumberOfMessages';
  return Number((await call('GetQueueAttributes', { QueueUrl, AttributeNames: [name] })).Attributes[name]);
};

overBothWires('a snapshot', (fixture) => {
  it('restores queues, messages and the time, any number of times', async () => {
    const made = await fixture();
    const { call, queue, squab, clock } = made;
    const { get, post, put } = control(squab.url);
    const QueueUrl = await queue('q', { VisibilityTimeout: '60' });
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    await call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 10 });
    const taken = { name: 'orders placed', takenAt: new Date(T0).toISOString(), queues: 1, messages: 2, topics: 0 };
    expect(await put('/snapshots/orders%20placed')).toEqual(taken);
    for (let round = 0; round < 2; round++) {
      await clock.advance(10_000);
      const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
      expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(['hello', 'late']);
      await call('DeleteQueue', { QueueUrl });
      await call('CreateQueue', { QueueName: 'other' });
      expect(await post('/snapshots/orders%20placed/restore')).toEqual(taken);
      expect(clock.now()).toBe(T0);
      expect((await call('ListQueues')).QueueUrls).toEqual([QueueUrl]);
      expect(await countOf(made, QueueUrl)).toBe(1);
    }
    expect(await get('/snapshots')).toEqual({ snapshots: [taken] });
  });

  it('sets only a frozen clock, unless the restore says otherwise', async () => {
    const { squab, clock } = await fixture();
    const { snapshots } = squab.control;
    await snapshots.take('s');
    await clock.advance(5000);
    await snapshots.restore('s', { clock: false });
    expect(clock.now()).toBe(T0 + 5000);
    clock.resume();
    await snapshots.restore('s');
    expect(clock.now()).toBeGreaterThanOrEqual(T0 + 5000);
    await snapshots.restore('s', { clock: true });
    expect(clock.now()).toBeLessThan(T0 + 5000);
    expect(clock.frozen).toBe(false);
  });

  it('wakes long polls: they end if their queue is gone, and otherwise receive the restored messages', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue('q');
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    await squab.control.snapshots.take('s');
    await call('PurgeQueue', { QueueUrl });
    const gone = await queue('gone');
    const polls = [QueueUrl, gone].map((url) => call('ReceiveMessage', { QueueUrl: url, WaitTimeSeconds: 20 }));
    const settled = Promise.allSettled(polls);
    await call('ListQueues');
    await squab.control.snapshots.restore('s');
    const [found, refused] = await settled;
    expect(found).toMatchObject({ status: 'fulfilled', value: { Messages: [{ Body: 'hello' }] } });
    expect(refused).toMatchObject({ reason: { code: 'AWS.SimpleQueueService.NonExistentQueue' } });
  });

  it('that cannot be restored for the time being changes neither the clock nor what waits', async () => {
    const data = temporaryFolder();
    const { call, queue, squab, clock } = await fixture({ data });
    const QueueUrl = await queue('q');
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    await squab.control.snapshots.take('s');
    await call('PurgeQueue', { QueueUrl });
    await clock.advance(60_000);
    let ended = false;
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }).finally(() => {
      ended = true;
    });
    while ((await squab.control.queues.get('q')).waitingReceives === 0);
    await clock.advance(0);
    const [file, hidden] = [join(data, 'squab.db'), join(data, 'hidden')];
    renameSync(file, hidden);
    await expect(squab.control.snapshots.restore('s')).rejects.toThrow(`${file} is gone`);
    renameSync(hidden, file);
    expect(clock.now()).toBe(T0 + 60_000);
    await clock.advance(19_999);
    await call('ListQueues');
    expect(ended).toBe(false);
    await squab.control.snapshots.restore('s');
    expect(clock.now()).toBe(T0);
    expect((await poll).Messages).toMatchObject([{ Body: 'hello' }]);
  });

  it('lets a long poll continue and receive a message that becomes visible later', async () => {
    const { call, queue, squab, clock } = await fixture();
    const QueueUrl = await queue('q');
    await call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 5 });
    await squab.control.snapshots.take('s');
    await call('PurgeQueue', { QueueUrl });
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    await call('ListQueues');
    await squab.control.snapshots.restore('s');
    await clock.advance(5000);
    expect((await poll).Messages).toMatchObject([{ Body: 'late' }]);
  });

  it('resumes a move task that was running when it was taken, and ends one that was not', async () => {
    const made = await fixture();
    const { call, queue, squab, clock } = made;
    const QueueUrl = await queue('dead');
    const target = await queue('target');
    await queue('source', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: '1' }),
    });
    for (let sent = 0; sent < 10; sent++) await call('SendMessage', { QueueUrl, MessageBody: `${sent}` });
    await squab.control.snapshots.take('idle');
    const task = { SourceArn: arn('dead'), DestinationArn: arn('target'), MaxNumberOfMessagesPerSecond: 1 };
    await call('StartMessageMoveTask', task);
    await clock.advance(3000);
    const moved = await countOf(made, target);
    await squab.control.snapshots.take('moving');
    await clock.advance(30_000);
    expect(await countOf(made, target)).toBe(10);

    await squab.control.snapshots.restore('moving');
    const status = async () => (await call('ListMessageMoveTasks', { SourceArn: arn('dead') })).Results?.[0]?.Status;
    expect(await status()).toBe('RUNNING');
    await clock.advance(0);
    // As after a restart, its rate limit starts over, with one message immediately.
    expect(await countOf(made, target)).toBe(moved + 1);
    await clock.advance(30_000);
    expect([await status(), await countOf(made, target)]).toEqual(['COMPLETED', 10]);

    await squab.control.snapshots.restore('moving');
    await squab.control.snapshots.restore('idle');
    await clock.advance(30_000);
    expect([await status(), await countOf(made, target), await countOf(made, QueueUrl)]).toEqual([undefined, 0, 10]);
    await call('StartMessageMoveTask', task);
  });

  it('makes older receipt handles valid again, and newer ones invalid', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue('q');
    for (const MessageBody of ['one', 'two']) await call('SendMessage', { QueueUrl, MessageBody });
    const handle = async () => (await call('ReceiveMessage', { QueueUrl })).Messages[0].ReceiptHandle;
    const before = await handle();
    await squab.control.snapshots.take('s');
    const after = await handle();
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: before });
    await squab.control.snapshots.restore('s');
    const again = await handle();
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: after });
    await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: again, VisibilityTimeout: 0 });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toMatchObject([{ Body: 'two' }]);
    await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: before, VisibilityTimeout: 0 });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toMatchObject([{ Body: 'one' }]);
  });

  it('survives a reset', async () => {
    const { call, queue, squab } = await fixture();
    await queue('q');
    await squab.control.snapshots.take('s');
    await squab.control.reset();
    await squab.control.snapshots.restore('s');
    expect((await call('ListQueues')).QueueUrls).toHaveLength(1);
  });
});

describe('snapshots', () => {
  it('are limited to a hundred, and an existing one can be replaced', async () => {
    const { squab } = await setup();
    const { put, remove } = control(squab.url);
    for (let taken = 0; taken < 100; taken++) await squab.control.snapshots.take(`s${taken}`);
    await expect(put('/snapshots/more')).rejects.toThrow(
      '409 There are already 100 snapshots, which is the maximum. Remove one first.',
    );
    await put('/snapshots/s0');
    await remove('/snapshots/s1');
    await put('/snapshots/more');
  });

  it('can be removed, and errors about unknown ones list the existing ones', async () => {
    const { squab } = await setup();
    const { get, post, put, remove } = control(squab.url);
    await expect(post('/snapshots/x/restore')).rejects.toThrow(
      '404 Snapshot "x" does not exist. There are no snapshots; take one first.',
    );
    await put('/snapshots/a');
    await put('/snapshots/b');
    await expect(remove('/snapshots/x')).rejects.toThrow(
      '404 Snapshot "x" does not exist. The snapshots are: "a", "b".',
    );
    expect(await remove('/snapshots/a')).toEqual({ removed: 'a' });
    expect((await get('/snapshots')).snapshots).toMatchObject([{ name: 'b' }]);
    await expect(put(`/snapshots/${'x'.repeat(81)}`)).rejects.toThrow('400 "name" is invalid: ');
    await expect(post('/snapshots/b/restore', { clok: true })).rejects.toThrow(
      '400 "clok" is unknown. Did you mean "clock"?',
    );
  });

  it('cannot set a clock that is not a VirtualClock', async () => {
    const own = new VirtualClock();
    const clock = { now: () => own.now(), at: own.at.bind(own) };
    const { squab } = await setup({ clock });
    await squab.control.snapshots.take('s');
    await squab.control.snapshots.restore('s');
    await expect(squab.control.snapshots.restore('s', { clock: true })).rejects.toThrow('not a VirtualClock');
  });

  it('are restored one after another, and listeners are called', async () => {
    const { squab, client } = await setup();
    const { snapshots } = squab.control;
    const restored: string[] = [];
    snapshots.onRestore(({ name }) => restored.push(name));
    await snapshots.take('none');
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    await snapshots.take('one');
    await Promise.all([snapshots.restore('none'), snapshots.restore('one')]);
    expect(restored).toEqual(['none', 'one']);
    expect((await client('JSON').call('ListQueues')).QueueUrls).toHaveLength(1);
  });
});
