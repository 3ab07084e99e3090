/** Validation of published messages; test/topics has their delivery. */

import { describe, expect, it } from 'vitest';
import { badArns, invalid, MISSING, withSns } from '../../sns-client.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

it('returns the ID of the message', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  expect(await sns('Publish', { TopicArn, Message: 'm' })).toEqual({ MessageId: expect.stringMatching(UUID) });
  const toTarget = await sns('Publish', { TargetArn: TopicArn, Message: 'm' });
  expect(toTarget).toEqual({ MessageId: expect.stringMatching(UUID) });
});

describe('a message', () => {
  const long = 'x'.repeat(262_145);
  it.each([
    ['an empty text', { Message: '' }, 'Empty message'],
    ['an empty subject', { Subject: '' }, 'Subject'],
    ['a line break in its subject', { Subject: 'a\nb' }, 'Subject'],
    ['a subject of 100 characters', { Subject: 's'.repeat(100) }, 'Subject'],
    ['too many bytes', { Message: long }, 'Message too long'],
    ['bad JSON', { MessageStructure: 'json' }, 'Message Structure - JSON message body failed to parse'],
    [
      'text after its JSON',
      { MessageStructure: 'json', Message: '{"default":"x"} x' },
      'Message Structure - JSON message body failed to parse',
    ],
    [
      'no default text',
      { MessageStructure: 'json', Message: '{"sqs":"x"}' },
      'Message Structure - No default entry in JSON message body',
    ],
    [
      'a default that is no text',
      { MessageStructure: 'json', Message: '{"default":1}' },
      'Message Structure - No default entry in JSON message body',
    ],
    [
      'a list',
      { MessageStructure: 'json', Message: '["default"]' },
      'Message Structure - No default entry in JSON message body',
    ],
    [
      'a deduplication ID',
      { MessageDeduplicationId: 'd' },
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this ' +
        'topic type',
    ],
  ])('with %s is refused', async (_what, input, reason) => {
    const { sns, topic } = await withSns();
    const refused = expect(sns('Publish', { TopicArn: await topic(), Message: 'm', ...input })).rejects;
    await refused.toMatchObject(invalid(reason));
  });

  it('may be as long as its topic allows, with its attributes', async () => {
    const { sns, topic } = await withSns();
    const MessageAttributes = { name: { DataType: 'String', StringValue: 'v'.repeat(100) } };
    const rest = 'name'.length + 'String'.length + 100;
    for (const [name, max] of [
      ['usual', 262_144],
      ['small', 1024],
      ['large', 1_048_576],
    ] as const) {
      const TopicArn = await topic(name, name === 'usual' ? {} : { MaximumMessageSize: String(max) });
      const Message = 'x'.repeat(max - rest);
      await sns('Publish', { TopicArn, Message, MessageAttributes });
      await expect(sns('Publish', { TopicArn, Message: `${Message}x`, MessageAttributes })).rejects.toMatchObject(
        invalid('Message too long'),
      );
    }
  });

  it.each([
    [{ MessageDeduplicationId: 'd' }, 'The MessageGroupId parameter is required for FIFO topics'],
    [
      { MessageGroupId: 'g' },
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    ],
  ])('to a FIFO topic with only %j is refused', async (input, reason) => {
    const { sns, topic } = await withSns();
    const refused = expect(sns('Publish', { TopicArn: await topic('t.fifo'), Message: 'm', ...input })).rejects;
    await refused.toMatchObject(invalid(reason));
  });

  it('must be given', async () => {
    const { sns, topic } = await withSns();
    await expect(sns('Publish', { TopicArn: await topic() })).rejects.toMatchObject({
      ...{ status: 400, code: 'ValidationError' },
      message:
        "1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null",
    });
  });

  it('is checked before its topic', async () => {
    const { sns } = await withSns();
    const refused = expect(sns('Publish', { TopicArn: 'x', Message: '' })).rejects;
    await refused.toMatchObject(invalid('Empty message'));
  });
});

