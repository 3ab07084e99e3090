import { describe, expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';
import { fifoFixture } from './fifo-client.ts';

const MINUTE = 60_000;
const TIMEOUT = 30_000;

overBothWires('A message group', (fixture) => {
  const setup = async (attributes = {}) => {
    const f = await fifoFixture(fixture);
    return { f, q: await f.fifo('q.fifo', attributes) };
  };

  describe('with messages in flight', () => {
    it('delivers nothing, while other groups do', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 b1');
      expect(await f.names(q, { MaxNumberOfMessages: 1 })).toBe('a1');
      expect(await f.names(q)).toBe('b1');
      expect(await f.names(q)).toBe('');
    });

    it('fills a receive, in the order of sending, before the next group does', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 b1 a2 b2 a3 c1');
      expect(await f.names(q, { MaxNumberOfMessages: 4 })).toBe('a1 a2 a3 b1');
      expect(await f.names(q)).toBe('c1');
    });

    it('is served first if it has waited longest', async () => {
      const { f, q } = await setup();
      await f.send(q, 'b1');
      await f.clock.advance(1);
      await f.send(q, 'a1 b2 c1');
      expect(await f.names(q)).toBe('b1 b2 a1 c1');
    });

    it('stays locked until all messages in flight are deleted, and is then free at once', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      expect(await f.names(q, { MaxNumberOfMessages: 2 })).toBe('a1 a2');
      await f.remove(q, 'a1');
      expect(await f.names(q)).toBe('');
      await f.remove(q, 'a2');
      expect(await f.names(q)).toBe('a3');
    });

    it('stays locked until all messages in flight are deleted or visible again', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      await f.names(q, { MaxNumberOfMessages: 2 });
      await f.remove(q, 'a1');
      await f.clock.advance(TIMEOUT - 1);
      expect(await f.names(q)).toBe('');
      await f.clock.advance(1);
      expect(await f.names(q)).toBe('a2 a3');
    });

    it('allows its messages to be deleted out of order', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      await f.names(q);
      await f.remove(q, 'a2');
      await f.remove(q, 'a3');
      await f.clock.advance(TIMEOUT);
      expect(await f.names(q)).toBe('a1');
    });

    it('keeps new messages locked too', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.names(q);
      await f.send(q, 'a2 a3');
      expect(await f.names(q)).toBe('');
      expect(await f.counts(q)).toEqual([2, 1, 0]);
      await f.remove(q, 'a1');
      expect(await f.names(q)).toBe('a2 a3');
    });

    it('counts received messages as in flight, and blocked ones as visible', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3 b1');
      await f.names(q, { MaxNumberOfMessages: 2 });
      expect(await f.counts(q)).toEqual([2, 2, 0]);
      await f.remove(q, 'a1');
      expect(await f.counts(q)).toEqual([2, 1, 0]);
      await f.clock.advance(TIMEOUT);
      expect(await f.counts(q)).toEqual([3, 0, 0]);
    });

    it('is blocked by a message that is never deleted, until it expires', async () => {
      const { f, q } = await setup({ MessageRetentionPeriod: '60', VisibilityTimeout: '40' });
      await f.send(q, 'a1');
      await f.clock.advance(10_000);
      await f.send(q, 'a2');
      await f.names(q, { MaxNumberOfMessages: 1 });
      await f.clock.advance(40_000);
      expect(await f.names(q, { MaxNumberOfMessages: 1 })).toBe('a1');
      await f.clock.advance(9_999);
      expect(await f.names(q)).toBe('');
      await f.clock.advance(1);
      expect(await f.names(q)).toBe('a2');
    });

    it('delivers a message repeatedly with a visibility timeout of 0, and its handles expire at once', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2');
      expect(await f.names(q, { VisibilityTimeout: 0 })).toBe('a1 a2');
      const [again] = await f.receive(q, { VisibilityTimeout: 0, AttributeNames: ['ApproximateReceiveCount'] });
      expect(again.Attributes).toEqual({ ApproximateReceiveCount: '2' });
      await expect(f.remove(q, 'a1')).rejects.toMatchObject({ message: expect.stringContaining('has expired.') });
      expect(await f.counts(q)).toEqual([2, 0, 0]);
    });
  });

  describe('after changes of visibility', () => {
    it('delivers its first message again when that is made visible, even if later ones are in flight', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      await f.names(q);
      await f.change(q, 'a1', 0);
      expect(await f.names(q)).toBe('a1');
    });

    it('delivers no message that is made visible while an earlier one is in flight', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      await f.names(q);
      await f.change(q, 'a3', 0);
      await f.change(q, 'a2', 0);
      expect(await f.names(q)).toBe('');
      expect(await f.counts(q)).toEqual([2, 1, 0]);
      await f.remove(q, 'a1');
      expect(await f.names(q)).toBe('a2 a3');
    });

    it.each([
      ['a1', ''],
      ['a2', 'a1'],
      ['a3', 'a1 a2'],
    ])(
      'hides %s and the messages after it, but not those before it, when its timeout is extended',
      async (name, rest) => {
        const { f, q } = await setup();
        await f.send(q, 'a1 a2 a3 a4');
        await f.names(q, { MaxNumberOfMessages: 3 });
        await f.change(q, name, 60);
        await f.clock.advance(TIMEOUT);
        expect(await f.names(q, { VisibilityTimeout: 1 })).toBe(rest);
        await f.clock.advance(TIMEOUT - 1);
        expect(await f.names(q, { VisibilityTimeout: 0 })).toBe(rest);
        await f.clock.advance(1);
        expect(await f.names(q)).toBe('a1 a2 a3 a4');
      },
    );

    it('combines these rules', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3 b1');
      expect(await f.names(q)).toBe('a1 a2 a3 b1');
      expect(await f.names(q)).toBe('');
      await f.remove(q, 'a1');
      expect(await f.names(q)).toBe('');
      await f.change(q, 'a2', 60);
      await f.clock.advance(TIMEOUT);
      expect(await f.names(q)).toBe('b1');
      await f.clock.advance(TIMEOUT);
      // Both became visible again just now; a2 was sent first.
      expect(await f.names(q)).toBe('a2 a3 b1');
    });
  });

  describe('with delays', () => {
    it('delivers a delayed message neither early nor out of order', async () => {
      const { f, q } = await setup({ DelaySeconds: '10' });
      await f.send(q, 'a1');
      await f.clock.advance(5000);
      await f.send(q, 'a2');
      expect(await f.counts(q)).toEqual([0, 0, 2]);
      await f.clock.advance(4999);
      expect(await f.names(q)).toBe('');
      await f.clock.advance(1);
      expect(await f.names(q, { VisibilityTimeout: 0 })).toBe('a1');
      expect(await f.counts(q)).toEqual([1, 0, 1]);
      await f.clock.advance(5000);
      expect(await f.names(q)).toBe('a1 a2');
    });

    it("uses the queue's delay for a message with a delay of 0", async () => {
      const { f, q } = await setup({ DelaySeconds: '10' });
      await f.send(q, 'a1', { DelaySeconds: 0 });
      expect(await f.counts(q)).toEqual([0, 0, 1]);
    });

    it.each([
      [1, 'The request include parameter that is not valid for this queue type.'],
      [901, 'DelaySeconds must be >= 0 and <= 900.'],
    ])('rejects a message with its own delay (%d s)', async (DelaySeconds, reason) => {
      const { f, q } = await setup();
      await expect(f.send(q, 'a1', { DelaySeconds })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: ${reason}`,
      });
    });

    it('applies a new delay of the queue to existing messages, measured from their sending', async () => {
      const { f, q } = await setup({ DelaySeconds: '10' });
      const delay = (DelaySeconds: string) =>
        f.call('SetQueueAttributes', { QueueUrl: q, Attributes: { DelaySeconds } });
      await f.send(q, 'a1 a2');
      await f.clock.advance(2000);
      await delay('3');
      expect(await f.names(q)).toBe('');
      await f.clock.advance(1000);
      expect(await f.names(q, { MaxNumberOfMessages: 1 })).toBe('a1');
      await delay('20');
      // The received message is not affected; the other is delayed again.
      expect(await f.counts(q)).toEqual([0, 1, 1]);
      await f.remove(q, 'a1');
      await f.clock.advance(16_999);
      expect(await f.names(q)).toBe('');
      await f.clock.advance(1);
      expect(await f.names(q)).toBe('a2');
    });

    it('delivers the messages before a delayed one', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.receive(q, { VisibilityTimeout: 0 });
      await f.send(q, 'a2');
      await f.call('SetQueueAttributes', { QueueUrl: q, Attributes: { DelaySeconds: '60' } });
      expect(await f.names(q)).toBe('a1');
      await f.remove(q, 'a1');
      await f.clock.advance(MINUTE);
      expect(await f.names(q)).toBe('a2');
    });
  });
});
