import { describe, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import { PostgresStore } from '../../src/storage/postgres/postgres-store.ts';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { StoreUnavailable } from '../../src/storage/store.ts';
import { type Fixture, overBothWires } from '../helpers.ts';

overBothWires("AWS's 60-second waiting periods", (fixture) => {
  it('are off by default', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    for (let time = 0; time < 2; time++) await call('PurgeQueue', { QueueUrl });
    await call('DeleteQueue', { QueueUrl });
    expect(await queue()).toBe(QueueUrl);
  });

  it('prevent another purge of a queue for 60 seconds after the last successful one', async () => {
    const { call, queue, clock } = await fixture({ cooldowns: true });
    const QueueUrl = await queue();
    await call('PurgeQueue', { QueueUrl });
    await call('PurgeQueue', { QueueUrl: await queue('other') });
    await clock.advance(59_999);
    await expect(call('PurgeQueue', { QueueUrl })).rejects.toMatchObject({
      status: 403,
      code: 'AWS.SimpleQueueService.PurgeQueueInProgress',
      message: 'Only one PurgeQueue operation on q is allowed every 60 seconds.',
    });
    await clock.advance(1);
    expect(await call('PurgeQueue', { QueueUrl })).toEqual({});
  });

  it('do not begin with a purge that fails', async () => {
    const { call, queue, clock } = await fixture({ cooldowns: true });
    const QueueUrl = await queue();
    for (const { prototype } of [MemoryStore, SqliteStore, PostgresStore]) {
      vi.spyOn(prototype, 'purge').mockRejectedValueOnce(new StoreUnavailable('The storage is full.'));
    }
    await expect(call('PurgeQueue', { QueueUrl })).rejects.toMatchObject({ status: 503 });
    await call('PurgeQueue', { QueueUrl });
    // Neither does one that fails end the period of one that succeeded.
    await clock.advance(60_000);
    const [first, second] = await Promise.allSettled([
      call('PurgeQueue', { QueueUrl }),
      call('PurgeQueue', { QueueUrl }),
    ]);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
    await expect(call('PurgeQueue', { QueueUrl })).rejects.toMatchObject({ status: 403 });
  });

  it('last 60 seconds even if the clock is set back', async () => {
    const { call, queue, clock } = await fixture({ cooldowns: true });
    const QueueUrl = await queue();
    await call('DeleteQueue', { QueueUrl: await queue('deleted') });
    await call('PurgeQueue', { QueueUrl });
    await clock.advance(20_000);
    await clock.set(clock.now() - 3_600_000);
    await clock.advance(39_999);
    await expect(call('PurgeQueue', { QueueUrl })).rejects.toMatchObject({ status: 403 });
    await clock.advance(1);
    await call('PurgeQueue', { QueueUrl });
    await queue('deleted');
  });

  it("prevent a deleted queue's name from being used", async () => {
    const { call, queue, clock } = await fixture({ cooldowns: true });
    const QueueUrl = await queue();
    await call('DeleteQueue', { QueueUrl });
    await clock.advance(59_999);
    await expect(queue()).rejects.toMatchObject({
      status: 400,
      code: 'AWS.SimpleQueueService.QueueDeletedRecently',
      message: 'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
    });
    await call('CreateQueue', { QueueName: 'q' }, { region: 'eu-west-1' });
    await clock.advance(1);
    expect(await queue()).toBe(QueueUrl);
  });
});

