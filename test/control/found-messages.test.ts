/** Messages are found by their IDs because they exist, whatever the journal saw happen to them. */

import { expect, it } from 'vitest';
import { type Output, overBothWires } from '../helpers.ts';
import { arnOf, latestTask } from '../queues/redrive/dead-letters.ts';
import { control } from './client.ts';

overBothWires('messages', (fixture) => {
  it.each(['deleted', 'expired', 'purged', 'dead-lettered', 'moved', 'lost with their queue'])(
    'that were %s can be found, moved, sent again and deleted after a snapshot brought them back',
    async (fate) => {
      const made = await fixture();
      const { call, queue, squab, clock } = made;
      const { get, post, put, remove } = control(squab.url);
      const dlq = await queue('dlq');
      const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
      const RedrivePolicy = JSON.stringify(policy);
      const QueueUrl = await queue('q', { RedrivePolicy, MessageRetentionPeriod: '60' });
      const home = fate === 'moved' ? dlq : QueueUrl;
      const { MessageId } = await call('SendMessage', { QueueUrl: home, MessageBody: 'x' });
      await put('/snapshots/s');
      if (fate === 'deleted') await remove(`/messages/${MessageId}`);
      if (fate === 'expired') await clock.advance(60_000);
      if (fate === 'purged') await call('PurgeQueue', { QueueUrl });
      if (fate === 'dead-lettered') await post(`/messages/${MessageId}/dead-letter`);
      if (fate === 'lost with their queue') await call('DeleteQueue', { QueueUrl });
      if (fate === 'moved') {
        await call('StartMessageMoveTask', { SourceArn: arnOf('dlq'), DestinationArn: arnOf('q') });
        expect(await latestTask(made)).toMatchObject({ Status: 'COMPLETED' });
      }
      await post('/snapshots/s/restore');
      const name = fate === 'moved' ? 'dlq' : 'q';
      const here = { messageId: MessageId, queue: { name } };
      expect(await get(`/messages/${MessageId}`)).toMatchObject({ ...here, body: 'x', state: 'visible' });
      expect(await get(`/messages/${MessageId}?queue=${name}`)).toMatchObject(here);
      expect(await get(`/messages/${MessageId}/history`)).toMatchObject({ ...here, present: true });
      const listed = (await get('/messages')).messages.find((one: Output) => one.messageId === MessageId);
      expect(listed).toMatchObject({ present: true });
      const again = await post(`/messages/${MessageId}/replay`);
      expect(again).toMatchObject({ queue: { name } });
      await remove(`/messages/${again.messageId}`);
      if (name === 'q')
        expect(await post(`/messages/${MessageId}/dead-letter`)).toMatchObject({ queue: { name: 'dlq' } });
      expect(await remove(`/messages/${MessageId}`)).toEqual({});
      await expect(get(`/messages/${MessageId}`)).rejects.toThrow('no longer exists');
      expect(await get(`/messages/${MessageId}/history`)).toMatchObject({ present: false });
    },
  );

  it('that were sent after a snapshot was taken are gone once it is restored', async () => {
    const { call, queue, squab } = await fixture();
    const { get, post, put } = control(squab.url);
    const QueueUrl = await queue();
    await put('/snapshots/s');
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    await post('/snapshots/s/restore');
    await expect(get(`/messages/${MessageId}`)).rejects.toThrow(`404 Message ${MessageId} no longer exists`);
    expect((await get('/messages')).messages).toMatchObject([{ messageId: MessageId, present: false }]);
  });

  it('whose queue is deleted after a snapshot has undone its purge are gone', async () => {
    const { call, queue, squab } = await fixture();
    const { get, post, put } = control(squab.url);
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    await put('/snapshots/s');
    await call('PurgeQueue', { QueueUrl });
    await post('/snapshots/s/restore');
    await call('DeleteQueue', { QueueUrl });
    const [message] = (await get('/messages')).messages;
    expect(message.present).toBe(false);
    expect(message.events.map(({ kind }: Output) => kind)).toEqual(['sent', 'purged', 'queue-deleted']);
  });

  it('that a restore brought back after they were deleted are gone after a purge', async () => {
    const { call, queue, squab } = await fixture();
    const { get, post, put, remove } = control(squab.url);
    const QueueUrl = await queue();
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    await put('/snapshots/s');
    await remove(`/messages/${MessageId}`);
    await post('/snapshots/s/restore');
    await call('ReceiveMessage', { QueueUrl });
    await call('PurgeQueue', { QueueUrl });
    const [message] = (await get('/messages')).messages;
    expect(message.present).toBe(false);
    expect(message.events.map(({ kind }: Output) => kind)).toEqual(['sent', 'deleted', 'received', 'purged']);
  });

  it('that were received before a restore brought back their purge are gone', async () => {
    const { call, queue, squab } = await fixture();
    const { get, post, put } = control(squab.url);
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    await put('/snapshots/before');
    await call('PurgeQueue', { QueueUrl });
    await put('/snapshots/after');
    await post('/snapshots/before/restore');
    await call('ReceiveMessage', { QueueUrl });
    await post('/snapshots/after/restore');
    const [message] = (await get('/messages')).messages;
    expect(message.present).toBe(false);
    expect(message.events.map(({ kind }: Output) => kind)).toEqual(['sent', 'purged', 'received']);
  });

  it('that a move task made are gone once a restore has undone the move', async () => {
    const made = await fixture();
    const { call, queue, squab } = made;
    const { get, post, put } = control(squab.url);
    const dlq = await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
    await queue('q', { RedrivePolicy: JSON.stringify(policy) });
    const { MessageId } = await call('SendMessage', { QueueUrl: dlq, MessageBody: 'x' });
    await put('/snapshots/s');
    await call('StartMessageMoveTask', { SourceArn: arnOf('dlq'), DestinationArn: arnOf('q') });
    expect(await latestTask(made)).toMatchObject({ Status: 'COMPLETED' });
    await post('/snapshots/s/restore');
    const { messages } = await get('/messages');
    const present = messages.map((message: Output) => [message.messageId === MessageId, message.present]);
    expect(present).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('that were dead-lettered after a snapshot was taken are present once it is restored, even if they were sent long ago', async () => {
    const { call, queue, squab } = await fixture({ journal: 1 });
    const { get, post, put } = control(squab.url);
    await queue('dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 });
    const QueueUrl = await queue('q', { RedrivePolicy });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    await call('SendMessage', { QueueUrl, MessageBody: 'y' });
    await put('/snapshots/s');
    await call('ReceiveMessage', { QueueUrl });
    await post(`/messages/${MessageId}/dead-letter`);
    await post('/snapshots/s/restore');
    const restored = { messageId: MessageId, present: true, queue: { name: 'q' } };
    expect((await get('/messages')).messages).toMatchObject([restored]);
  });

  it('that expire as a snapshot is restored are gone, and named in the event', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { events, messages, snapshots } = squab.control;
    const QueueUrl = await queue('q', { MessageRetentionPeriod: '60' });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    await snapshots.take('s');
    await messages.delete(MessageId);
    await clock.advance(60_000);
    const last = events.lastId;
    await snapshots.restore('s', { clock: false });
    const { value: event } = await events.follow({}, last).next();
    expect(event).toMatchObject({ kind: 'expired', messageId: MessageId });
    expect(messages.recent()).toMatchObject([{ messageId: MessageId, present: false }]);
    await expect(messages.find(MessageId)).rejects.toThrow('no longer exists');
  });

  // In a FIFO dead-letter queue a message gets a new key, which a restore takes back, or gives to it once more.
  it.each(['', '.fifo'])('that snapshots move between queues keep their IDs in events (%s)', async (suffix) => {
    const { call, queue, squab } = await fixture();
    const { events, messages, snapshots } = squab.control;
    const fifo: Record<string, string> = suffix ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : {};
    await queue(`dlq${suffix}`, fifo);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(`dlq${suffix}`), maxReceiveCount: 1 });
    const QueueUrl = await queue(`q${suffix}`, { ...fifo, RedrivePolicy });
    const sent = { QueueUrl, MessageBody: 'x', ...(suffix && { MessageGroupId: 'g' }) };
    const { MessageId } = await call('SendMessage', sent);
    await snapshots.take('in q');
    await messages.deadLetter(MessageId);
    await snapshots.take('in dlq');
    for (const name of ['q', 'dlq', 'q', 'q', 'dlq', 'dlq']) {
      await snapshots.restore(`in ${name}`);
      const [here, elsewhere] = [name, name === 'q' ? 'dlq' : 'q'].map((one) => `${one}${suffix}`);
      const listed = (queueName: string) => messages.recent(queueName).map(({ messageId }) => messageId);
      expect([listed(here!), listed(elsewhere!)]).toEqual([[MessageId], []]);
      const last = events.lastId;
      await messages.makeVisible(MessageId);
      await messages.delete(MessageId);
      const { value: event } = await events.follow({}, last).next();
      expect(event).toMatchObject({ kind: 'deleted', messageId: MessageId, queue: { name: here } });
    }
  });

  it.each(['deleted', 'purged', 'expired'])(
    'are found by the ID that a fault rule gave to a copy, after the original was %s',
    async (fate) => {
      const { call, queue, squab, clock } = await fixture();
      const { get, put, remove } = control(squab.url);
      const QueueUrl = await queue('q', { MessageRetentionPeriod: '60' });
      const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
      await clock.advance(30_000);
      await put('/faults/twice', { effect: { type: 'duplicate' } });
      const { Messages } = await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 600 });
      await remove('/faults/twice');
      const { ReceiptHandle } = Messages[0];
      // A purge takes all messages of the queue, so the copy is moved to another one.
      if (fate === 'purged') {
        await call('CreateQueue', { QueueName: 'dlq' });
        const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
        await call('SetQueueAttributes', { QueueUrl, Attributes: { RedrivePolicy: JSON.stringify(policy) } });
        for (let round = 0; round < 2; round++) await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
        await call('PurgeQueue', { QueueUrl });
      }
      if (fate === 'deleted') await call('DeleteMessage', { QueueUrl, ReceiptHandle });
      if (fate === 'expired') await clock.advance(30_000);
      const name = fate === 'purged' ? 'dlq' : 'q';
      expect(await get(`/messages/${MessageId}`)).toMatchObject({ queue: { name }, state: 'visible' });
      const history = await get(`/messages/${MessageId}/history`);
      expect(history).toMatchObject({ present: true, queue: { name } });
      expect(history.events.filter(({ kind }: Output) => kind === 'sent')).toHaveLength(2);
      expect(await remove(`/messages/${MessageId}`)).toEqual({});
      await expect(get(`/messages/${MessageId}`)).rejects.toThrow('no longer exists');
    },
  );
});
