import { describe, expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';
import { fifoFixture } from './fifo-client.ts';

const WINDOW = 300_000;
const TIMEOUT = 30_000;

overBothWires('A receive with an attempt ID', (fixture) => {
  const attempt = { ReceiveRequestAttemptId: 'x' };
  /** Creates a queue with `a1 a2 b1`, of which the attempt has received the first two. */
  const attempted = async () => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo();
    await f.send(q, 'a1 a2 b1');
    const more = { ...attempt, MaxNumberOfMessages: 2, AttributeNames: ['All'] };
    const first = await f.receive(q, more);
    expect(first.map(({ Body }) => Body)).toEqual(['a1', 'a2']);
    return { f, q, first, again: () => f.receive(q, more) };
  };

  describe('returns the same messages again', () => {
    it('with the same receipt handles and receive counts', async () => {
      const { f, q, first, again } = await attempted();
      await f.clock.advance(1000);
      expect(await again()).toEqual(first);
      expect(await again()).toEqual(first);
      expect(await f.counts(q)).toEqual([1, 2, 0]);
      await f.remove(q, 'a1 a2');
      expect(await f.counts(q)).toEqual([1, 0, 0]);
    });

    it('and restarts their visibility timeout', async () => {
      const { f, q, first, again } = await attempted();
      await f.clock.advance(TIMEOUT - 1);
      expect(await again()).toEqual(first);
      await f.clock.advance(TIMEOUT - 1);
      expect(await f.names(q)).toBe('b1');
      await f.clock.advance(1);
      expect(await f.names(q)).toBe('a1 a2');
    });

    it('for five minutes after the first receive', async () => {
      const { f, q, again } = await attempted();
      for (const name of ['a1', 'a2']) await f.change(q, name, 1);
      await f.clock.advance(1000);
      const long = { ...attempt, VisibilityTimeout: 1000 };
      const [first] = await f.receive(q, { ...long, MaxNumberOfMessages: 1 });
      await f.clock.advance(WINDOW - 1);
      expect(await f.receive(q, long)).toEqual([first]);
      await f.clock.advance(1);
      const after = (await again()).map(({ Body }) => Body);
      expect(after).not.toContain(first.Body);
    });
  });

  describe('returns other messages', () => {
    it('after one of the messages was deleted', async () => {
      const { f, q, again } = await attempted();
      await f.remove(q, 'a2');
      expect(await again()).toMatchObject([{ Body: 'b1' }]);
    });

    it('after the visibility timeout of one was changed', async () => {
      const { f, q, again } = await attempted();
      await f.change(q, 'a2', 10);
      expect(await again()).toMatchObject([{ Body: 'b1' }]);
      // That was a new receive, which can itself be repeated.
      expect(await again()).toMatchObject([{ Body: 'b1' }]);
    });

    it('after the messages became visible again', async () => {
      const { f, first, again } = await attempted();
      await f.clock.advance(TIMEOUT);
      const [next] = await again();
      expect(next.ReceiptHandle).not.toBe(first[0].ReceiptHandle);
      const counts = [first[0], next].map(({ Attributes }) => Attributes.ApproximateReceiveCount);
      expect([next.Body, ...counts]).toEqual(['b1', '1', '1']);
    });

    it('with another attempt ID, or without one', async () => {
      const { f, q } = await attempted();
      expect(await f.names(q, { ReceiveRequestAttemptId: 'X', VisibilityTimeout: 0 })).toBe('b1');
      expect(await f.names(q, { VisibilityTimeout: 0 })).toBe('b1');
    });

    it('after a purge', async () => {
      const { f, q, again } = await attempted();
      await f.call('PurgeQueue', { QueueUrl: q });
      expect(await again()).toEqual([]);
    });

    it('from another queue', async () => {
      const { f } = await attempted();
      const other = await f.fifo('other.fifo');
      expect(await f.names(other, attempt)).toBe('');
    });
  });

  it('is not remembered if it returned nothing', async () => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo();
    expect(await f.names(q, attempt)).toBe('');
    await f.send(q, 'a1');
    expect(await f.names(q, attempt)).toBe('a1');
  });

  it('can be repeated even at the in-flight limit', async () => {
    const f = await fifoFixture(fixture, { inFlightLimit: 1 });
    const q = await f.fifo();
    await f.send(q, 'a1 a2');
    expect([await f.names(q, attempt), await f.names(q), await f.names(q, attempt)]).toEqual(['a1', '', 'a1']);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(129)])('is rejected with the ID "%s"', async (ReceiveRequestAttemptId) => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo();
    await expect(f.receive(q, { ReceiveRequestAttemptId })).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });

  it('is an ordinary receive on a standard queue', async () => {
    const f = await fifoFixture(fixture);
    const q = await f.queue('standard');
    await f.call('SendMessage', { QueueUrl: q, MessageBody: 'm' });
    expect(await f.names(q, attempt)).toBe('m');
    expect(await f.names(q, attempt)).toBe('');
  });
});
