import { describe, expect, it, vi } from 'vitest';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { StoreUnavailable } from '../../src/storage/store.ts';
import { overBothWires } from '../helpers.ts';

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
    const purge = vi.spyOn(SqliteStore.prototype, 'purge');
    purge.mockRejectedValueOnce(new StoreUnavailable('The disk is full.'));
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
