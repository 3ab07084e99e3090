import { describe, expect, it } from 'vitest';
import { type Fixture, type Output, overBothWires } from '../../helpers.ts';

const text = (StringValue: string) => ({ DataType: 'String', StringValue });

async function bodies({ call }: Fixture, QueueUrl: string, more: object = {}): Promise<string[]> {
  const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, ...more });
  return Messages.map(({ Body }: Output) => Body);
}

overBothWires('ReceiveMessage', (fixture) => {
  describe('behaviour', () => {
    it('omits the list if there are no messages', async () => {
      const { call, queue } = await fixture();
      expect(await call('ReceiveMessage', { QueueUrl: await queue() })).toEqual({});
    });

    it('returns one message, or the requested number', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      for (const MessageBody of ['1', '2', '3', '4']) await f.call('SendMessage', { QueueUrl, MessageBody });
      expect(await bodies(f, QueueUrl, { MaxNumberOfMessages: undefined })).toEqual(['1']);
      expect(await bodies(f, QueueUrl, { MaxNumberOfMessages: 2 })).toEqual(['2', '3']);
      expect(await bodies(f, QueueUrl)).toEqual(['4']);
    });

    it("hides messages for the request's visibility timeout, otherwise for the queue's", async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q', { VisibilityTimeout: '10' });
      await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
      for (const [more, ms] of [
        [{}, 10_000],
        [{ VisibilityTimeout: 3 }, 3000],
        [{ VisibilityTimeout: 43_200 }, 43_200_000],
      ] as const) {
        expect(await bodies(f, QueueUrl, more)).toEqual(['m']);
        await f.clock.advance(ms - 1);
        expect(await bodies(f, QueueUrl)).toEqual([]);
        await f.clock.advance(1);
      }
      expect(await bodies(f, QueueUrl, { VisibilityTimeout: 0 })).toEqual(['m']);
      expect(await bodies(f, QueueUrl)).toEqual(['m']);
    });

    it('puts what a receive with a visibility timeout of 0 returned at the back of the line', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      for (const MessageBody of ['1', '2', '3']) await f.call('SendMessage', { QueueUrl, MessageBody });
      const once = { MaxNumberOfMessages: 1, VisibilityTimeout: 0 };
      const received = [];
      for (let round = 0; round < 7; round++) received.push(...(await bodies(f, QueueUrl, once)));
      expect(received.join('')).toBe('1231231');
      expect(await bodies(f, QueueUrl)).toEqual(['2', '3', '1']);
    });

    it('puts groups that a receive with a visibility timeout of 0 returned behind those that it did not', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q.fifo', { FifoQueue: 'true' });
      for (const name of ['a1', 'b1', 'a2', 'c1', 'b2']) {
        const ids = { MessageGroupId: name[0], MessageDeduplicationId: name };
        await f.call('SendMessage', { QueueUrl, MessageBody: name, ...ids });
      }
      const received = [];
      for (const MaxNumberOfMessages of [1, 1, 1, 2, 3]) {
        received.push(await bodies(f, QueueUrl, { MaxNumberOfMessages, VisibilityTimeout: 0 }));
        await f.clock.advance(1000);
      }
      expect(received).toEqual([['a1'], ['b1'], ['c1'], ['a1', 'a2'], ['b1', 'b2', 'c1']]);
      expect(await bodies(f, QueueUrl)).toEqual(['a1', 'a2', 'b1', 'b2', 'c1']);
    });

    it('returns the system attributes requested in either list', async () => {
      const { call, queue, clock, wire } = await fixture();
      const QueueUrl = await queue('q', { VisibilityTimeout: '0' });
      await call('SendMessage', { QueueUrl, MessageBody: 'm' });
      const sent = String(clock.now());
      await clock.advance(1234);
      const first = String(clock.now());
      const ask = async (more: object) => (await call('ReceiveMessage', { QueueUrl, ...more })).Messages[0].Attributes;
      expect(await ask({})).toBeUndefined();
      await clock.advance(1000);
      expect(await ask({ AttributeNames: ['All'] })).toEqual({
        SenderId: '000000000000',
        SentTimestamp: sent,
        ApproximateReceiveCount: '2',
        ApproximateFirstReceiveTimestamp: first,
      });
      expect(await ask({ MessageSystemAttributeNames: ['SentTimestamp', 'SequenceNumber'] })).toEqual({
        SentTimestamp: sent,
      });
      // On the Query wire, both lists are the same.
      if (wire === 'Query') return;
      expect(Object.keys(await ask({ AttributeNames: ['SenderId'], MessageSystemAttributeNames: ['All'] }))).toEqual(
        expect.arrayContaining(['SenderId', 'SentTimestamp']),
      );
    });

    it('returns the requested message attributes, with the digest of only those', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue('q', { VisibilityTimeout: '0' });
      const MessageAttributes = { color: text('blue'), 'col.or': text('red'), size: text('big') };
      await call('SendMessage', { QueueUrl, MessageBody: 'm', MessageAttributes });
      const ask = async (...MessageAttributeNames: string[]) => {
        const [message] = (await call('ReceiveMessage', { QueueUrl, MessageAttributeNames })).Messages;
        return Object.keys(message.MessageAttributes ?? {}).sort();
      };
      expect(await ask()).toEqual([]);
      expect(await ask('nothing', '!')).toEqual([]);
      for (const all of ['All', '.*', '*']) expect(await ask(all)).toEqual(['col.or', 'color', 'size']);
      expect(await ask('col.*')).toEqual(['col.or', 'color']);
      expect(await ask('size', 'nothing')).toEqual(['size']);
      const [message] = (await call('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['color'] })).Messages;
      expect(message.MD5OfMessageAttributes).toBe('da1b33cc3cbfe8b1630921e78e6b9880');
    });

    it('never returns a message older than the retention period', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q', { MessageRetentionPeriod: '60', VisibilityTimeout: '50' });
      await f.call('SendMessage', { QueueUrl, MessageBody: 'received' });
      await f.call('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 60 });
      await f.clock.advance(20_000);
      expect(await bodies(f, QueueUrl)).toEqual(['received']);
      await f.clock.advance(39_999);
      expect(await bodies(f, QueueUrl)).toEqual([]);
      await f.clock.advance(30_000);
      expect(await bodies(f, QueueUrl)).toEqual([]);
    });

    it('moves a message to the dead-letter queue on the receive after maxReceiveCount is reached', async () => {
      const f = await fixture();
      const dlq = await f.queue('dlq');
      const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
      const QueueUrl = await f.queue('q', { RedrivePolicy, VisibilityTimeout: '0' });
      const { MessageId } = await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
      expect(await bodies(f, QueueUrl)).toEqual(['m']);
      expect(await bodies(f, QueueUrl)).toEqual(['m']);
      expect(await bodies(f, dlq)).toEqual([]);
      expect(await bodies(f, QueueUrl)).toEqual([]);
      const [message] = (await f.call('ReceiveMessage', { QueueUrl: dlq, AttributeNames: ['All'] })).Messages;
      expect(message).toMatchObject({
        MessageId,
        Attributes: { ApproximateReceiveCount: '3', DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q' },
      });
    });

    it('finds a message behind any number of messages that move to the dead-letter queue', async () => {
      const f = await fixture();
      await f.queue('dlq');
      const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
      const QueueUrl = await f.queue('q', { RedrivePolicy, VisibilityTimeout: '1' });
      for (let batch = 0; batch < 25; batch++) {
        const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `e${index}`, MessageBody: 'poison' }));
        await f.call('SendMessageBatch', { QueueUrl, Entries });
        expect(await bodies(f, QueueUrl)).toHaveLength(10);
      }
      await f.clock.advance(1000);
      await f.call('SendMessage', { QueueUrl, MessageBody: 'good' });
      expect(await bodies(f, QueueUrl)).toEqual(['good']);
    });

    it('rejects a short poll if too many messages are in flight, while a long poll returns nothing', async () => {
      const f = await fixture({ inFlightLimit: 2 });
      const QueueUrl = await f.queue();
      for (const MessageBody of ['1', '2', '3']) await f.call('SendMessage', { QueueUrl, MessageBody });
      expect(await bodies(f, QueueUrl)).toEqual(['1', '2']);
      await expect(f.call('ReceiveMessage', { QueueUrl })).rejects.toMatchObject({
        status: 403,
        code: 'OverLimit',
        message:
          'Too many messages have been received without being deleted.  Please delete your received messages or let them timeout before receiving more.',
      });
      const poll = bodies(f, QueueUrl, { WaitTimeSeconds: 20 });
      await f.clock.advance(20_000);
      expect(await poll).toEqual([]);
    });
  });

  describe('rejects', () => {
    it.each([
      ['MaxNumberOfMessages', 0, 'Must be between 1 and 10, if provided.'],
      ['MaxNumberOfMessages', 11, 'Must be between 1 and 10, if provided.'],
      ['WaitTimeSeconds', -1, 'Must be >= 0 and <= 20, if provided.'],
      ['WaitTimeSeconds', 21, 'Must be >= 0 and <= 20, if provided.'],
      ['VisibilityTimeout', -1, 'Must be >= 0 and <= 43200, if provided.'],
      ['VisibilityTimeout', 43_201, 'Must be >= 0 and <= 43200, if provided.'],
    ])('%s of %d', async (name, value, reason) => {
      const { call, queue } = await fixture();
      await expect(call('ReceiveMessage', { QueueUrl: await queue(), [name]: value })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message: `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`,
      });
    });

    it('an unknown system attribute', async () => {
      const { call, queue } = await fixture();
      await expect(
        call('ReceiveMessage', { QueueUrl: await queue(), AttributeNames: ['SentTimestamp', 'Colour'] }),
      ).rejects.toMatchObject({ code: 'InvalidAttributeName', message: 'Unknown Attribute Colour.' });
    });
  });
});

