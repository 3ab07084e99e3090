import { expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('PurgeQueue', (fixture) => {
  it('deletes visible, delayed and in-flight messages, but no later ones', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'in-flight' });
    const [{ ReceiptHandle }] = (await call('ReceiveMessage', { QueueUrl })).Messages;
    await call('SendMessage', { QueueUrl, MessageBody: 'visible' });
    await call('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 5 });
    expect(await call('PurgeQueue', { QueueUrl })).toEqual({});
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '0',
    });
    expect(await call('DeleteMessage', { QueueUrl, ReceiptHandle })).toEqual({});
    await call('SendMessage', { QueueUrl, MessageBody: 'later' });
    expect((await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 })).Messages).toMatchObject([
      { Body: 'later' },
    ]);
  });

  it('rejects a queue that does not exist', async () => {
    const { call } = await fixture();
    await expect(call('PurgeQueue', { QueueUrl: 'missing' })).rejects.toMatchObject({
      code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });
});
