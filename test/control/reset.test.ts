/** Reset, of everything or of some queues. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { overBothWires, setup, temporaryFolder } from '../helpers.ts';
import { control } from './client.ts';

const A = '111111111111';
const B = '222222222222';

overBothWires('a reset', (fixture) => {
  it('removes all queues, everything in them, and fault rules', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue('q', { VisibilityTimeout: '60' });
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    await call('CreateQueue', { QueueName: 'q' }, { account: A });
    squab.control.faults.add({ effect: { type: 'error', code: 'OverLimit' } });
    expect(await control(squab.url).post('/reset')).toEqual({ queues: 2, topics: 0 });
    expect((await call('ListQueues')).QueueUrls).toBeUndefined();
    expect(squab.control.faults.list()).toEqual([]);
    const again = await queue('q');
    expect((await call('ReceiveMessage', { QueueUrl: again })).Messages).toBeUndefined();
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: again, AttributeNames: ['VisibilityTimeout'] });
    expect(Attributes.VisibilityTimeout).toBe('30');
  });

  it('of an account does not affect other accounts, so that tests can run in parallel', async () => {
    const { call, squab } = await fixture();
    for (const account of [A, B]) await call('CreateQueue', { QueueName: 'q' }, { account });
    squab.control.faults.add({ account: B, effect: { type: 'error', code: 'OverLimit' } });
    expect(await squab.control.reset({ account: A })).toEqual({ queues: 1, topics: 0 });
    expect((await call('ListQueues', {}, { account: A })).QueueUrls).toBeUndefined();
    expect(squab.control.faults.list()).toHaveLength(1);
    squab.control.faults.clear();
    expect((await call('ListQueues', {}, { account: B })).QueueUrls).toHaveLength(1);
  });

  it('can be limited to a region and a name prefix', async () => {
    const { call, squab } = await fixture();
    const { post } = control(squab.url);
    for (const region of ['us-east-1', 'eu-west-1']) {
      for (const QueueName of ['test-1', 'test-2', 'other']) await call('CreateQueue', { QueueName }, { region });
    }
    expect(await post('/reset', { region: 'eu-west-1', prefix: 'test-' })).toEqual({ queues: 2, topics: 0 });
    expect((await call('ListQueues', {}, { region: 'eu-west-1' })).QueueUrls).toHaveLength(1);
    expect(await post('/reset', { prefix: 'test-' })).toEqual({ queues: 2, topics: 0 });
    expect(await post('/reset', { region: 'us-east-1' })).toEqual({ queues: 1, topics: 0 });
  });

  it('ends long polls of the removed queues', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    await call('ListQueues');
    const ended = expect(poll).rejects.toMatchObject({ code: 'AWS.SimpleQueueService.NonExistentQueue' });
    await squab.control.reset();
    await ended;
  });

  it('clears deduplication records, cooldowns and quotas', async () => {
    const { call, queue, squab } = await fixture({ cooldowns: true, fifoQuotas: true });
    const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
    const message = { MessageBody: 'hello', MessageGroupId: 'g' };
    let QueueUrl = await queue('q.fifo', fifo);
    for (let sent = 0; sent < 300; sent++) await call('SendMessage', { QueueUrl, ...message });
    await expect(call('SendMessage', { QueueUrl, ...message })).rejects.toMatchObject({ code: 'ThrottlingException' });
    await call('PurgeQueue', { QueueUrl });
    await call('DeleteQueue', { QueueUrl });
    await expect(queue('q.fifo', fifo)).rejects.toMatchObject({ code: /QueueDeletedRecently/ });
    await squab.control.reset();
    QueueUrl = await queue('q.fifo', fifo);
    await call('SendMessage', { QueueUrl, ...message });
    await call('PurgeQueue', { QueueUrl });
  });

  it('ends the move tasks of removed queues, so that new ones can start', async () => {
    const { call, queue, squab, clock } = await fixture();
    const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
    for (let round = 0; round < 2; round++) {
      const QueueUrl = await queue('dead');
      const target = await queue('target');
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: '1' });
      await queue('source', { RedrivePolicy });
      for (let sent = 0; sent < 3; sent++) await call('SendMessage', { QueueUrl, MessageBody: `${sent}` });
      const task = { SourceArn: arn('dead'), DestinationArn: arn('target'), MaxNumberOfMessagesPerSecond: 1 };
      await call('StartMessageMoveTask', task);
      await clock.advance(1000);
      const { Messages } = await call('ReceiveMessage', { QueueUrl: target, MaxNumberOfMessages: 10 });
      expect(Messages.length).toBeLessThan(3);
      await squab.control.reset();
    }
    expect((await call('ListQueues')).QueueUrls).toBeUndefined();
  });
});

describe('a reset', () => {
  it('calls listeners', async () => {
    const { squab } = await setup();
    const resets: unknown[] = [];
    squab.control.onReset((reset) => resets.push(reset));
    await squab.control.reset({ account: A });
    await squab.control.reset();
    expect(resets).toEqual([
      { scope: { account: A }, everything: false },
      { scope: {}, everything: true },
    ]);
  });

  it('fails with a message about the disk if the disk prevents it', async () => {
    const data = temporaryFolder();
    const { squab, client } = await setup({ data });
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    rmSync(join(data, 'squab.db'));
    await expect(control(squab.url).post('/reset')).rejects.toThrow(/^503 .*squab\.db is gone/);
    await expect(control(squab.url).put('/snapshots/s')).rejects.toThrow(/^503 .*squab\.db is gone/);
  });

  it.each([
    [{ account: '1' }, '400 "account" is invalid: must have twelve digits, such as 000000000000 (got "1").'],
    [{ acount: A }, '400 "acount" is unknown. Did you mean "account"?'],
  ])('rejects %j', async (scope, problem) => {
    const { squab } = await setup();
    await expect(control(squab.url).post('/reset', scope)).rejects.toThrow(problem);
  });
});
