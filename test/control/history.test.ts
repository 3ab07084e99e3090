/** The history of a message over HTTP, including those of deleted messages that the journal still knows. */

import { describe, expect, it } from 'vitest';
import { type Output, overBothWires, setup } from '../helpers.ts';
import { arnOf, latestTask } from '../queues/redrive/dead-letters.ts';
import { control } from './client.ts';

const T0 = Date.UTC(2026, 0, 1);
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();
const kinds = ({ events }: Output) => events.map(({ kind }: Output) => kind);

overBothWires('the history of a message', (fixture) => {
  it('shows who received it and when, changes of its visibility, and its deletion', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue('q', { VisibilityTimeout: '5' });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'order', DelaySeconds: 1 });
    const receive = async (worker: string) =>
      (await call('ReceiveMessage', { QueueUrl }, { account: worker, headers: { 'user-agent': 'sdk/1' } })).Messages[0];
    await clock.advance(1000);
    await call('ReceiveMessage', { QueueUrl }, { account: 'one', headers: { 'user-agent': 'sdk/1' } });
    await clock.advance(5000);
    const { ReceiptHandle } = await receive('two');
    await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 60 });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle });
    const history = await get(`/messages/${MessageId}/history`);
    expect(history).toMatchObject({ messageId: MessageId, queue: { name: 'q' }, present: false });
    expect(history.content).toMatchObject({ body: 'order' });
    expect(history.events).toMatchObject([
      { at: iso(0), kind: 'sent', body: 'order', text: `Sent to q, delayed until ${iso(1)}.` },
      {
        ...{ at: iso(1), kind: 'received', receiveCount: 1, receiver: 'one with sdk/1 from 127.0.0.1' },
        text: `Received for the 1st time, by one with sdk/1 from 127.0.0.1; hidden until ${iso(6)}.`,
      },
      { at: iso(6), kind: 'received', receiveCount: 2, receiver: 'two with sdk/1 from 127.0.0.1' },
      { at: iso(6), kind: 'visibility-changed', visibleAt: iso(66), text: `Hidden until ${iso(66)}.` },
      { at: iso(6), kind: 'deleted', text: 'Deleted from q.' },
    ]);
    await expect(get(`/messages/${MessageId}`)).rejects.toThrow(`404 Message ${MessageId} no longer exists. GET`);
  });

  it('continues in the dead-letter queue, and in the queue that a message move task moves it to', async () => {
    const made = await fixture();
    const { call, queue, squab } = made;
    const { get } = control(squab.url);
    await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
    const QueueUrl = await queue('q', { RedrivePolicy: JSON.stringify(policy) });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'bad' });
    for (let time = 0; time < 2; time++) await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
    const inDlq = await get(`/messages/${MessageId}/history`);
    expect([kinds(inDlq), inDlq.queue.name, inDlq.present]).toEqual([
      ['sent', 'received', 'dead-lettered'],
      'dlq',
      true,
    ]);
    expect(inDlq.events[2].text).toBe('Moved from q to its dead-letter queue dlq.');
    await call('StartMessageMoveTask', { SourceArn: arnOf('dlq') });
    expect(await latestTask(made)).toMatchObject({ Status: 'COMPLETED' });
    const moved = await get(`/messages/${MessageId}/history`);
    expect([kinds(moved).at(-1), moved.present]).toEqual(['moved', false]);
    const { Messages } = await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
    const back = await get(`/messages/${Messages[0].MessageId}/history`);
    expect([kinds(back).at(-1), back.queue.name, back.present, back.content.body]).toEqual([
      'received',
      'q',
      true,
      'bad',
    ]);
  });

  it('shows deduplicated sends, expiry, and the purge or deletion of its queue', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', MessageRetentionPeriod: '60' });
    const send = (MessageDeduplicationId: string) =>
      call('SendMessage', { QueueUrl, MessageBody: 'order', MessageGroupId: 'g', MessageDeduplicationId });
    const { MessageId } = await send('k');
    await send('k');
    await clock.advance(60_000);
    const expired = await get(`/messages/${MessageId}/history`);
    expect([kinds(expired), expired.present]).toEqual([['sent', 'deduplicated', 'expired'], false]);
    const purged = await send('l');
    await call('PurgeQueue', { QueueUrl });
    expect(kinds(await get(`/messages/${purged.MessageId}/history`))).toEqual(['sent', 'purged']);
    const last = await send('m');
    await call('DeleteQueue', { QueueUrl });
    const deleted = await get(`/messages/${last.MessageId}/history`);
    expect([kinds(deleted), deleted.present]).toEqual([['sent', 'queue-deleted'], false]);
  });
});

describe('the history of a message', () => {
  it('says whether the message exists after a snapshot was restored', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    const { get, post, put } = control(squab.url);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const before = await call('SendMessage', { QueueUrl, MessageBody: 'before' });
    await put('/snapshots/s');
    const after = await call('SendMessage', { QueueUrl, MessageBody: 'after' });
    await squab.control.messages.delete(before.MessageId);
    const present = async () =>
      Promise.all([before, after].map(async ({ MessageId }) => (await get(`/messages/${MessageId}/history`)).present));
    expect(await present()).toEqual([false, true]);
    await post('/snapshots/s/restore');
    expect(await present()).toEqual([true, false]);
  });
});

