/** Dead-letter queues in a circle: receipt handles of messages that have gone round. */

import { describe, expect, it } from 'vitest';
import { type Fixture, type Output, overBothWires } from '../../helpers.ts';
import { arnOf, countsOf } from './dead-letters.ts';

const NOT_AVAILABLE = 'Message does not exist or is not available for visibility timeout change';

/** Sends a message through a queue and back to it. Resolves to the queue's URL, and the handle of the first receive. */
type GoRound = (f: Fixture) => Promise<{ QueueUrl: string; handle: string }>;

const policy = (name: string) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(name), maxReceiveCount: 1 }),
});

async function receiveOnce(f: Fixture, QueueUrl: string): Promise<Output[]> {
  const { Messages = [] } = await f.call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 1 });
  await f.clock.advance(1000);
  return Messages;
}

const roundTrips: Record<string, GoRound> = {
  async 'its own dead-letter queue'(f) {
    const QueueUrl = await f.queue('q', policy('q'));
    await f.call('SendMessage', { QueueUrl, MessageBody: 'traveller' });
    const [first] = await receiveOnce(f, QueueUrl);
    await f.call('SendMessage', { QueueUrl, MessageBody: 'first in line', DelaySeconds: 0 });
    await f.clock.advance(1);
    // Moves the traveller behind the other message, and hands that one out.
    const { Messages } = await f.call('ReceiveMessage', { QueueUrl });
    expect(Messages[0].Body).toBe('first in line');
    await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    return { QueueUrl, handle: first.ReceiptHandle };
  },
  async 'two dead-letter queues in a circle'(f) {
    const QueueUrl = await f.queue('q');
    const other = await f.queue('other', policy('q'));
    await f.call('SetQueueAttributes', { QueueUrl, Attributes: policy('other') });
    await f.call('SendMessage', { QueueUrl, MessageBody: 'traveller' });
    const [first] = await receiveOnce(f, QueueUrl);
    expect(await receiveOnce(f, QueueUrl)).toEqual([]);
    expect(await receiveOnce(f, other)).toHaveLength(1);
    expect(await receiveOnce(f, other)).toEqual([]);
    return { QueueUrl, handle: first.ReceiptHandle };
  },
};

overBothWires('A message that has gone round', (fixture) => {
  describe.each(Object.keys(roundTrips))('%s', (name) => {
    it('is neither deleted nor hidden by a handle from before', async () => {
      const f = await fixture();
      const { QueueUrl, handle } = await roundTrips[name]!(f);
      const expectNoEffect = async (...counts: string[]) => {
        const old = { QueueUrl, ReceiptHandle: handle };
        expect(await f.call('DeleteMessage', old)).toEqual({});
        for (const VisibilityTimeout of [0, 30]) {
          await expect(f.call('ChangeMessageVisibility', { ...old, VisibilityTimeout })).rejects.toMatchObject({
            status: 400,
            code: 'InvalidParameterValue',
            message: `Value ${handle} for parameter ReceiptHandle is invalid. Reason: ${NOT_AVAILABLE}.`,
          });
        }
        const entry = { Id: 'old', ReceiptHandle: handle };
        expect(await f.call('DeleteMessageBatch', { QueueUrl, Entries: [entry] })).toMatchObject({
          Successful: [{ Id: 'old' }],
        });
        const Entries = [{ ...entry, VisibilityTimeout: 30 }];
        expect(await f.call('ChangeMessageVisibilityBatch', { QueueUrl, Entries })).toMatchObject({
          Failed: [{ Id: 'old', Code: 'ReceiptHandleIsInvalid', Message: NOT_AVAILABLE }],
        });
        expect(await countsOf(f, QueueUrl)).toEqual(counts);
      };
      await expectNoEffect('1', '0', '0');
      const { Messages } = await f.call('ReceiveMessage', { QueueUrl, AttributeNames: ['All'] });
      expect(Messages).toMatchObject([
        { Body: 'traveller', Attributes: { DeadLetterQueueSourceArn: expect.any(String) } },
      ]);
      await expectNoEffect('0', '1', '0');
      await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
      await expectNoEffect('0', '0', '0');
    });
  });
});
