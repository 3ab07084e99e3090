/**
 * A clock that is set back, while Squab runs or between two runs: no message is lost or delivered twice. A running
 * Squab never sees the machine's clock go back (test/time/clock.test.ts), but a clock passed to start() may.
 */

import { describe, expect, it } from 'vitest';
import { checkFolder } from '../../src/storage/sqlite/offline/check-folder.ts';
import type { Clock } from '../../src/time/clock.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { overBothWires, temporaryFolder } from '../helpers.ts';

const HOUR = 3_600_000;

/** A clock that can be set, like the machine's: its time of day changes, but durations stay correct. */
class SetClock implements Clock {
  readonly #inner: VirtualClock;
  #offset = 0;

  constructor(inner: VirtualClock) {
    this.#inner = inner;
  }

  setBy(byMs: number): void {
    this.#offset += byMs;
  }

  now(): number {
    return this.#inner.now() + this.#offset;
  }

  /** Checks the time again when the timer fires, as Squab's clock does with the machine's timers. */
  at(time: number, wake: () => void): () => void {
    let cancel = () => {};
    const sleep = () => {
      if (this.now() >= time) wake();
      else cancel = this.#inner.at(time - this.#offset, sleep);
    };
    cancel = this.#inner.at(Math.max(time - this.#offset, this.#inner.now()), sleep);
    return () => cancel();
  }
}

overBothWires('When the clock is set back by an hour', (fixture) => {
  const bodies = (output: { Messages?: { Body: string }[] }) => (output.Messages ?? []).map(({ Body }) => Body);
  const counts = ({ Attributes }: { Attributes: Record<string, string> }) =>
    ['', 'NotVisible', 'Delayed'].map((kind) => Number(Attributes[`ApproximateNumberOfMessages${kind}`]));

  it('messages in flight or delayed stay so until their times, are counted, and are delivered once', async () => {
    const inner = new VirtualClock();
    const clock = new SetClock(inner);
    const data = temporaryFolder();
    const { call, queue, squab } = await fixture({ clock, data });
    const QueueUrl = await queue();
    const attributes = () => call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    await call('SendMessage', { QueueUrl, MessageBody: 'in-flight' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 60 });
    await call('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 30 });
    clock.setBy(-HOUR);
    expect(bodies(await call('ReceiveMessage', { QueueUrl }))).toEqual([]);
    expect(counts(await attributes())).toEqual([0, 1, 1]);
    // A message that is sent now is visible now, and receipt handles from before stay valid.
    await call('SendMessage', { QueueUrl, MessageBody: 'sent after' });
    const after = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(bodies(after)).toEqual(['sent after']);
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: after.Messages[0].ReceiptHandle });
    await call('ChangeMessageVisibility', {
      QueueUrl,
      ReceiptHandle: Messages[0].ReceiptHandle,
      VisibilityTimeout: 10,
    });
    await inner.advance(10_000);
    expect(bodies(await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 2 * 3600 }))).toEqual(['in-flight']);
    await inner.advance(HOUR + 20_000);
    expect(bodies(await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 }))).toEqual(['delayed']);
    expect(counts(await attributes())).toEqual([0, 2, 0]);
    await squab.stop();
    expect(checkFolder(data).problems).toEqual([]);
  });

  it('a waiting long poll receives the next message', async () => {
    const inner = new VirtualClock();
    const clock = new SetClock(inner);
    const { call, queue } = await fixture({ clock });
    const QueueUrl = await queue();
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    await inner.advance(1000);
    clock.setBy(-HOUR);
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    expect(bodies(await poll)).toEqual(['hello']);
  });

  /** A clock that reports when it is set back, and one that Squab looks at every second of the machine's time. */
  const clocks = {
    'of Squab': () => {
      const clock = new VirtualClock();
      const setBack = () => clock.set(clock.now() - HOUR);
      return { clock, machine: new VirtualClock(), setBack, advance: (ms: number) => clock.advance(ms) };
    },
    'of a program': () => {
      const machine = new VirtualClock();
      const clock = new SetClock(machine);
      const setBack = async () => clock.setBy(-HOUR);
      return { clock, machine, setBack, advance: (ms: number) => machine.advance(ms) };
    },
  };

  describe.each(Object.entries(clocks))('and it is that %s,', (_, clockOf) => {
    it('a long poll ends after its waiting time, within a second', async () => {
      const { setBack, advance, ...time } = clockOf();
      const { call, queue } = await fixture(time);
      const QueueUrl = await queue();
      let ended = false;
      const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }).finally(() => {
        ended = true;
      });
      await call('ListQueues');
      await advance(5000);
      await setBack();
      await advance(14_999);
      expect(ended).toBe(false);
      await advance(1001);
      expect(bodies(await poll)).toEqual([]);
    });

    it('a message move task keeps its rate', async () => {
      const { setBack, advance, ...time } = clockOf();
      const { call, queue } = await fixture(time);
      const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
      const QueueUrl = await queue('dead');
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: '1' });
      await queue('work', { RedrivePolicy });
      const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: 'm' }));
      await call('SendMessageBatch', { QueueUrl, Entries });
      await advance(HOUR);
      const SourceArn = arn('dead');
      await call('StartMessageMoveTask', { SourceArn, DestinationArn: arn('work'), MaxNumberOfMessagesPerSecond: 1 });
      const moved = async () =>
        (await call('ListMessageMoveTasks', { SourceArn })).Results[0].ApproximateNumberOfMessagesMoved;
      await advance(2500);
      expect(await moved()).toBe(3);
      await setBack();
      await advance(3000);
      expect(await moved()).toBeOneOf([5, 6]);
    });
  });

  it('between two runs, messages are kept and duplicates are still recognized', async () => {
    const data = temporaryFolder();
    const first = await fixture({ data, clock: new VirtualClock(Date.UTC(2026, 0, 1, 12)) });
    const QueueName = 'q.fifo';
    const { QueueUrl } = await first.call('CreateQueue', { QueueName, Attributes: { FifoQueue: 'true' } });
    const message = { MessageGroupId: 'g', MessageDeduplicationId: 'd', MessageBody: 'once' };
    await first.call('SendMessage', { QueueUrl, ...message });
    await first.squab.stop();
    const clock = new VirtualClock(Date.UTC(2026, 0, 1, 11));
    const { call, squab } = await fixture({ data, clock });
    const url = (await call('GetQueueUrl', { QueueName })).QueueUrl;
    await call('SendMessage', { QueueUrl: url, ...message });
    await clock.advance(HOUR);
    expect(bodies(await call('ReceiveMessage', { QueueUrl: url, MaxNumberOfMessages: 10 }))).toEqual(['once']);
    await squab.stop();
    expect(checkFolder(data).problems).toEqual([]);
  });
});
