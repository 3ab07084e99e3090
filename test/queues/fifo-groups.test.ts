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

  describe('and its messages in flight', () => {
    it('with a message in flight gives nothing, while other groups do', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 b1');
      expect(await f.names(q, { MaxNumberOfMessages: 1 })).toBe('a1');
      expect(await f.names(q)).toBe('b1');
      expect(await f.names(q)).toBe('');
    });

    it('gives as many messages as it may before the next group does, in the order of sending', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 b1 a2 b2 a3 c1');
      expect(await f.names(q, { MaxNumberOfMessages: 4 })).toBe('a1 a2 a3 b1');
      expect(await f.names(q)).toBe('c1');
    });

    it('that waits longest goes first', async () => {
      const { f, q } = await setup();
      await f.send(q, 'b1');
      await f.clock.advance(1);
      await f.send(q, 'a1 b2 c1');
      expect(await f.names(q)).toBe('b1 b2 a1 c1');
    });

    it('stays locked until all that was handed out is deleted, and then is free at once', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      expect(await f.names(q, { MaxNumberOfMessages: 2 })).toBe('a1 a2');
      await f.remove(q, 'a1');
      expect(await f.names(q)).toBe('');
      await f.remove(q, 'a2');
      expect(await f.names(q)).toBe('a3');
    });

    it('stays locked until all that was handed out is visible again', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      await f.names(q, { MaxNumberOfMessages: 2 });
      await f.remove(q, 'a1');
      await f.clock.advance(TIMEOUT - 1);
      expect(await f.names(q)).toBe('');
      await f.clock.advance(1);
      expect(await f.names(q)).toBe('a2 a3');
    });

    it('may have its messages deleted out of order', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      await f.names(q);
      await f.remove(q, 'a2');
      await f.remove(q, 'a3');
      await f.clock.advance(TIMEOUT);
      expect(await f.names(q)).toBe('a1');
    });

    it('keeps what is sent to it behind its lock', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.names(q);
      await f.send(q, 'a2 a3');
      expect(await f.names(q)).toBe('');
      expect(await f.counts(q)).toEqual([2, 1, 0]);
      await f.remove(q, 'a1');
      expect(await f.names(q)).toBe('a2 a3');
    });

    it('counts as in flight what was handed out, and as visible what waits behind it', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3 b1');
      await f.names(q, { MaxNumberOfMessages: 2 });
      expect(await f.counts(q)).toEqual([2, 2, 0]);
      await f.remove(q, 'a1');
      expect(await f.counts(q)).toEqual([2, 1, 0]);
      await f.clock.advance(TIMEOUT);
      expect(await f.counts(q)).toEqual([3, 0, 0]);
    });

    it('is blocked by a message that is never deleted, until that expires', async () => {
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

    it('gives a message again and again with a visibility timeout of 0, whose handle is of no use', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2');
      expect(await f.names(q, { VisibilityTimeout: 0 })).toBe('a1 a2');
      const [again] = await f.receive(q, { VisibilityTimeout: 0, AttributeNames: ['ApproximateReceiveCount'] });
      expect(again.Attributes).toEqual({ ApproximateReceiveCount: '2' });
      await expect(f.remove(q, 'a1')).rejects.toMatchObject({ message: expect.stringContaining('has expired.') });
      expect(await f.counts(q)).toEqual([2, 0, 0]);
    });
  });

  describe('and changes of visibility', () => {
    it('gives its first message again when that is made visible, though later ones are in flight', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2 a3');
      await f.names(q);
      await f.change(q, 'a1', 0);
      expect(await f.names(q)).toBe('a1');
    });

    it('gives none of its messages that are made visible while an earlier one is in flight', async () => {
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
      'hides %s and what comes after it for as long as that is extended, and not what comes before',
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

    it('behaves as in the worked example', async () => {
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
      // Both are visible again since now; a2 was sent first.
      expect(await f.names(q)).toBe('a2 a3 b1');
    });
  });

  describe('and delays', () => {
    it('gives a delayed message neither early nor after a later one', async () => {
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

    it('takes a delay of 0 for a message as the delay of the queue', async () => {
      const { f, q } = await setup({ DelaySeconds: '10' });
      await f.send(q, 'a1', { DelaySeconds: 0 });
      expect(await f.counts(q)).toEqual([0, 0, 1]);
    });

    it.each([
      [1, 'The request include parameter that is not valid for this queue type.'],
      [901, 'DelaySeconds must be >= 0 and <= 900.'],
    ])('refuses a message with a delay of its own (%d s)', async (DelaySeconds, reason) => {
      const { f, q } = await setup();
      await expect(f.send(q, 'a1', { DelaySeconds })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: ${reason}`,
      });
    });

    it('follows a changed delay of the queue with the messages that it has, counted from their sending', async () => {
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
      // The one that was received stays as it is; the other is delayed again.
      expect(await f.counts(q)).toEqual([0, 1, 1]);
      await f.remove(q, 'a1');
      await f.clock.advance(16_999);
      expect(await f.names(q)).toBe('');
      await f.clock.advance(1);
      expect(await f.names(q)).toBe('a2');
    });

    it('is not locked by a delayed message for those before it', async () => {
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