overBothWires('A change of DeduplicationScope and FifoThroughputLimit', (fixture) => {
  const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
  const high = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
  const normal = { FifoThroughputLimit: 'perQueue', DeduplicationScope: 'queue' };

  /** Resolves to whether the same message in another group is a duplicate, which depends on the scope. */
  const scopeOf = async ({ call }: Fixture, QueueUrl: string, body: string) => {
    const send = (MessageGroupId: string) => call('SendMessage', { QueueUrl, MessageBody: body, MessageGroupId });
    return (await send('a')).MessageId === (await send('b')).MessageId ? 'queue' : 'messageGroup';
  };

  it('takes effect immediately by default', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', fifo);
    expect(await scopeOf(f, QueueUrl, '1')).toBe('queue');
    await f.call('SetQueueAttributes', { QueueUrl, Attributes: high });
    expect(await scopeOf(f, QueueUrl, '2')).toBe('messageGroup');
  });

  it('takes effect 60 seconds later with --cooldowns, and is reported immediately', async () => {
    const f = await fixture({ cooldowns: true });
    const { call, clock } = f;
    const QueueUrl = await f.queue('q.fifo', fifo);
    await call('SetQueueAttributes', { QueueUrl, Attributes: high });
    expect((await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })).Attributes).toMatchObject(high);
    await clock.advance(59_999);
    expect(await scopeOf(f, QueueUrl, '1')).toBe('queue');
    await clock.advance(1);
    expect(await scopeOf(f, QueueUrl, '2')).toBe('messageGroup');
  });

  it('takes effect change by change with --cooldowns, each after its own 60 seconds', async () => {
    const f = await fixture({ cooldowns: true });
    const { call, clock } = f;
    const QueueUrl = await f.queue('q.fifo', { ...fifo, ...high });
    expect(await scopeOf(f, QueueUrl, 'new queue')).toBe('messageGroup');
    await call('SetQueueAttributes', { QueueUrl, Attributes: normal });
    await call('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: '5' } });
    await clock.advance(30_000);
    await call('SetQueueAttributes', { QueueUrl, Attributes: high });
    expect(await scopeOf(f, QueueUrl, 'at 30')).toBe('messageGroup');
    await clock.advance(30_000);
    expect(await scopeOf(f, QueueUrl, 'at 60')).toBe('queue');
    await clock.advance(30_000);
    expect(await scopeOf(f, QueueUrl, 'at 90')).toBe('messageGroup');
  });

  it('also delays the throughput quota with --cooldowns and --fifo-quotas', async () => {
    const f = await fixture({ cooldowns: true, fifoQuotas: true });
    const { call, clock } = f;
    const QueueUrl = await f.queue('q.fifo', fifo);
    await call('SetQueueAttributes', { QueueUrl, Attributes: high });
    const receives = (count: number) =>
      Promise.all(Array.from({ length: count }, () => call('ReceiveMessage', { QueueUrl })));
    await expect(receives(301)).rejects.toMatchObject({ code: 'ThrottlingException' });
    await clock.advance(60_000);
    await receives(301);
  });

  it('takes effect immediately once the queue or everything is reset', async () => {
    const f = await fixture({ cooldowns: true });
    const QueueUrl = await f.queue('q.fifo', fifo);
    await f.squab.control.snapshots.take('s');
    await f.call('SetQueueAttributes', { QueueUrl, Attributes: high });
    await f.squab.control.snapshots.restore('s');
    expect(await scopeOf(f, QueueUrl, '1')).toBe('queue');
    await f.call('SetQueueAttributes', { QueueUrl, Attributes: high });
    await f.squab.control.reset();
    expect(await scopeOf(f, await f.queue('q.fifo', { ...fifo, ...high }), '2')).toBe('messageGroup');
  });
});

describe('Quotas', () => {
  overBothWires('The quotas of FIFO queues', (fixture) => {
    const throttled = { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' };
    const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
    const times = (count: number, call: () => Promise<unknown>) => Promise.all(Array.from({ length: count }, call));

    it('are off by default', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue('q.fifo', fifo);
      expect(await times(301, () => call('ReceiveMessage', { QueueUrl }))).toHaveLength(301);
    });

    it('are 300 calls per second for each action of a queue', async () => {
      const { call, queue, clock } = await fixture({ fifoQuotas: true });
      const QueueUrl = await queue('q.fifo', fifo);
      await times(300, () => call('ReceiveMessage', { QueueUrl }));
      await expect(call('ReceiveMessage', { QueueUrl })).rejects.toMatchObject(throttled);
      await call('SendMessage', { QueueUrl, MessageBody: 'm', MessageGroupId: 'g' });
      await call('ReceiveMessage', { QueueUrl: await queue() });
      await clock.advance(1000);
      expect((await call('ReceiveMessage', { QueueUrl })).Messages).toHaveLength(1);
    });

    it('are 300 sends per second for each message group with high throughput', async () => {
      const { call, queue } = await fixture({ fifoQuotas: true });
      const high = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
      const QueueUrl = await queue('q.fifo', { ...fifo, ...high });
      const send = (MessageGroupId: string) => call('SendMessage', { QueueUrl, MessageBody: 'm', MessageGroupId });
      await times(300, () => send('a'));
      await expect(send('a')).rejects.toMatchObject(throttled);
      await send('b');
    });
  });
});
