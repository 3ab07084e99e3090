import { expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';
import { type FifoFixture, fifoFixture } from './fifo-client.ts';

/**
 * Starts a poll of up to 20 seconds. Resolves when the server has received it, which the response to a later request
 * shows. The poll's own promise is in a list, because the caller would otherwise wait for it.
 */
async function poll(f: FifoFixture, QueueUrl: string): Promise<Promise<string>[]> {
  const result = f.names(QueueUrl, { WaitTimeSeconds: 20 });
  await f.call('ListQueues');
  await f.clock.advance(0);
  return [result];
}

async function isOpen({ clock }: FifoFixture, result: Promise<string>): Promise<boolean> {
  await clock.advance(0);
  return Promise.race([result.then(() => false), Promise.resolve(true)]);
}

overBothWires('A long poll on a FIFO queue', (fixture) => {
  /** Creates a queue whose group `a` is locked by `a1` for ten seconds, with `a2` blocked, and starts a poll on it. */
  const locked = async (attributes = {}) => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo('q.fifo', { VisibilityTimeout: '10', ...attributes });
    await f.send(q, 'a1 a2');
    await f.receive(q, { MaxNumberOfMessages: 1 });
    const [result] = await poll(f, q);
    return { f, q, result: result! };
  };

  it('ends when a delete unlocks a message group', async () => {
    const { f, q, result } = await locked();
    expect(await isOpen(f, result)).toBe(true);
    await f.remove(q, 'a1');
    expect(await result).toBe('a2');
  });

  it('ends when the visibility timeout of the message that locks a group ends', async () => {
    const { f, result } = await locked();
    await f.clock.advance(9999);
    expect(await isOpen(f, result)).toBe(true);
    await f.clock.advance(1);
    expect(await result).toBe('a1 a2');
  });

  it('ends when the visibility timeout of the message that locks a group is ended or shortened', async () => {
    for (const seconds of [0, 3]) {
      const { f, q, result } = await locked();
      await f.change(q, 'a1', seconds);
      await f.clock.advance(seconds * 1000);
      expect(await result).toBe('a1 a2');
    }
  });

  it('ends when the message that locks a group expires', async () => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo('q.fifo', { MessageRetentionPeriod: '60' });
    await f.send(q, 'a1');
    await f.clock.advance(50_000);
    await f.send(q, 'a2');
    await f.receive(q, { MaxNumberOfMessages: 1 });
    const [result] = await poll(f, q);
    await f.clock.advance(9999);
    expect(await isOpen(f, result!)).toBe(true);
    await f.clock.advance(1);
    expect(await result).toBe('a2');
  });

  it('continues when a message is sent to a locked group, and ends when one is sent to a free group', async () => {
    const { f, q, result } = await locked();
    await f.send(q, 'a3');
    expect(await isOpen(f, result)).toBe(true);
    await f.send(q, 'b1');
    expect(await result).toBe('b1');
  });

  it('continues when a duplicate is sent', async () => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo();
    await f.send(q, 'a1');
    await f.receive(q);
    await f.remove(q, 'a1');
    const [result] = await poll(f, q);
    await f.send(q, 'a1');
    expect(await isOpen(f, result!)).toBe(true);
    await f.clock.advance(20_000);
    expect(await result).toBe('');
  });

  it('continues when only some of the messages in flight are deleted, or a later one becomes visible', async () => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo();
    await f.send(q, 'a1 a2 a3 a4');
    await f.receive(q, { MaxNumberOfMessages: 3 });
    const [result] = await poll(f, q);
    await f.remove(q, 'a2');
    await f.change(q, 'a3', 0);
    expect(await isOpen(f, result!)).toBe(true);
    await f.remove(q, 'a1');
    expect(await result).toBe('a3 a4');
  });

  it('ends when a delay ends, including one that was shortened', async () => {
    const f = await fifoFixture(fixture);
    const q = await f.fifo('q.fifo', { DelaySeconds: '15' });
    await f.send(q, 'a1');
    const [first] = await poll(f, q);
    await f.clock.advance(14_999);
    expect(await isOpen(f, first!)).toBe(true);
    await f.clock.advance(1);
    expect(await first).toBe('a1');
    await f.send(q, 'b1');
    const [second] = await poll(f, q);
    await f.clock.advance(1000);
    await f.call('SetQueueAttributes', { QueueUrl: q, Attributes: { DelaySeconds: '2' } });
    expect(await isOpen(f, second!)).toBe(true);
    await f.clock.advance(1000);
    expect(await second).toBe('b1');
  });

  it('ends when a message is moved to the dead-letter queue that is polled', async () => {
    const f = await fifoFixture(fixture);
    const dlq = await f.fifo('dlq.fifo');
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq.fifo';
    const q = await f.fifo('q.fifo', { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }) });
    await f.send(q, 'a1');
    await f.receive(q, { VisibilityTimeout: 0 });
    const [result] = await poll(f, dlq);
    expect(await f.names(q)).toBe('');
    expect(await result).toBe('a1');
  });

  it('ends when the number of messages in flight falls below the limit', async () => {
    const f = await fifoFixture(fixture, { inFlightLimit: 2 });
    const q = await f.fifo();
    await f.send(q, 'a1 a2 a3 b1 c1');
    await f.receive(q);
    const [first] = await poll(f, q);
    expect(await isOpen(f, first!)).toBe(true);
    // The group of a2 stays locked, so the next message is from another.
    await f.remove(q, 'a2');
    expect(await first).toBe('b1');
    const [second] = await poll(f, q);
    await f.change(q, 'b1', 5);
    await f.clock.advance(5000);
    expect(await second).toBe('c1');
  });

  it('is served in order: one group that becomes free wakes one poll, and a second group wakes the next', async () => {
    const { f, q, result } = await locked();
    const [next] = await poll(f, q);
    await f.remove(q, 'a1');
    expect(await result).toBe('a2');
    expect(await isOpen(f, next!)).toBe(true);
    await f.send(q, 'b1');
    expect(await next).toBe('b1');
  });

  it('with an attempt ID returns the same messages when it is repeated', async () => {
    const { f, q } = await locked();
    const more = { WaitTimeSeconds: 20, ReceiveRequestAttemptId: 'x' };
    await f.send(q, 'b1');
    // The poll of `locked` took b1; the attempts follow.
    await f.send(q, 'c1');
    const first = await f.receive(q, more);
    expect(await f.receive(q, more)).toEqual(first);
  });
});
