/** Queues and messages over HTTP: listing them without changing them, and deleting, dead-lettering and resending. */

import { describe, expect, it } from 'vitest';
import { type Output, overBothWires, setup } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';
import { control } from './client.ts';

const T0 = Date.UTC(2026, 0, 1);
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

describe('queues', () => {
  it('are listed page by page with their attributes, for all accounts and regions', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    await call('CreateQueue', { QueueName: 'b', Attributes: { VisibilityTimeout: '7' }, tags: { team: 'x' } });
    await call('CreateQueue', { QueueName: 'a' }, { account: '111111111111' });
    await call('CreateQueue', { QueueName: 'a' }, { region: 'eu-west-1' });
    const { get } = control(squab.url);
    const seen: string[] = [];
    for (let after = '', pages = 0; after || pages === 0; pages++) {
      const { queues, next = '' } = await get(`/queues?limit=1&after=${encodeURIComponent(after)}`);
      seen.push(...queues.map(({ name, region, account }: Output) => `${name} ${region} ${account}`));
      after = next;
    }
    expect(seen).toEqual(['a eu-west-1 000000000000', 'a us-east-1 111111111111', 'b us-east-1 000000000000']);
    expect((await get('/queues?account=111111111111')).queues).toHaveLength(1);
    expect((await get('/queues?region=eu-west-1')).queues).toHaveLength(1);
    expect((await get('/queues?prefix=b')).queues).toHaveLength(1);
    expect(await get('/queues/b')).toMatchObject({
      ...{ arn: arnOf('b'), fifo: false, createdAt: iso(0), tags: { team: 'x' }, waitingReceives: 0 },
      attributes: { VisibilityTimeout: '7', DelaySeconds: '0' },
    });
    expect(await get('/queues/a?account=111111111111')).toMatchObject({ account: '111111111111' });
    await expect(get('/queues/a')).rejects.toThrow(
      '404 Queue a does not exist in account 000000000000, region us-east-1.',
    );
    await expect(get('/queues?limit=0')).rejects.toThrow(
      '400 "limit" is invalid: must be a number from 1 to 1000 (got "0").',
    );
  });
});

