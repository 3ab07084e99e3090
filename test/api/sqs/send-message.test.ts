import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

const text = (StringValue: string, DataType = 'String') => ({ DataType, StringValue });
const binary = (...bytes: number[]) => ({ DataType: 'Binary', BinaryValue: Buffer.from(bytes).toString('base64') });

overBothWires('SendMessage', (fixture) => {
  describe('behaviour', () => {
    it('returns the ID and the digest of the body', async () => {
      const { call, queue } = await fixture();
      const sent = await call('SendMessage', { QueueUrl: await queue(), MessageBody: 'message' });
      expect(sent).toEqual({
        MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        MD5OfMessageBody: '78e731027d8fd50ed642340b7c9a63b3',
      });
    });

    it.each([
      [{ color: text('blue') }, 'da1b33cc3cbfe8b1630921e78e6b9880'],
      [{ timestamp: text('1493147359900', 'Number') }, '235c5c510d26fb653d073faed50ae77c'],
      [{ timestamp: text('1493147359900', 'Number.java.lang.Long') }, '2e2e4876d8e0bd6b8c2c8f556831c349'],
      [{ somevalue: text('somevalue', 'String.custom') }, '9e05cca738e70ff6c6041e82d5e77ef1'],
      [{ attr2: text('109.12', 'Number'), attr1: text('99.12', 'Number') }, '9b720b3af309c1c4b0d395c53b08c502'],
      [{ color: text('blue'), count: text('3', 'Number'), blob: binary(1, 2, 3) }, 'd838729972a4b70e2d2acd9d59ac847c'],
      [{ color: text('blue'), tags: text('["a","b"]', 'String.Array') }, '56a5bee3ed610a27fd04b2b195aee70b'],
    ])('returns the digest of the attributes %j', async (MessageAttributes, digest) => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const sent = await call('SendMessage', { QueueUrl, MessageBody: 'm', MessageAttributes });
      expect(sent.MD5OfMessageAttributes).toBe(digest);
      const asked = { QueueUrl, MessageAttributeNames: ['All'] };
      const [received] = (await call('ReceiveMessage', asked)).Messages;
      expect(received).toMatchObject({ MessageAttributes, MD5OfMessageAttributes: digest });
    });

    it('accepts a trace header as a system attribute, which has its own digest', async () => {
      const { call, queue } = await fixture();
      const header = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
      const QueueUrl = await queue();
      const MessageSystemAttributes = { AWSTraceHeader: text(header) };
      const sent = await call('SendMessage', { QueueUrl, MessageBody: 'm', MessageSystemAttributes });
      expect(sent.MD5OfMessageSystemAttributes).toBe('5ae4d5d7636402d80f4eb6d213245a88');
      expect(sent).not.toHaveProperty('MD5OfMessageAttributes');
      const [message] = (await call('ReceiveMessage', { QueueUrl, MessageSystemAttributeNames: ['All'] })).Messages;
      expect(message.Attributes.AWSTraceHeader).toBe(header);
    });

    it("uses the request's trace header if the message has none", async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const headers = { 'X-Amzn-Trace-Id': 'Root=1-5759e988-bd862e3fe1be46a994272793' };
      await call('SendMessage', { QueueUrl, MessageBody: 'm' }, { headers });
      const [message] = (await call('ReceiveMessage', { QueueUrl, AttributeNames: ['AWSTraceHeader'] })).Messages;
      expect(message.Attributes).toEqual({ AWSTraceHeader: headers['X-Amzn-Trace-Id'] });
    });

    it.each(['\t\n\r x ', 'a&b<c>"d\'', 'ä€😀\ud7ff\ue000\ufffd', '{"a":[1]}', 'a+b%20c=d&e', '\u{10ffff}'])(
      'keeps the body %j unchanged',
      async (MessageBody) => {
        const { call, queue } = await fixture();
        const QueueUrl = await queue();
        await call('SendMessage', { QueueUrl, MessageBody });
        expect((await call('ReceiveMessage', { QueueUrl })).Messages[0].Body).toBe(MessageBody);
      },
    );

    it("delays a message by its own DelaySeconds, otherwise by the queue's", async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue('q', { DelaySeconds: '10' });
      await call('SendMessage', { QueueUrl, MessageBody: 'at once', DelaySeconds: 0 });
      await call('SendMessage', { QueueUrl, MessageBody: 'in ten' });
      await call('SendMessage', { QueueUrl, MessageBody: 'in fifteen minutes', DelaySeconds: 900 });
      // A new delay of the queue applies to new messages only.
      await call('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: '0' } });
      const next = async () => (await call('ReceiveMessage', { QueueUrl })).Messages?.[0].Body;
      expect(await next()).toBe('at once');
      await clock.advance(9999);
      expect(await next()).toBeUndefined();
      await clock.advance(1);
      expect(await next()).toBe('in ten');
      await clock.advance(890_000);
      const bodies = [await next(), await next(), await next()];
      expect(bodies).toContain('in fifteen minutes');
    });

    it('counts the bytes of the body and of the names, types and values of attributes, up to the maximum', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue('q', { MaximumMessageSize: '1024' });
      const send = (MessageBody: string, MessageAttributes?: object) =>
        call('SendMessage', { QueueUrl, MessageBody, ...(MessageAttributes && { MessageAttributes }) });
      await send('ä'.repeat(512));
      await send('x'.repeat(1024 - 4 - 6 - 3), { name: text('abc') });
      await send('x'.repeat(1024 - 4 - 6 - 3), { name: binary(1, 2, 3) });
      const tooLong = {
        status: 400,
        code: 'InvalidParameterValue',
        message: 'One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.',
      };
      await expect(send(`${'ä'.repeat(512)}x`)).rejects.toMatchObject(tooLong);
      await expect(send('x'.repeat(1024 - 4 - 6 - 2), { name: text('abc') })).rejects.toMatchObject(tooLong);
      await expect(send('x'.repeat(1024 - 4 - 6 - 2), { name: binary(1, 2, 3) })).rejects.toMatchObject(tooLong);
    });

    it('accepts a message of 1 MiB', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const MessageBody = 'é'.repeat(524_288);
      await call('SendMessage', { QueueUrl, MessageBody });
      expect((await call('ReceiveMessage', { QueueUrl })).Messages[0].Body).toBe(MessageBody);
      await expect(call('SendMessage', { QueueUrl, MessageBody: `${MessageBody}x` })).rejects.toMatchObject({
        message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
      });
    });

    it('accepts a message group on a standard queue', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const MessageGroupId = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
      await call('SendMessage', { QueueUrl, MessageBody: 'm', MessageGroupId });
      const [message] = (await call('ReceiveMessage', { QueueUrl, AttributeNames: ['All'] })).Messages;
      expect(message.Attributes).toMatchObject({ MessageGroupId });
      expect(message.Attributes).not.toHaveProperty('SequenceNumber');
    });
  });

  describe('rejects', () => {
    it.each([undefined, ''])('the body %j', async (MessageBody) => {
      const { call, queue } = await fixture();
      await expect(call('SendMessage', { QueueUrl: await queue(), MessageBody })).rejects.toMatchObject({
        status: 400,
        code: 'MissingParameter',
        message: 'The request must contain the parameter MessageBody.',
      });
    });

    it.each(['\u0000', 'a\u0008', '\u000b', '\u001f', '\ufffe', '\uffff'])('a body with %j', async (MessageBody) => {
      const { call, queue } = await fixture();
      await expect(call('SendMessage', { QueueUrl: await queue(), MessageBody })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidMessageContents',
        message:
          'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
      });
    });

    it.each([-1, 901])('a delay of %d seconds', async (DelaySeconds) => {
      const { call, queue } = await fixture();
      const asked = { QueueUrl: await queue(), MessageBody: 'm', DelaySeconds };
      await expect(call('SendMessage', asked)).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
      });
    });

    it.each(['a b', 'ä', 'x'.repeat(129)])('the message group %s', async (MessageGroupId) => {
      const { call, queue } = await fixture();
      const asked = { QueueUrl: await queue(), MessageBody: 'm', MessageGroupId };
      await expect(call('SendMessage', asked)).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${MessageGroupId} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      });
    });

    it('a deduplication ID on a standard queue', async () => {
      const { call, queue } = await fixture();
      const asked = { QueueUrl: await queue(), MessageBody: 'm', MessageDeduplicationId: 'd' };
      await expect(call('SendMessage', asked)).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    });

    it('more than ten attributes', async () => {
      const { call, queue } = await fixture();
      const MessageAttributes = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, text('x')]));
      await expect(
        call('SendMessage', { QueueUrl: await queue(), MessageBody: 'm', MessageAttributes }),
      ).rejects.toMatchObject({ message: 'Number of message attributes [11] exceeds the allowed maximum [10].' });
    });

    const type = (name: string) =>
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`;
    it.each([
      ['a', { DataType: 'Text', StringValue: 'x' }, type('a')],
      ['a', { DataType: 'string', StringValue: 'x' }, type('a')],
      ['a', text(''), "Message (user) attribute 'a' must contain a non-empty value of type 'String'."],
      ['n', text('one', 'Number'), "Can't cast the value of message (user) attribute 'n' to a number."],
      ['n', text('1e127', 'Number'), "Can't cast the value of message (user) attribute 'n' to a number."],
      ['n', text('1'.repeat(39), 'Number'), "Can't cast the value of message (user) attribute 'n' to a number."],
      ['a', { StringValue: 'x' }, "The message (user) attribute 'a' must contain a non-empty message attribute type."],
      [
        'a',
        { DataType: 'String' },
        "The message (user) attribute 'a' must contain a non-empty message attribute value.",
      ],
      ['a', { ...text('x'), BinaryValue: 'eA==' }, "Message (user) attribute 'a' must have a single value."],
      ['b', text('x', 'Binary'), "Message (user) attribute 'b' with type 'Binary' must use field 'Binary'."],
      ['.a', text('x'), "Message (user) attribute name must not begin with character '.'."],
      ['a.', text('x'), "Message (user) attribute name must not end with character '.'."],
      ['a..b', text('x'), "Message (user) attribute name must not have successive '.' characters."],
      ['x'.repeat(257), text('x'), 'Message (user) attribute name must be shorter than 256 bytes.'],
    ])('the attribute %s: %j', async (name, value, message) => {
      const { call, queue } = await fixture();
      const asked = { QueueUrl: await queue(), MessageBody: 'm', MessageAttributes: { [name]: value } };
      await expect(call('SendMessage', asked)).rejects.toMatchObject({ code: 'InvalidParameterValue', message });
    });

    it.each(['AWS.x', 'aws.x', 'Amazon.x', 'AMAZON.x', 'a!b', 'a b', 'a(b)'])('the attribute name %s', async (name) => {
      const { call, queue } = await fixture();
      const asked = { QueueUrl: await queue(), MessageBody: 'm', MessageAttributes: { [name]: text('x') } };
      await expect(call('SendMessage', asked)).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    });

    it('list values', async () => {
      const { call, queue } = await fixture();
      const MessageAttributes = { a: { DataType: 'String', StringListValues: ['x'] } };
      await expect(
        call('SendMessage', { QueueUrl: await queue(), MessageBody: 'm', MessageAttributes }),
      ).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.UnsupportedOperation',
        message: 'Message attribute list values in SendMessage operation are not supported.',
      });
    });
  });
});
