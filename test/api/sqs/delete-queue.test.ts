import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('DeleteQueue', (fixture) => {
  describe('behaviour', () => {
    it('deletes the queue, its messages and its settings', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue('q', { VisibilityTimeout: '5' });
      await call('SendMessage', { QueueUrl, MessageBody: 'gone' });
      expect(await call('DeleteQueue', { QueueUrl })).toEqual({});
      expect(await call('ListQueues')).toEqual({});
      expect(await queue('q', { VisibilityTimeout: '6' })).toBe(QueueUrl);
      expect(await call('ReceiveMessage', { QueueUrl })).toEqual({});
    });

    it('makes receipt handles of the old queue invalid for a new queue of the same name', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await call('SendMessage', { QueueUrl, MessageBody: 'old' });
      const [{ ReceiptHandle }] = (await call('ReceiveMessage', { QueueUrl })).Messages;
      await call('DeleteQueue', { QueueUrl });
      await queue();
      await expect(call('DeleteMessage', { QueueUrl, ReceiptHandle })).rejects.toMatchObject({
        code: 'ReceiptHandleIsInvalid',
      });
    });

    it('ends polls that wait for the queue', async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue();
      const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
      await clock.advance(1000);
      await call('DeleteQueue', { QueueUrl });
      await expect(poll).rejects.toMatchObject({ code: 'AWS.SimpleQueueService.NonExistentQueue' });
    });
  });

  describe('rejects', () => {
    it.each([undefined, '', 'missing', 'http://localhost/000000000000/missing', '/'])(
      'QueueUrl %s',
      async (QueueUrl) => {
        const { call } = await fixture();
        await expect(call('DeleteQueue', { QueueUrl })).rejects.toMatchObject({
          status: 400,
          code: 'AWS.SimpleQueueService.NonExistentQueue',
        });
      },
    );
  });
});
