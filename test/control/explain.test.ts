/** Explanations: why a receive is empty, and what would happen to a message that is sent. */

import { expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';
import { control } from './client.ts';

const T0 = Date.UTC(2026, 0, 1);
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();
const BY = 'test with w/1 from 127.0.0.1';
const headers = { 'user-agent': 'w/1' };

overBothWires('explaining a receive', (fixture) => {
  it('names the message that it would return', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    expect(await get('/queues/q/explain')).toEqual({
      queue: { name: 'q', account: '000000000000', region: 'us-east-1' },
      at: iso(0),
      outcome: 'message',
      text: `A receive would return message ${MessageId} ("hello").`,
      messages: { visible: 1, inFlight: 0, delayed: 0 },
      next: expect.objectContaining({ messageId: MessageId, body: 'hello' }),
      reasons: [],
    });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toMatchObject([{ MessageId }]);
  });

  it('names messages that are delayed or in flight', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 3 };
    const QueueUrl = await queue('q', { RedrivePolicy: JSON.stringify(policy) });
    const taken = await call('SendMessage', { QueueUrl, MessageBody: 'taken' });
    await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 }, { headers });
    await call('ReceiveMessage', { QueueUrl }, { headers });
    const late = await call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 10 });
    const flight = `in flight until ${iso(30)} (receive 2 of 3 before it moves to the dead-letter queue dlq, by ${BY})`;
    expect(await get('/queues/q/explain')).toMatchObject({
      outcome: 'nothing',
      text: `A receive from q would return nothing. 2 messages: 1 delayed until ${iso(10)}, 1 ${flight}.`,
      reasons: [
        { kind: 'delayed', count: 1, until: iso(10), messageIds: [late.MessageId] },
        { kind: 'in-flight', count: 1, until: iso(30), messageIds: [taken.MessageId], text: `1 ${flight}` },
      ],
      changesAt: iso(10),
    });
  });

  it('names messages of a group whose first message is in flight', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    const send = (MessageBody: string) => call('SendMessage', { QueueUrl, MessageBody, MessageGroupId: 'g' });
    const [first] = [await send('1'), await send('2'), await send('3')];
    await call('ReceiveMessage', { QueueUrl }, { headers });
    const blocked = `2 blocked by message ${first.MessageId} of group g, which is hidden until ${iso(30)}`;
    expect(await get('/queues/q.fifo/explain')).toMatchObject({
      outcome: 'nothing',
      text:
        'A receive from q.fifo would return nothing. 3 messages: ' +
        `1 in flight until ${iso(30)} (received for the 1st time, by ${BY}), ${blocked}.`,
      reasons: [
        { kind: 'in-flight', count: 1 },
        { kind: 'blocked', count: 2 },
      ],
      changesAt: iso(30),
    });
  });

  it('names a message that would be dead-lettered instead of returned', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
    const QueueUrl = await queue('q', { RedrivePolicy: JSON.stringify(policy) });
    const bad = await call('SendMessage', { QueueUrl, MessageBody: 'bad' });
    await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
    const words = `1 at the maxReceiveCount of 1 (message ${bad.MessageId}); the next receive moves it to the dead-letter queue dlq`;
    expect(await get('/queues/q/explain')).toMatchObject({
      outcome: 'nothing',
      text: expect.stringContaining(words),
      reasons: [{ kind: 'received-too-often', count: 1, messageIds: [bad.MessageId] }],
    });
    const good = await call('SendMessage', { QueueUrl, MessageBody: 'good' });
    expect(await get('/queues/q/explain')).toMatchObject({ outcome: 'message', next: { messageId: good.MessageId } });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toMatchObject([{ Body: 'good' }]);
  });

  it('says that the in-flight limit is reached', async () => {
    const { call, queue, squab } = await fixture({ inFlightLimit: 1 });
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    for (const MessageBody of ['1', '2']) await call('SendMessage', { QueueUrl, MessageBody });
    await call('ReceiveMessage', { QueueUrl });
    const { outcome, text, next, changesAt } = await get('/queues/q/explain');
    expect([outcome, next, changesAt]).toEqual(['over-limit', undefined, iso(30)]);
    expect(text).toContain('2 messages, 1 of them visible: 1 in flight until');
    expect(text).toContain('The in-flight limit is reached: 1 of 1 messages.');
    await expect(call('ReceiveMessage', { QueueUrl })).rejects.toMatchObject({ message: /Too many messages/ });
  });

  it('says that the queue is empty, and what happened to the last message', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue('q', { MessageRetentionPeriod: '60' });
    const words = async () => (await get('/queues/q/explain')).text;
    expect(await words()).toBe('The queue q is empty. The journal has no record of a message in it.');
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: '1' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    await clock.advance(3000);
    expect(await words()).toBe(`The queue q is empty. Message ${MessageId} was deleted 3 s ago.`);
    const short = await call('SendMessage', { QueueUrl, MessageBody: '2' });
    await clock.advance(60_000);
    expect(await words()).toBe(`The queue q is empty. Message ${short.MessageId} expired 0 ms ago.`);
    await call('PurgeQueue', { QueueUrl });
    await clock.advance(7_200_000);
    expect(await words()).toBe('The queue q is empty. It was purged 2 h ago.');
  });

  it('says that a snapshot has brought the queue back', async () => {
    const { queue, squab, clock } = await fixture();
    const { get, post, put } = control(squab.url);
    await queue();
    await put('/snapshots/s');
    await post('/reset');
    await post('/snapshots/s/restore');
    await clock.advance(3000);
    expect((await get('/queues/q/explain')).text).toBe(
      'The queue q is empty. A snapshot has brought it back since it was deleted 3 s ago.',
    );
  });

  it('names the message of the group that is next once others are dead-lettered', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    await queue('dlq.fifo', { FifoQueue: 'true' });
    const policy = { deadLetterTargetArn: arnOf('dlq.fifo'), maxReceiveCount: 1 };
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', RedrivePolicy: JSON.stringify(policy) });
    const send = (name: string) =>
      call('SendMessage', {
        ...{ QueueUrl, MessageBody: name, MessageGroupId: name[0], MessageDeduplicationId: name },
      });
    for (const name of ['a1', 'a2', 'a3', 'b1']) await send(name);
    await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 2, VisibilityTimeout: 0 });
    await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 1, VisibilityTimeout: 0 });
    const { next, reasons } = await get('/queues/q.fifo/explain');
    expect(reasons).toMatchObject([{ kind: 'received-too-often', count: 2 }]);
    expect(next).toMatchObject({ body: 'a3' });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toMatchObject([{ Body: 'a3' }]);
  });

  it('says when a message becomes visible once others have been dead-lettered', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
    const QueueUrl = await queue('q', { RedrivePolicy: JSON.stringify(policy) });
    await call('SendMessage', { QueueUrl, MessageBody: 'bad' });
    await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
    await call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 10 });
    expect(await get('/queues/q/explain')).toMatchObject({ outcome: 'nothing', changesAt: iso(10) });
  });

  it('reports that the result after thousands of dead-lettered messages is unknown', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
    const QueueUrl = await queue('q', { RedrivePolicy: JSON.stringify(policy), VisibilityTimeout: '1' });
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: 'x' }));
    const batches = Array.from({ length: 120 }, () => call('SendMessageBatch', { QueueUrl, Entries }));
    await Promise.all(batches);
    const receives = batches.map(() => call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 }));
    await Promise.all(receives);
    await squab.control.clock.advance('1s');
    const { outcome, next, text } = await get('/queues/q/explain');
    expect([outcome, next]).toEqual(['unknown', undefined]);
    expect(text).toContain(
      'A receive from q would first move other messages to the dead-letter queue; what it would then return is unknown.',
    );
  });

  it('says that other receives are already waiting', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    while ((await get('/queues/q')).waitingReceives === 0);
    const { text } = await get('/queues/q/explain');
    expect(text).toContain('1 receive is already waiting and will be served first.');
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    expect((await poll).Messages).toHaveLength(1);
  });

  it('says which fault rules may change what a receive returns', async () => {
    const { call, queue, squab } = await fixture();
    const { faults, explain } = squab.control;
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    const operation = 'ReceiveMessage';
    faults.put('elsewhere', { operation, queue: 'other', effect: { type: 'empty-receive' } });
    faults.put('later', { operation, effect: { type: 'latency', duration: '1ms' } });
    faults.put('sends', { operation: 'SendMessage', effect: { type: 'drop' } });
    const rules = async () => (await explain.receive('q')).reasons.filter(({ kind }) => kind === 'fault-rules');
    expect(await rules()).toEqual([]);
    faults.put('empty', { operation, times: 1, effect: { type: 'empty-receive' } });
    const text = 'The fault rule empty may change what a receive returns.';
    expect(await rules()).toEqual([{ kind: 'fault-rules', count: 1, messageIds: [], text }]);
    const explained = await explain.receive('q');
    expect(explained).toMatchObject({ outcome: 'message', text: expect.stringContaining(text) });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toBeUndefined();
    expect(await rules()).toEqual([]);
    for (const type of ['reorder', 'drop'] as const) faults.put(type, { effect: { type } });
    expect(await rules()).toMatchObject([{ count: 2, text: expect.stringContaining('2 fault rules') }]);
  });

  it('describes the first few of many messages, and counts the others', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    const send = (DelaySeconds: number) => call('SendMessage', { QueueUrl, MessageBody: 'x', DelaySeconds });
    for (let index = 0; index < 20; index++) await send(60 + index);
    const { text, reasons } = await get('/queues/q/explain');
    expect(reasons).toMatchObject([{ kind: 'delayed', count: 20, messageIds: { length: 10 } }]);
    expect(text).toMatch(/ 20 messages: (1 delayed until \S+, ){3}17 more delayed\.$/);
  });

  it('describes messages together for which the same is true', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    for (const DelaySeconds of [60, 60, 60, 90])
      await call('SendMessage', { QueueUrl, MessageBody: 'x', DelaySeconds });
    const { text } = await get('/queues/q/explain');
    expect(text).toContain(`4 messages: 3 delayed until ${iso(60)}, 1 delayed until ${iso(90)}.`);
  });
});

