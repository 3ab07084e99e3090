import { expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

const text = (StringValue: string) => ({ DataType: 'String', StringValue });

overBothWires('SendMessageBatch', (fixture) => {
  const entry = (Id: string, more: object = {}) => ({ Id, MessageBody: `body of ${Id}`, ...more });

  it('sends or fails each entry on its own', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { MaximumMessageSize: '1024' });
    const Entries = [
      entry('a', { MessageAttributes: { color: text('blue') } }),
      entry('b', { MessageBody: 'x'.repeat(1025) }),
      entry('c', { MessageBody: '\u0001' }),
      entry('d', { DelaySeconds: 901 }),
      entry('e', { MessageBody: '' }),
      entry('f', { DelaySeconds: 1 }),
    ];
    const { Successful, Failed } = await call('SendMessageBatch', { QueueUrl, Entries });
    expect(Successful.map(({ Id }: { Id: string }) => Id)).toEqual(['a', 'f']);
    expect(Successful[0]).toEqual({
      Id: 'a',
      MessageId: expect.any(String),
      MD5OfMessageBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      MD5OfMessageAttributes: 'da1b33cc3cbfe8b1630921e78e6b9880',
    });
    expect(Failed).toEqual([
      {
        Id: 'b',
        SenderFault: true,
        Code: 'InvalidParameterValue',
        Message: 'One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.',
      },
      { Id: 'c', SenderFault: true, Code: 'InvalidMessageContents', Message: expect.any(String) },
      { Id: 'd', SenderFault: true, Code: 'InvalidParameterValue', Message: expect.stringContaining('DelaySeconds') },
      {
        Id: 'e',
        SenderFault: true,
        Code: 'MissingParameter',
        Message: 'The request must contain the parameter SendMessageBatchRequestEntry.5.MessageBody.',
      },
    ]);
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages).toMatchObject([{ Body: 'body of a' }]);
  });

  it('omits an empty list', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    const good = await call('SendMessageBatch', { QueueUrl, Entries: [entry('a')] });
    expect(Object.keys(good)).toEqual(['Successful']);
    const bad = await call('SendMessageBatch', { QueueUrl, Entries: [entry('a', { MessageBody: '\u0001' })] });
    expect(Object.keys(bad)).toEqual(['Failed']);
  });

  it('accepts 1 MiB in total, whatever the queue allows for one message', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { MaximumMessageSize: '1024' });
    const half = 'x'.repeat(524_288);
    const send = (...bodies: string[]) =>
      call('SendMessageBatch', {
        QueueUrl,
        Entries: bodies.map((MessageBody, index) => entry(`e${index}`, { MessageBody })),
      });
    expect((await send(half, half)).Failed).toHaveLength(2);
    await expect(send(half, half, 'x')).rejects.toMatchObject({
      code: 'AWS.SimpleQueueService.BatchRequestTooLong',
      message: 'Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.',
    });
  });

  it.each([
    [[], 'EmptyBatchRequest', 'There should be at least one SendMessageBatchRequestEntry in the request.'],
    [
      [entry('a b')],
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    ],
    [[entry('x'.repeat(81))], 'InvalidBatchEntryId', expect.any(String)],
    [[entry('a'), entry('b'), entry('b'), entry('a')], 'BatchEntryIdsNotDistinct', 'Id b repeated.'],
    [
      Array.from({ length: 11 }, (_, index) => entry(`e${index}`)),
      'TooManyEntriesInBatchRequest',
      'Maximum number of entries per request are 10. You have sent 11.',
    ],
  ])('rejects the entries %j', async (Entries, code, message) => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    await expect(call('SendMessageBatch', { QueueUrl, Entries })).rejects.toMatchObject({
      status: 400,
      code: `AWS.SimpleQueueService.${code}`,
      message,
    });
    expect(await call('ReceiveMessage', { QueueUrl })).toEqual({});
  });

  it('looks up the queue before it checks the entries', async () => {
    const { call } = await fixture();
    await expect(call('SendMessageBatch', { QueueUrl: 'missing', Entries: [] })).rejects.toMatchObject({
      code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });
});