overBothWires('a ReceiveMessage with the headers of LocalStack', (fixture) => {
  const COUNT = 'x-localstack-sqs-override-message-count';
  const WAIT = 'x-localstack-sqs-override-wait-time-seconds';

  it('receives more than ten messages', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    for (let sent = 0; sent < 12; sent++) await call('SendMessage', { QueueUrl, MessageBody: `${sent}` });
    const { Messages } = await call(
      'ReceiveMessage',
      { QueueUrl, VisibilityTimeout: 0 },
      { headers: { [COUNT]: '12' } },
    );
    expect(Messages).toHaveLength(12);
    const invalid = await call('ReceiveMessage', { QueueUrl }, { headers: { [COUNT]: 'many' } });
    expect(invalid.Messages).toHaveLength(1);
    await expect(call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 11 })).rejects.toMatchObject({
      code: 'InvalidParameterValue',
    });
  });

  it('waits for longer than 20 seconds', async () => {
    const { call, queue, clock, squab } = await fixture();
    const QueueUrl = await queue();
    const poll = call('ReceiveMessage', { QueueUrl }, { headers: { [WAIT]: '30' } });
    await expect.poll(async () => (await squab.control.queues.get('q')).waitingReceives).toBe(1);
    await clock.advance(29_000);
    await call('SendMessage', { QueueUrl, MessageBody: 'late' });
    expect((await poll).Messages).toMatchObject([{ Body: 'late' }]);
  });
});