overBothWires('explaining a send', (fixture) => {
  it('says when a new message would become visible', async () => {
    const { queue, squab } = await fixture();
    const { get, post } = control(squab.url);
    await queue('q', { DelaySeconds: '5' });
    expect(await post('/queues/q/explain-send', { body: 'x' })).toMatchObject({ outcome: 'sent', visibleAt: iso(5) });
    expect(await post('/queues/q/explain-send', { body: 'x', delaySeconds: 0 })).toMatchObject({ visibleAt: iso(0) });
    expect(await get('/queues/q')).toMatchObject({ messages: { visible: 0, delayed: 0 } });
  });

  it('names the message that it would duplicate, by deduplication ID or body, within five minutes', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { post } = control(squab.url);
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    const byId = await call('SendMessage', {
      QueueUrl,
      MessageBody: 'a',
      MessageGroupId: 'g',
      MessageDeduplicationId: 'k',
    });
    const byBody = await call('SendMessage', { QueueUrl, MessageBody: 'b', MessageGroupId: 'g' });
    const explain = (input: object) => post('/queues/q.fifo/explain-send', { groupId: 'g', ...input });
    expect(await explain({ body: 'other', deduplicationId: 'k' })).toMatchObject({
      outcome: 'deduplicated',
      original: { messageId: byId.MessageId, until: iso(300) },
      text: `Until ${iso(300)} it would be treated as a duplicate of message ${byId.MessageId}, which has the deduplication ID k.`,
    });
    expect(await explain({ body: 'b' })).toMatchObject({ original: { messageId: byBody.MessageId } });
    await clock.advance(300_000);
    expect(await explain({ body: 'b' })).toMatchObject({ outcome: 'sent' });
  });

  it('returns the error that the send would fail with', async () => {
    const { queue, squab } = await fixture();
    const { post } = control(squab.url);
    await queue('q.fifo', { FifoQueue: 'true' });
    expect(await post('/queues/q.fifo/explain-send', { body: 'x' })).toMatchObject({
      outcome: 'refused',
      code: 'MissingParameter',
      text: 'It would be refused: The request must contain the parameter MessageGroupId.',
    });
    await expect(post('/queues/none/explain-send', { body: 'x' })).rejects.toThrow('404 Queue none does not exist');
  });
});
