import { describe, expect, it } from 'vitest';
import { type Fixture, overBothWires } from '../../helpers.ts';

async function sendAndReceive({ call }: Fixture, QueueUrl: string): Promise<string> {
  await call('SendMessage', { QueueUrl, MessageBody: 'm' });
  return (await call('ReceiveMessage', { QueueUrl })).Messages[0].ReceiptHandle;
}

async function isVisible({ call }: Fixture, QueueUrl: string): Promise<boolean> {
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
  return Attributes.ApproximateNumberOfMessages === '1';
}

overBothWires('ChangeMessageVisibility', (fixture) => {
  describe('behaviour', () => {
    it('replaces the rest of the visibility timeout, counted from the call', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.clock.advance(20_000);
      expect(await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 15 })).toEqual({});
      await f.clock.advance(14_999);
      expect(await isVisible(f, QueueUrl)).toBe(false);
      await f.clock.advance(1);
      expect(await isVisible(f, QueueUrl)).toBe(true);
    });

    it('makes a message visible immediately with 0, which does not count as a receive', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
      const [message] = (await f.call('ReceiveMessage', { QueueUrl, AttributeNames: ['All'] })).Messages;
      expect(message.Attributes.ApproximateReceiveCount).toBe('2');
    });

    it('hides a message again after its visibility timeout', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.clock.advance(60_000);
      await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 10 });
      expect(await isVisible(f, QueueUrl)).toBe(false);
    });

    it('accepts even a receipt handle that is older than the latest receive', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q', { VisibilityTimeout: '10' });
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.clock.advance(10_000);
      await f.call('ReceiveMessage', { QueueUrl });
      await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 100 });
      await f.clock.advance(99_999);
      expect(await isVisible(f, QueueUrl)).toBe(false);
      await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
      expect(await isVisible(f, QueueUrl)).toBe(true);
    });
  });

  describe('rejects', () => {
    it('a missing timeout, before it checks the receipt handle', async () => {
      const { call, queue } = await fixture();
      const asked = { QueueUrl: await queue(), ReceiptHandle: 'made up' };
      await expect(call('ChangeMessageVisibility', asked)).rejects.toMatchObject({
        code: 'MissingParameter',
        message: 'The request must contain the parameter VisibilityTimeout.',
      });
    });

    it.each([-1, 43_201])('a timeout of %d seconds', async (VisibilityTimeout) => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await expect(
        f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout }),
      ).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${VisibilityTimeout} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.`,
      });
    });

    it('a timeout that hides a message for more than twelve hours after its receive', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.clock.advance(5000);
      const change = (VisibilityTimeout: number) =>
        f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout });
      await expect(change(43_200)).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message:
          'Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
      });
      expect(await change(43_195)).toEqual({});
    });

    it('an invalid receipt handle, and the handle of a deleted message', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
      const change = (handle: string) =>
        f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: handle, VisibilityTimeout: 1 });
      await expect(change(ReceiptHandle)).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message: `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      });
      await expect(change('made up')).rejects.toMatchObject({ status: 404, code: 'ReceiptHandleIsInvalid' });
    });
  });
});

overBothWires('ChangeMessageVisibilityBatch', (fixture) => {
  it('changes or fails each entry on its own', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const ReceiptHandle = await sendAndReceive(f, QueueUrl);
    const Entries = [
      { Id: 'a', ReceiptHandle: 'made up', VisibilityTimeout: 1 },
      { Id: 'b', ReceiptHandle },
      { Id: 'c', ReceiptHandle, VisibilityTimeout: 43_201 },
      { Id: 'd', ReceiptHandle, VisibilityTimeout: 0 },
    ];
    expect(await f.call('ChangeMessageVisibilityBatch', { QueueUrl, Entries })).toEqual({
      Successful: [{ Id: 'd' }],
      Failed: [
        {
          Id: 'a',
          SenderFault: true,
          Code: 'ReceiptHandleIsInvalid',
          Message: 'The input receipt handle "made up" is not a valid receipt handle.',
        },
        {
          Id: 'b',
          SenderFault: true,
          Code: 'MissingParameter',
          Message:
            'The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.2.VisibilityTimeout.',
        },
        {
          Id: 'c',
          SenderFault: true,
          Code: 'InvalidParameterValue',
          Message:
            'Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.',
        },
      ],
    });
    expect(await isVisible(f, QueueUrl)).toBe(true);
  });
  it('has its own messages for a deleted message, and for a handle older than twelve hours', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const ReceiptHandle = await sendAndReceive(f, QueueUrl);
    await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
    const Entries = [{ Id: 'e', ReceiptHandle, VisibilityTimeout: 1 }];
    const change = () => f.call('ChangeMessageVisibilityBatch', { QueueUrl, Entries });
    const refusal = (Message: string) => ({
      Failed: [{ Id: 'e', SenderFault: true, Code: 'ReceiptHandleIsInvalid', Message }],
    });
    expect(await change()).toEqual(refusal('Message does not exist or is not available for visibility timeout change'));
    await f.clock.advance(12 * 3_600_000 + 1);
    expect(await change()).toEqual(refusal('The receipt handle has expired'));
  });
});