overBothWires('messages', (fixture) => {
  it('are listed with their state and receiver, which does not change them', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'of order' } };
    await call('SendMessage', { QueueUrl, MessageBody: 'seen', MessageAttributes });
    await call('ReceiveMessage', { QueueUrl }, { headers: { 'user-agent': 'worker/7' } });
    await call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 10 });
    await call('SendMessage', { QueueUrl, MessageBody: 'here' });
    for (let look = 0; look < 2; look++) {
      const { messages, next } = await get('/queues/q/messages');
      expect(next).toBeUndefined();
      expect(messages).toMatchObject([
        {
          ...{ body: 'seen', state: 'in-flight', visibleAt: iso(30), receiveCount: 1, firstReceivedAt: iso(0) },
          attributes: { kind: { dataType: 'String', stringValue: 'of order' } },
          receiver: expect.stringMatching(/^test with worker\/7 from 127\.0\.0\.1$/),
        },
        { body: 'late', state: 'delayed', visibleAt: iso(10), receiveCount: 0 },
        { body: 'here', state: 'visible', visibleAt: iso(0), sentAt: iso(0), expiresAt: iso(345_600) },
      ]);
    }
    expect(await get('/queues/q')).toMatchObject({ messages: { visible: 1, inFlight: 1, delayed: 1 } });
    const inFlight = await get('/queues/q/messages?state=in-flight');
    expect(inFlight.messages.map(({ body }: Output) => body)).toEqual(['seen']);
    await clock.advance(30_000);
    const { Messages } = await call('ReceiveMessage', {
      ...{ QueueUrl, MaxNumberOfMessages: 10, AttributeNames: ['ApproximateReceiveCount'] },
    });
    expect(Messages.map(({ Body, Attributes }: Output) => `${Body} ${Attributes.ApproximateReceiveCount}`)).toEqual([
      'here 1',
      'late 1',
      'seen 2',
    ]);
  });

  it('are listed page by page', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    for (let index = 0; index < 5; index++) await call('SendMessage', { QueueUrl, MessageBody: `m${index}` });
    const seen: string[] = [];
    for (let after = ''; seen.length < 5; ) {
      const page = await get(`/queues/q/messages?limit=2${after && `&after=${after}`}`);
      seen.push(...page.messages.map(({ body }: Output) => body));
      after = page.next;
    }
    expect(seen).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    await expect(get('/queues/q/messages?after=x')).rejects.toThrow(
      '400 "after" is invalid: must be the "next" of the previous page (got "x").',
    );
    for (const mark of ['9007199254740993.0.0', '1.9007199254740993.0', `1.0.${'9'.repeat(100)}`]) {
      await expect(get(`/queues/q/messages?after=${mark}`)).rejects.toThrow('400 "after" is invalid');
    }
  });

  it('are found by a text in their bodies', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue();
    for (const MessageBody of ['order 7', 'Order 7', '{"order":"order 71"}']) {
      await call('SendMessage', { QueueUrl, MessageBody });
    }
    const found = async (query: string) =>
      (await get(`/queues/q/messages?${query}`)).messages.map(({ body }: Output) => body);
    expect(await found('bodyContains=order%207')).toEqual(['order 7', '{"order":"order 71"}']);
    expect(await found('bodyContains=order%207&state=delayed')).toEqual([]);
    expect(await squab.control.messages.peek('q', { bodyContains: 'O' })).toMatchObject({
      messages: [{ body: 'Order 7' }],
    });
  });

  it('can be made visible before their delay or visibility timeout ends', async () => {
    const { call, queue, squab } = await fixture();
    const { get, post } = control(squab.url);
    const QueueUrl = await queue();
    const { MessageId: delayed } = await call('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 9 });
    const { MessageId: taken } = await call('SendMessage', { QueueUrl, MessageBody: 'taken' });
    await call('ReceiveMessage', { QueueUrl });
    expect(await get('/queues/q')).toMatchObject({ messages: { visible: 0, inFlight: 1, delayed: 1 } });
    const waiting = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    expect(await post(`/messages/${delayed}/make-visible`)).toEqual({});
    expect((await waiting).Messages).toMatchObject([{ MessageId: delayed }]);
    expect(await post(`/messages/${taken}/make-visible?queue=q`)).toEqual({});
    expect(await get('/queues/q')).toMatchObject({ messages: { visible: 1, inFlight: 1, delayed: 0 } });
    const { events } = await get(`/messages/${taken}/history`);
    expect(events.at(-1)).toMatchObject({ kind: 'visibility-changed', text: 'Made visible immediately.' });
    await expect(post('/messages/nothing/make-visible')).rejects.toThrow('404 Message nothing was not found');
  });

  it('in a FIFO queue name the message that blocks them', async () => {
    const { call, queue, squab } = await fixture();
    const { get } = control(squab.url);
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'first', MessageGroupId: 'g' });
    const { SequenceNumber } = await call('SendMessage', { QueueUrl, MessageBody: 'second', MessageGroupId: 'g' });
    await call('ReceiveMessage', { QueueUrl });
    const { messages } = await get('/queues/q.fifo/messages?state=blocked');
    expect(messages).toMatchObject([
      {
        ...{ body: 'second', groupId: 'g', sequenceNumber: SequenceNumber, state: 'blocked' },
        blockedBy: { messageId: MessageId, visibleAt: iso(30) },
      },
    ]);
  });

  it.each([0, 3000])('can be found by their IDs, with a journal of %i', async (journal) => {
    const { call, queue, squab } = await fixture({ journal });
    const { get } = control(squab.url);
    const [one] = [await queue('one'), await queue('other')];
    const { MessageId } = await call('SendMessage', { QueueUrl: one, MessageBody: 'here' });
    expect(await get(`/messages/${MessageId}`)).toMatchObject({ queue: { name: 'one' }, body: 'here' });
    expect(await get(`/messages/${MessageId}?queue=one`)).toMatchObject({ body: 'here' });
    await expect(get(`/messages/${MessageId}?queue=other`)).rejects.toThrow(
      `404 Message ${MessageId} was not found in queue other`,
    );
    await expect(get('/messages/nothing')).rejects.toThrow('404 Message nothing was not found in any queue');
  });

  it.each([0, 3000])('can be deleted by their IDs, with a journal of %i', async (journal) => {
    const { call, queue, squab } = await fixture({ journal });
    const { get, remove } = control(squab.url);
    const QueueUrl = await queue();
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'here', DelaySeconds: 5 });
    expect(await remove(`/messages/${MessageId}`)).toEqual({});
    await expect(remove(`/messages/${MessageId}`)).rejects.toThrow(
      `404 Message ${MessageId} ${journal ? 'no longer exists' : 'was not found'}`,
    );
    expect(await get('/queues/q')).toMatchObject({ messages: { visible: 0, inFlight: 0, delayed: 0 } });
  });

  it('are moved to the dead-letter queue that their queue has now, not when they were sent', async () => {
    const { call, queue, squab } = await fixture();
    const { post } = control(squab.url);
    await queue('dlq');
    const QueueUrl = await queue();
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 5 };
    await call('SetQueueAttributes', { QueueUrl, Attributes: { RedrivePolicy: JSON.stringify(policy) } });
    expect(await post(`/messages/${MessageId}/dead-letter`)).toMatchObject({ queue: { name: 'dlq' } });
  });

  it("can be moved to their queue's dead-letter queue", async () => {
    const { call, queue, squab } = await fixture();
    const { get, post } = control(squab.url);
    const dlq = await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 5 };
    const QueueUrl = await queue('q', { RedrivePolicy: JSON.stringify(policy) });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'bad' });
    await call('ReceiveMessage', { QueueUrl });
    expect(await post(`/messages/${MessageId}/dead-letter`)).toMatchObject({ queue: { name: 'dlq' } });
    expect(await get(`/messages/${MessageId}`)).toMatchObject({ queue: { name: 'dlq' }, deadLetterSource: arnOf('q') });
    await expect(post(`/messages/${MessageId}/dead-letter`)).rejects.toThrow('409 Queue dlq has no dead-letter queue.');
    const { Messages } = await call('ReceiveMessage', { QueueUrl: dlq });
    expect(Messages).toMatchObject([{ MessageId, Body: 'bad' }]);
  });

  it('can be sent again, even if they were deleted, to the same queue or another one', async () => {
    const { call, queue, squab } = await fixture();
    const { get, post, remove } = control(squab.url);
    const QueueUrl = await queue();
    const fifo = await queue('q.fifo', { FifoQueue: 'true' });
    const MessageAttributes = { n: { DataType: 'Binary', BinaryValue: 'AAEC' } };
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'order', MessageAttributes });
    await remove(`/messages/${MessageId}`);
    const again = await post(`/messages/${MessageId}/replay`);
    expect(again).toMatchObject({ queue: { name: 'q' }, messageId: expect.not.stringMatching(MessageId) });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'] });
    expect(Messages).toMatchObject([{ MessageId: again.messageId, Body: 'order', MessageAttributes }]);
    for (let time = 0; time < 2; time++) await post(`/messages/${MessageId}/replay`, { queue: 'q.fifo' });
    expect(await get('/queues/q.fifo')).toMatchObject({ messages: { visible: 2 } });
    expect((await call('ReceiveMessage', { QueueUrl: fifo })).Messages).toMatchObject([{ Body: 'order' }]);
    await queue('small', { MaximumMessageSize: '1024' });
    const long = await call('SendMessage', { QueueUrl, MessageBody: 'x'.repeat(2000) });
    await expect(post(`/messages/${long.MessageId}/replay`, { queue: 'small' })).rejects.toThrow(
      '409 Queue small rejected the message: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.',
    );
    await expect(post('/messages/nothing/replay')).rejects.toThrow('404 Message nothing was not found');
  });

  it('are added to a queue, optionally as copies of messages that another queue dead-lettered', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { post } = control(squab.url);
    const QueueUrl = await queue('dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 });
    const source = await queue('q', { RedrivePolicy });
    const attributes = {
      n: { dataType: 'Binary', binaryValue: 'AAEC' },
      ['__proto__']: { dataType: 'String', stringValue: 'x' },
    };
    const added = await post('/queues/dlq/messages', {
      ...{ body: 'copy', attributes, traceHeader: 'Root=1', deadLetterSource: arnOf('q') },
    });
    const asked = { VisibilityTimeout: 0, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] };
    const { Messages } = await call('ReceiveMessage', { QueueUrl, ...asked });
    expect(Messages).toMatchObject([
      {
        ...{ MessageId: added.messageId, Body: 'copy' },
        MessageAttributes: { n: { DataType: 'Binary', BinaryValue: 'AAEC' }, ['__proto__']: { StringValue: 'x' } },
        Attributes: { DeadLetterQueueSourceArn: arnOf('q'), AWSTraceHeader: 'Root=1', ApproximateReceiveCount: '1' },
      },
    ]);
    await call('StartMessageMoveTask', { SourceArn: arnOf('dlq') });
    await clock.advance(1000);
    expect((await call('ReceiveMessage', { QueueUrl: source })).Messages).toMatchObject([{ Body: 'copy' }]);
    await queue('q.fifo', { FifoQueue: 'true' });
    await expect(post('/queues/q.fifo/messages', { body: 'x' })).rejects.toThrow(
      '409 Queue q.fifo rejected the message: The request must contain the parameter MessageGroupId.',
    );
    await expect(post('/queues/nothing/messages', { body: 'x' })).rejects.toThrow('404 Queue nothing does not exist');
    await expect(post('/queues/q/messages', { body: 'x', atributes: {} })).rejects.toThrow('400');
    await expect(post('/queues/q/messages', { body: 'x', attributes: [] })).rejects.toThrow('400');
    for (const [name, deadLetterSource] of [
      ['q', 'no ARN'],
      ['q', arnOf('two words')],
      ['q', arnOf('q.fifo')],
      ['q.fifo', arnOf('q')],
    ]) {
      const message = { body: 'x', deadLetterSource, ...(name === 'q.fifo' && { groupId: 'g', deduplicationId: 'd' }) };
      await expect(post(`/queues/${name}/messages`, message)).rejects.toThrow(
        '400 "deadLetterSource" is invalid: must be',
      );
    }
    const notBase64 = { n: { dataType: 'Binary', binaryValue: '?' } };
    await expect(post('/queues/q/messages', { body: 'x', attributes: notBase64 })).rejects.toThrow('400');
  });
});