describe('the journal', () => {
  const sender = async (journal: number) => {
    const { squab, client } = await setup({ journal });
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const send = async (MessageBody: string) =>
      (await call('SendMessage', { QueueUrl, MessageBody })).MessageId as string;
    return { squab, call, QueueUrl, send, ...control(squab.url) };
  };

  it('lists the messages that it keeps, latest first', async () => {
    const { send, get, remove } = await sender(2);
    const [first, second, third] = [await send('1'), await send('2'), await send('3')];
    await remove(`/messages/${second}`);
    const { messages } = await get('/messages');
    expect(messages.map(({ messageId, present }: Output) => [messageId, present])).toEqual([
      [third, true],
      [second, false],
    ]);
    expect(await get('/messages?queue=other')).toEqual({ messages: [] });
    expect(await get(`/messages/${first}/history`)).toMatchObject({ present: true, events: [] });
  });

  it('lists the messages of a queue in one account and region', async () => {
    const { squab, call, get } = await sender(10);
    const ids: string[] = [];
    for (const place of [{}, { account: '111111111111' }, { region: 'eu-west-1' }]) {
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'same' }, place);
      ids.push((await call('SendMessage', { QueueUrl, MessageBody: 'x' }, place)).MessageId);
    }
    const listed = async (query: string) =>
      (await get(`/messages?${query}`)).messages.map(({ messageId }: Output) => messageId);
    expect(await listed('queue=same')).toEqual([ids[0]]);
    expect(await listed('queue=same&account=111111111111')).toEqual([ids[1]]);
    expect(await listed('queue=same&region=eu-west-1')).toEqual([ids[2]]);
    const { messages } = squab.control;
    const place = { name: 'same', account: '111111111111' };
    expect(messages.recent(place).map(({ messageId }) => messageId)).toEqual([ids[1]]);
    expect(messages.recent('same').map(({ messageId }) => messageId)).toEqual([ids[0]]);
    for (const path of ['/messages?account=111111111111', `/messages/${ids[1]}?region=us-east-1`]) {
      await expect(get(path)).rejects.toThrow('400 "account" and "region" apply only with "queue".');
    }
  });

  it('refuses limits out of range, including those from programs', async () => {
    const { squab, get } = await sender(10);
    const { messages, queues } = squab.control;
    for (const limit of [0, 1001, 1.5, Number.NaN]) {
      await expect(messages.peek('q', { limit })).rejects.toThrow('"limit" is invalid');
      await expect(queues.list({ limit })).rejects.toThrow('"limit" is invalid');
      expect(() => messages.recent(undefined, limit)).toThrow('"limit" is invalid');
      await expect(get(`/messages?limit=${limit}`)).rejects.toThrow(/400 "limit" is invalid/);
    }
  });

  it('limits the characters of bodies and attributes, and drops the oldest contents first', async () => {
    const { squab, call, QueueUrl } = await sender(100);
    const StringValue = 'x'.repeat(1_000_000);
    const MessageAttributes = { big: { DataType: 'String', StringValue } };
    const sent: string[] = [];
    for (let n = 0; n < 20; n++) {
      sent.push((await call('SendMessage', { QueueUrl, MessageBody: 'b', MessageAttributes })).MessageId);
    }
    // While the messages exist, the queue has their contents.
    await call('PurgeQueue', { QueueUrl });
    const histories = await Promise.all(sent.map((messageId) => squab.control.messages.history(messageId)));
    const known = histories.map(({ content }) => content !== undefined);
    expect(known).toEqual([...Array<boolean>(4).fill(false), ...Array<boolean>(16).fill(true)]);
    // Nor is a list of them longer than a page.
    expect(squab.control.messages.recent()).toHaveLength(4);
  });

  it('keeps nothing if it is turned off', async () => {
    const { send, get, post, remove } = await sender(0);
    const id = await send('1');
    expect(await get('/messages')).toEqual({ messages: [] });
    expect(await get(`/messages/${id}/history`)).toMatchObject({ present: true, events: [] });
    expect((await get(`/messages/${(await post(`/messages/${id}/replay`)).messageId}`)).body).toBe('1');
    await remove(`/messages/${id}`);
    await expect(get(`/messages/${id}/history`)).rejects.toThrow(`404 Message ${id} was not found in any queue`);
  });

  it('adds a message that it does not know when it is received', async () => {
    const { send, get, call, QueueUrl, post } = await sender(1);
    const id = await send('1');
    await send('2');
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    const history = await get(`/messages/${id}/history`);
    expect([kinds(history), history.content]).toEqual([['received', 'deleted'], undefined]);
    await expect(post(`/messages/${id}/replay`)).rejects.toThrow(`409 Message ${id} no longer exists`);
  });
});
