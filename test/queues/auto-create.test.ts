/** `--auto-create`: queues are created when they are first used. */

import { expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';

overBothWires('With --auto-create, a missing queue', (fixture) => {
  const url = (name: string) => `http://localhost/000000000000/${name}`;

  it.each([
    ['SendMessage', { MessageBody: 'hello' }],
    ['SendMessageBatch', { Entries: [{ Id: '1', MessageBody: 'hello' }] }],
    ['ReceiveMessage', {}],
    ['GetQueueAttributes', { AttributeNames: ['All'] }],
    ['SetQueueAttributes', { Attributes: { DelaySeconds: '1' } }],
    ['TagQueue', { Tags: { team: 'shop' } }],
    ['ListQueueTags', {}],
    ['PurgeQueue', {}],
  ])('is created by %s', async (operation, input) => {
    const { call } = await fixture({ autoCreate: true });
    await call(operation, { QueueUrl: url('q'), ...input });
    expect((await call('ListQueues')).QueueUrls).toEqual([expect.stringMatching(/\/000000000000\/q$/)]);
  });

  it('is created by GetQueueUrl, with the default attributes of CreateQueue', async () => {
    const { call } = await fixture({ autoCreate: true });
    const { QueueUrl } = await call('GetQueueUrl', { QueueName: 'q' });
    const created = await call('CreateQueue', {
      QueueName: 'q',
      Attributes: { VisibilityTimeout: '30', DelaySeconds: '0' },
    });
    expect(created.QueueUrl).toBe(QueueUrl);
  });

  it('becomes a FIFO queue if its name ends with .fifo', async () => {
    const { call } = await fixture({ autoCreate: true });
    const input = { QueueUrl: url('q.fifo'), MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    expect((await call('SendMessage', input)).SequenceNumber).toMatch(/^\d{20}$/);
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: url('q.fifo'), AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ FifoQueue: 'true', ContentBasedDeduplication: 'false' });
  });

  it('is created only once by concurrent requests', async () => {
    const { call } = await fixture({ autoCreate: true });
    await Promise.all(Array.from({ length: 20 }, () => call('SendMessage', { QueueUrl: url('q'), MessageBody: 'x' })));
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: url('q'), AttributeNames: ['All'] });
    expect(Attributes.ApproximateNumberOfMessages).toBe('20');
  });

  it('is created in the region of the request and the account of the queue URL', async () => {
    const { call } = await fixture({ autoCreate: true });
    const QueueUrl = 'http://localhost/111111111111/q';
    await call('SendMessage', { QueueUrl, MessageBody: 'x' }, { region: 'eu-west-1' });
    const { QueueUrls } = await call('ListQueues', {}, { region: 'eu-west-1', account: '111111111111' });
    expect(QueueUrls).toHaveLength(1);
    expect(await call('ListQueues')).not.toHaveProperty('QueueUrls.0');
  });

  it.each([
    ['DeleteQueue', {}],
    ['DeleteMessage', { ReceiptHandle: 'x' }],
    ['ChangeMessageVisibility', { ReceiptHandle: 'x', VisibilityTimeout: 0 }],
    ['UntagQueue', { TagKeys: ['team'] }],
    ['ListDeadLetterSourceQueues', {}],
  ])('is not created by %s', async (operation, input) => {
    const { call } = await fixture({ autoCreate: true });
    await expect(call(operation, { QueueUrl: url('q'), ...input })).rejects.toMatchObject({
      message: expect.stringContaining('The specified queue does not exist'),
    });
    expect(await call('ListQueues')).not.toHaveProperty('QueueUrls.0');
  });

  it('is not created if its name is invalid, or if the option is off', async () => {
    const { call } = await fixture({ autoCreate: true });
    const missing = { message: expect.stringContaining('The specified queue does not exist') };
    for (const name of ['two words', 'q.fifo.fifo', 'x'.repeat(81)]) {
      await expect(call('GetQueueUrl', { QueueName: name })).rejects.toMatchObject(missing);
    }
    const plain = await fixture();
    await expect(plain.call('GetQueueUrl', { QueueName: 'q' })).rejects.toMatchObject(missing);
  });

  it('is not created until the waiting period after a deletion has passed, with --cooldowns', async () => {
    const { call, clock } = await fixture({ autoCreate: true, cooldowns: true });
    await call('GetQueueUrl', { QueueName: 'q' });
    await call('DeleteQueue', { QueueUrl: url('q') });
    await expect(call('GetQueueUrl', { QueueName: 'q' })).rejects.toThrow(
      'You must wait 60 seconds after deleting a queue',
    );
    await clock.advance(60_000);
    await call('GetQueueUrl', { QueueName: 'q' });
  });
});
