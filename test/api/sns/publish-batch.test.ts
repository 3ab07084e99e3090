/** Validation of batches. */

import { describe, expect, it } from 'vitest';
import type { Input } from '../../helpers.ts';
import { badArns, invalid, MISSING, withSns } from '../../sns-client.ts';

const entry = (Id: string, rest: Input = {}) => ({ Id, Message: `message ${Id}`, ...rest });
const batchOf = (entries: Input[], TopicArn: string) => ({ TopicArn, PublishBatchRequestEntries: entries });

it('publishes all messages, and returns both lists, though one is empty', async () => {
  const { sns, topic, queue, subscribed, taken, squab } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  await subscribed(TopicArn, target, { RawMessageDelivery: 'true' });
  const ids = ['a', 'b-2', 'c_3'];
  const { Successful, Failed } = await sns(
    'PublishBatch',
    batchOf(
      ids.map((id) => entry(id)),
      TopicArn,
    ),
  );
  expect(Successful.map(({ Id }: { Id: string }) => Id)).toEqual(ids);
  expect(Failed).toEqual([]);
  expect((await taken(target)).map(({ Body }) => Body).sort()).toEqual(ids.map((id) => `message ${id}`));
  const one = 'PublishBatchRequestEntries.member.1';
  const query = `Action=PublishBatch&TopicArn=${TopicArn}&${one}.Id=1&${one}.Message=m`;
  expect(await (await fetch(`${squab.url}/?${query}`)).text()).toContain('<Failed/>');
});

it('fails only the entries with a bad subject or without text', async () => {
  const { sns, topic } = await withSns();
  const entries = [entry('a', { Subject: '' }), entry('b'), entry('c', { Message: '' })];
  expect(await sns('PublishBatch', batchOf(entries, await topic()))).toEqual({
    Successful: [{ Id: 'b', MessageId: expect.any(String) }],
    Failed: [
      { Id: 'a', Code: 'InvalidParameter', Message: 'Invalid parameter: Subject', SenderFault: 'true' },
      { Id: 'c', Code: 'InvalidParameter', Message: 'Invalid parameter: Empty message', SenderFault: 'true' },
    ],
  });
});

describe('a batch is refused as a whole', () => {
  const eleven = Array.from({ length: 11 }, (_, index) => entry(String(index)));
  const id = 'The Id of a batch entry in the batch request';
  const rows: [string, string, Input[], string, string][] = [
    [
      'with 11 entries',
      't.fifo',
      eleven,
      'TooManyEntriesInBatchRequest',
      'The batch request contains more entries than permissible.',
    ],
    ['without entries', 't', [], 'EmptyBatchRequest', 'The batch request does not contain any entries.'],
    [
      'with an ID twice',
      't',
      [entry('a'), entry('a')],
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    ],
    ['with a long ID', 't', [entry('i'.repeat(81))], 'InvalidBatchEntryId', `${id} is too long: ${'i'.repeat(81)}`],
    ['with a bad ID', 't', [entry('a b')], 'InvalidBatchEntryId', `${id} contains an impermissible character: a b`],
    [
      'with a bad attribute',
      't',
      [entry('a'), entry('b', { MessageAttributes: { n: { DataType: 'X', StringValue: 'v' } } })],
      'ParameterValueInvalid',
      "The message attribute 'n' has an invalid message attribute type, the set of supported type prefixes is Binary, " +
        'Number, and String.',
    ],
    [
      'with an attribute without type',
      't',
      [entry('a'), entry('b', { MessageAttributes: { n: { StringValue: 'v' } } })],
      'ValidationError',
      "1 validation error detected: Value null at 'publishBatchRequestEntries.2.member.messageAttributes.n.member." +
        "dataType' failed to satisfy constraint: Member must not be null",
    ],
    [
      'with a bad structure, before what FIFO topics require',
      't.fifo',
      [entry('a', { MessageStructure: 'json' })],
      'InvalidParameter',
      'Invalid parameter: Message Structure - JSON message body failed to parse',
    ],
    [
      'with a structure that would take long to parse, before its size',
      't',
      [entry('a', { MessageStructure: 'json', Message: `{"default":"x","a":${'['.repeat(1e6)}${']'.repeat(1e6)}}` })],
      'InvalidParameter',
      'Invalid parameter: Message Structure - JSON message body failed to parse',
    ],
    [
      'without a group in a FIFO topic',
      't.fifo',
      [entry('a', { MessageDeduplicationId: 'd' })],
      'InvalidParameter',
      'Invalid parameter: The MessageGroupId parameter is required for FIFO topics',
    ],
    [
      'with too many bytes altogether',
      't',
      [entry('a', { Message: 'x'.repeat(131_072) }), entry('b', { Message: 'x'.repeat(131_073) })],
      'BatchRequestTooLong',
      'The length of all the messages put together is more than the limit.',
    ],
  ];

  it.each(rows)('%s', async (_what, name, entries, code, message) => {
    const { sns, topic, queue, subscribed, taken } = await withSns();
    const [TopicArn, target] = [await topic(name), await queue(name.replace('t', 'q'))];
    await subscribed(TopicArn, target);
    await expect(sns('PublishBatch', batchOf(entries, TopicArn))).rejects.toMatchObject({ status: 400, code, message });
    expect(await taken(target)).toEqual([]);
  });

  it.each(badArns('TopicArn'))('for the topic %j', async (TopicArn, what) => {
    const { sns } = await withSns();
    await expect(sns('PublishBatch', batchOf([entry('a')], TopicArn))).rejects.toMatchObject(invalid(what));
  });

  it('for a topic that does not exist, after the number of entries', async () => {
    const { sns } = await withSns();
    const missing = { status: 404, code: 'NotFound', message: 'Topic does not exist' };
    await expect(sns('PublishBatch', batchOf([entry('a')], MISSING))).rejects.toMatchObject(missing);
    await expect(sns('PublishBatch', batchOf(eleven, MISSING))).rejects.toMatchObject({
      code: 'TooManyEntriesInBatchRequest',
    });
  });
});

it('takes entries of 262,144 bytes altogether', async () => {
  const { sns, topic } = await withSns();
  const entries = ['a', 'b'].map((Id) => entry(Id, { Message: 'x'.repeat(131_072) }));
  const { Successful } = await sns('PublishBatch', batchOf(entries, await topic()));
  expect(Successful).toHaveLength(2);
});
