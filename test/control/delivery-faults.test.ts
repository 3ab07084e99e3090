/** Injected delivery faults: deliveries that SQS does not rule out, on demand. */

import { expect, it } from 'vitest';
import type { FaultRuleInput } from '../../src/control/faults/fault-rule.ts';
import type { StartOptions } from '../../src/index.ts';
import { type Fixture, overBothWires } from '../helpers.ts';

interface Received {
  MessageId: string;
  Body: string;
  ReceiptHandle: string;
  MessageAttributes?: object;
}

type Make = (options?: StartOptions) => Promise<Fixture>;

/** Creates a queue, sends messages with these bodies to it, and adds a fault rule. */
async function queueWith(fixture: Make, bodies: readonly string[], rule: FaultRuleInput) {
  const made = await fixture();
  const { call, queue, squab } = made;
  const QueueUrl = await queue();
  for (const MessageBody of bodies) await call('SendMessage', { QueueUrl, MessageBody });
  squab.control.faults.add(rule);
  const receive = async (more: object = {}): Promise<Received[]> =>
    (await call('ReceiveMessage', { QueueUrl, ...more })).Messages ?? [];
  const receiveBodies = async (more: object = {}) => (await receive(more)).map(({ Body }) => Body);
  return { ...made, QueueUrl, receive, receiveBodies, triggered: () => squab.control.faults.list()[0]!.triggered };
}

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const ten = Array.from({ length: 10 }, (_, index) => `${index}`);
const ALL = { MaxNumberOfMessages: 10 };

overBothWires('the effect duplicate', (fixture) => {
  it('delivers a message again with the same ID, even if it has been deleted', async () => {
    const { call, QueueUrl, receive } = await queueWith(fixture, [], { effect: { type: 'duplicate' } });
    const MessageAttributes = { colour: { DataType: 'String', StringValue: 'red' } };
    await call('SendMessage', { QueueUrl, MessageBody: 'hello', MessageAttributes });
    const more = { MessageAttributeNames: ['All'] };
    const [first] = await receive(more);
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: first!.ReceiptHandle });
    const [second] = await receive(more);
    expect(second).toMatchObject({ MessageId: first!.MessageId, Body: 'hello', MessageAttributes });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: second!.ReceiptHandle });
    expect(await receive()).toEqual([]);
  });

  it('delivers a copy while the message is in flight, and does not duplicate the copy', async () => {
    const { receiveBodies, clock } = await queueWith(fixture, ['hello'], { effect: { type: 'duplicate' } });
    expect(await receiveBodies()).toEqual(['hello']);
    expect(await receiveBodies()).toEqual(['hello']);
    expect(await receiveBodies()).toEqual([]);
    await clock.advance(30_000);
    // The message was not deleted, so it becomes visible again, and is duplicated again.
    expect(await receiveBodies(ALL)).toEqual(['hello', 'hello']);
    expect(await receiveBodies(ALL)).toEqual(['hello']);
  });

  it('makes copies in a dead-letter queue that a message move task can move back', async () => {
    const { call, queue, clock, squab } = await fixture();
    const dlq = await queue('dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 });
    const QueueUrl = await queue('q', { RedrivePolicy, VisibilityTimeout: '0' });
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    for (let times = 0; times < 2; times++) await call('ReceiveMessage', { QueueUrl });
    squab.control.faults.add({ effect: { type: 'duplicate' } });
    await call('ReceiveMessage', { QueueUrl: dlq, VisibilityTimeout: 0 });
    await call('StartMessageMoveTask', { SourceArn: arnOf('dlq') });
    await clock.advance(1000);
    expect(await call('ListMessageMoveTasks', { SourceArn: arnOf('dlq') })).toMatchObject({
      Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 2 }],
    });
  });

  it('counts deliveries, but not empty receives', async () => {
    const { call, QueueUrl, receiveBodies, triggered } = await queueWith(fixture, [], {
      times: 1,
      effect: { type: 'duplicate' },
    });
    expect(await receiveBodies()).toEqual([]);
    expect(triggered()).toBe(0);
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    expect(await receiveBodies()).toEqual(['hello']);
    expect(triggered()).toBe(1);
  });

  it('does not apply to FIFO queues, and neither does reorder', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    for (const MessageBody of ten) await call('SendMessage', { QueueUrl, MessageBody, MessageGroupId: 'g' });
    squab.control.faults.add({ effect: { type: 'duplicate' } });
    squab.control.faults.add({ effect: { type: 'reorder' } });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, ...ALL });
    expect(Messages.map(({ Body }: Received) => Body)).toEqual(ten);
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toBeUndefined();
  });
});

overBothWires('the effect reorder', (fixture) => {
  it('does not start with the first message in line, and loses no message', async () => {
    const { receiveBodies } = await queueWith(fixture, ten, { effect: { type: 'reorder' } });
    const received: string[] = [];
    for (const _ of ten) received.push(...(await receiveBodies()));
    expect(received[0]).not.toBe('0');
    expect([...received].sort()).toEqual(ten);
  });

  it('results in the same order for the same seed', async () => {
    const order = async (seed: number) =>
      (await queueWith(fixture, ten, { seed, effect: { type: 'reorder' } })).receiveBodies(ALL);
    const first = await order(1);
    expect(first).not.toEqual(ten);
    expect([...first].sort()).toEqual(ten);
    expect(await order(1)).toEqual(first);
    expect(await order(2)).not.toEqual(first);
  });
});

overBothWires('the effect partial-receive', (fixture) => {
  it('limits a receive to the count of the rule', async () => {
    const { receiveBodies } = await queueWith(fixture, ten, {
      times: 1,
      effect: { type: 'partial-receive', count: 3 },
    });
    expect(await receiveBodies(ALL)).toEqual(['0', '1', '2']);
    expect(await receiveBodies(ALL)).toEqual(ten.slice(3));
  });

  it('returns some messages, but not all, if the rule has no count', async () => {
    const { receiveBodies, triggered } = await queueWith(fixture, ten, { effect: { type: 'partial-receive' } });
    let left = ten;
    while (left.length > 1) {
      const received = await receiveBodies(ALL);
      expect(received).toEqual(left.slice(0, received.length));
      expect(received.length).toBeGreaterThan(0);
      expect(received.length).toBeLessThan(left.length);
      left = left.slice(received.length);
    }
    const before = triggered();
    expect(await receiveBodies(ALL)).toEqual(left);
    expect(triggered()).toBe(before);
  });
});

overBothWires('the effect empty-receive', (fixture) => {
  it('makes a receive return nothing, and a later receive returns the message', async () => {
    const { receiveBodies } = await queueWith(fixture, ['hello'], { times: 2, effect: { type: 'empty-receive' } });
    expect([await receiveBodies(), await receiveBodies(), await receiveBodies()]).toEqual([[], [], ['hello']]);
  });

  it('is not triggered by an empty queue or a long poll', async () => {
    const { call, QueueUrl, receiveBodies, triggered } = await queueWith(fixture, [], {
      effect: { type: 'empty-receive' },
    });
    expect(await receiveBodies()).toEqual([]);
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    expect(await receiveBodies({ WaitTimeSeconds: 20 })).toEqual(['hello']);
    expect(triggered()).toBe(0);
  });
});