describe('an attribute', () => {
  const value = (DataType: string, StringValue = 'v') => ({ DataType, StringValue });
  const empty = (type: string) =>
    `The message attribute 'n' must contain non-empty message attribute value for message attribute type '${type}'.`;
  const badType =
    "The message attribute 'n' has an invalid message attribute type, the set of supported type prefixes is Binary, " +
    'Number, and String.';
  const badCharacter = (code: string) =>
    `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. Can only include ` +
    'alphanumeric characters, hyphens, underscores, or dots.';

  it.each([
    ['n', { DataType: 'String', StringValue: '' }, empty('String')],
    ['n', { DataType: 'Number.x' }, empty('Number.x')],
    ['n', { DataType: 'Binary', BinaryValue: '' }, empty('Binary')],
    [
      'n',
      { DataType: 'String', BinaryValue: 'AA==' },
      "The message attribute 'n' with type 'String' must use field 'String'.",
    ],
    [
      'n',
      { DataType: 'Binary', StringValue: 'x' },
      "The message attribute 'n' with type 'Binary' must use field 'Binary'.",
    ],
    ['n', value('InvalidType'), badType],
    ['n', value('String.'), badType],
    ['n', value('Stringx'), badType],
    ['n', value('Number', 'x'), "Could not cast message attribute 'n' value to number."],
    ['a'.repeat(257), value('String'), 'Length of message attribute name must be less than 256 bytes.'],
    ['a^b', value('String'), badCharacter('5E')],
    ['.a', value('String'), "Invalid message attribute name starting with character '.' was found."],
    ['a.', value('String'), "Invalid message attribute name ending with character '.' was found."],
    ['a..b', value('String'), "Message attribute name can not have successive '.' character."],
  ])('%s = %j is refused', async (name, attribute, message) => {
    const { sns, topic } = await withSns();
    const refused = expect(
      sns('Publish', { TopicArn: await topic(), Message: 'm', MessageAttributes: { [name]: attribute } }),
    ).rejects;
    await refused.toMatchObject({ status: 400, code: 'ParameterValueInvalid', message });
  });

  it('must have a type', async () => {
    const { sns, topic } = await withSns();
    const input = { TopicArn: await topic(), Message: 'm', MessageAttributes: { n: { StringValue: 'v' } } };
    await expect(sns('Publish', input)).rejects.toMatchObject({
      code: 'ValidationError',
      message:
        "1 validation error detected: Value null at 'messageAttributes.n.member.dataType' failed to satisfy " +
        'constraint: Member must not be null',
    });
  });

  it.each(['String', 'String.Array', 'String.  x.', 'Number.float'])('can have the type %j', async (DataType) => {
    const { sns, topic } = await withSns();
    const MessageAttributes = { n: value(DataType, '1') };
    await sns('Publish', { TopicArn: await topic(), Message: 'm', MessageAttributes });
  });
});

describe('a target', () => {
  it.each(badArns('TopicArn'))('cannot be the topic %j', async (TopicArn, what) => {
    const { sns } = await withSns();
    await expect(sns('Publish', { TopicArn, Message: 'm' })).rejects.toMatchObject(invalid(what));
  });

  it('must exist in the region of the request', async () => {
    const { sns, topic } = await withSns();
    const missing = { status: 404, code: 'NotFound', message: 'Topic does not exist' };
    await expect(sns('Publish', { TopicArn: MISSING, Message: 'm' })).rejects.toMatchObject(missing);
    const elsewhere = sns('Publish', { TopicArn: await topic(), Message: 'm' }, { region: 'eu-west-1' });
    await expect(elsewhere).rejects.toMatchObject(invalid('TopicArn'));
    await expect(sns('Publish', { Message: 'm' })).rejects.toMatchObject(
      invalid('TopicArn or TargetArn Reason: no value for required parameter'),
    );
    await expect(sns('Publish', { TargetArn: 'x', Message: 'm' })).rejects.toMatchObject(
      invalid('TargetArn Reason: An ARN must have at least 6 elements, not 1'),
    );
    const TargetArn = 'arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1';
    await expect(sns('Publish', { TargetArn, Message: 'm' })).rejects.toMatchObject(
      invalid('TargetArn Reason: No endpoint found for the target arn specified'),
    );
  });

  it('can be a phone number, which gets nothing', async () => {
    const { sns } = await withSns();
    expect(await sns('Publish', { PhoneNumber: '+15551234567', Message: 'm' })).toHaveProperty('MessageId');
    await expect(sns('Publish', { PhoneNumber: '0', Message: 'm' })).rejects.toMatchObject(
      invalid('PhoneNumber Reason: 0 is not valid to publish to'),
    );
  });
});
