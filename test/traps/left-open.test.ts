/** Cases on which AWS's documentation is silent; docs/internals/decisions.md has the evidence for each. */

import { describe, expect, it } from 'vitest';
import { overBothWires, setup } from '../helpers.ts';

overBothWires('What the documentation leaves open', (fixture) => {
  it('a policy without a Version is accepted, and returned as it was set', async () => {
    const { call, queue } = await fixture();
    const statement = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' };
    const Policy = JSON.stringify({ Statement: [statement] });
    const QueueUrl = await queue('q', { Policy });
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] });
    expect(JSON.parse(Attributes.Policy)).toEqual({ Statement: [statement] });
    await call('AddPermission', { QueueUrl, Label: 'more', AWSAccountIds: ['111122223333'], Actions: ['SendMessage'] });
  });

  it('an account that does not exist is refused with "Unable to verify.", without a subject', async () => {
    const { call, queue } = await fixture();
    const input = { QueueUrl: await queue(), Label: 'l', Actions: ['SendMessage'], AWSAccountIds: ['nobody'] };
    await expect(call('AddPermission', input)).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      message: 'Value [nobody] for parameter PrincipalId is invalid. Reason: Unable to verify.',
    });
  });

  it.each(['é', 'ø-ß', 'größe.1', '名前', 'имя'])('a message attribute may have the name %s', async (name) => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    const MessageAttributes = { [name]: { DataType: 'String', StringValue: 'x' } };
    await call('SendMessage', { QueueUrl, MessageBody: 'm', MessageAttributes });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'] });
    expect(Messages[0].MessageAttributes).toEqual(MessageAttributes);
  });

  it.each(['!', '"', '§', '(', '?', 'a b', '😀', '€'])('a message attribute may not have the name %s', async (name) => {
    const { call, queue } = await fixture();
    const MessageAttributes = { [name]: { DataType: 'String', StringValue: 'x' } };
    const sending = call('SendMessage', { QueueUrl: await queue(), MessageBody: 'm', MessageAttributes });
    await expect(sending).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });

  it.each(['String.', 'Number.', 'Binary.', 'String..x'])(
    'a label may be missing from the data type %s',
    async (DataType) => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const value = DataType.startsWith('Binary') ? { BinaryValue: 'AAEC' } : { StringValue: '7' };
      const MessageAttributes = { a: { DataType, ...value } };
      await call('SendMessage', { QueueUrl, MessageBody: 'm', MessageAttributes });
      const { Messages } = await call('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'] });
      expect(Messages[0].MessageAttributes).toEqual(MessageAttributes);
    },
  );

  it('a long poll whose queue is deleted fails at once, as later requests do', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }).catch((error: unknown) => error);
    while ((await squab.control.queues.get('q')).waitingReceives === 0);
    await call('DeleteQueue', { QueueUrl });
    const refusal = { status: 400, code: 'AWS.SimpleQueueService.NonExistentQueue' };
    expect(await poll).toMatchObject(refusal);
    await expect(call('ReceiveMessage', { QueueUrl })).rejects.toMatchObject(refusal);
  });
});

describe('Cases on which the documentation is silent, over JSON', () => {
  it('a tag whose value is null is ignored', async () => {
    const { call } = (await setup()).client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q', tags: { a: null, b: 'x' } });
    await call('TagQueue', { QueueUrl, Tags: { b: null, c: 'y' } });
    expect(await call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { b: 'x', c: 'y' } });
    await expect(call('TagQueue', { QueueUrl, Tags: { b: null } })).rejects.toMatchObject({ code: 'MissingParameter' });
  });
});
