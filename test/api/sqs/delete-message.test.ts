import { describe, expect, it } from 'vitest';
import { type Fixture, overBothWires } from '../../helpers.ts';

async function receive({ call }: Fixture, QueueUrl: string): Promise<string> {
  return (await call('ReceiveMessage', { QueueUrl })).Messages[0].ReceiptHandle;
}

async function sendAndReceive(f: Fixture, QueueUrl: string): Promise<string> {
  await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
  return receive(f, QueueUrl);
}

async function visible({ call }: Fixture, QueueUrl: string): Promise<number> {
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
  return Number(Attributes.ApproximateNumberOfMessages);
}

overBothWires('DeleteMessage', (fixture) => {
  describe('behaviour', () => {
    it('deletes a message in flight, and succeeds when repeated', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      for (let time = 0; time < 3; time++)
        expect(await f.call('DeleteMessage', { QueueUrl, ReceiptHandle })).toEqual({});
      await f.clock.advance(60_000);
      expect(await f.call('ReceiveMessage', { QueueUrl })).toEqual({});
    });

    it('deletes a message after its visibility timeout, unless it was received again', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.clock.advance(60_000);
      expect(await visible(f, QueueUrl)).toBe(1);
      await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
      expect(await visible(f, QueueUrl)).toBe(0);
    });

    it('succeeds for a receipt handle that is older than the latest receive, but deletes nothing', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const old = await sendAndReceive(f, QueueUrl);
      await f.clock.advance(30_000);
      const latest = await receive(f, QueueUrl);
      expect(await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: old })).toEqual({});
      await f.clock.advance(30_000);
      expect(await visible(f, QueueUrl)).toBe(1);
      await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: latest });
      expect(await visible(f, QueueUrl)).toBe(0);
    });
  });

  describe('rejects', () => {
    it.each([undefined, ''])('the handle %j', async (ReceiptHandle) => {
      const { call, queue } = await fixture();
      await expect(call('DeleteMessage', { QueueUrl: await queue(), ReceiptHandle })).rejects.toMatchObject({
        status: 400,
        code: 'MissingParameter',
        message: 'The request must contain the parameter ReceiptHandle.',
      });
    });

    it('a string that is not a receipt handle of this queue', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const foreign = await sendAndReceive(f, await f.queue('other'));
      const own = await sendAndReceive(f, QueueUrl);
      for (const ReceiptHandle of [
        foreign,
        'made up',
        'AQEB',
        own.slice(1),
        `${own}=`,
        own.replace(/.{5}$/, 'AAAAA'),
      ]) {
        await expect(f.call('DeleteMessage', { QueueUrl, ReceiptHandle })).rejects.toMatchObject({
          status: 404,
          code: 'ReceiptHandleIsInvalid',
          message: `The input receipt handle "${ReceiptHandle}" is not a valid receipt handle.`,
        });
      }
    });

    it('a receipt handle older than twelve hours', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const ReceiptHandle = await sendAndReceive(f, QueueUrl);
      await f.clock.advance(12 * 3_600_000 + 1);
      await expect(f.call('DeleteMessage', { QueueUrl, ReceiptHandle })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message: `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
      });
    });
  });
});

overBothWires('DeleteMessageBatch', (fixture) => {
  it('deletes or fails each entry on its own', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const ReceiptHandle = await sendAndReceive(f, QueueUrl);
    const Entries = [{ Id: 'bad', ReceiptHandle: 'made up' }, { Id: 'good', ReceiptHandle }, { Id: 'none' }];
    expect(await f.call('DeleteMessageBatch', { QueueUrl, Entries })).toEqual({
      Successful: [{ Id: 'good' }],
      Failed: [
        {
          Id: 'bad',
          SenderFault: true,
          Code: 'ReceiptHandleIsInvalid',
          Message: 'The input receipt handle "made up" is not a valid receipt handle.',
        },
        {
          Id: 'none',
          SenderFault: true,
          Code: 'MissingParameter',
          Message: 'The request must contain the parameter ReceiptHandle.',
        },
      ],
    });
    await f.clock.advance(60_000);
    expect(await visible(f, QueueUrl)).toBe(0);
  });

  it('rejects an empty batch', async () => {
    const { call, queue } = await fixture();
    await expect(call('DeleteMessageBatch', { QueueUrl: await queue(), Entries: [] })).rejects.toMatchObject({
      code: 'AWS.SimpleQueueService.EmptyBatchRequest',
      message: 'There should be at least one DeleteMessageBatchRequestEntry in the request.',
    });
  });
});
