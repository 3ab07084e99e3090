/** Requests that arrive at the same time: no race breaks a limit, or a rule that involves several values. */

import { expect, it } from 'vitest';
import { type Fixture, overBothWires, Refusal } from '../helpers.ts';
import { arnOf, countsOf } from './redrive/dead-letters.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Calls `call` for each input at the same time. Resolves to the codes of the errors; undefined for a success. */
async function atOnce<Input>(
  { call: warmUp }: Fixture,
  inputs: readonly Input[],
  call: (input: Input) => Promise<unknown>,
): Promise<(string | undefined)[]> {
  // The connections are open then, so that the requests arrive in one turn of the event loop.
  await Promise.all(inputs.map(() => warmUp('ListQueues')));
  const settled = await Promise.allSettled(inputs.map(call));
  return settled.map((one) => {
    if (one.status === 'fulfilled') return undefined;
    expect(one.reason).toBeInstanceOf(Refusal);
    return (one.reason as Refusal).code;
  });
}

const succeeded = (codes: readonly unknown[]) => codes.filter((code) => code === undefined).length;

overBothWires('Concurrent requests', (fixture) => {
  it('never give a queue more than 50 tags', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const codes = await atOnce(f, numbers(6), (request) =>
      f.call('TagQueue', { QueueUrl, Tags: Object.fromEntries(numbers(30).map((tag) => [`${request}-${tag}`, ''])) }),
    );
    expect(succeeded(codes)).toBe(1);
    expect(codes.filter((code) => code === 'InvalidParameterValue')).toHaveLength(5);
    expect(Object.keys((await f.call('ListQueueTags', { QueueUrl })).Tags)).toHaveLength(30);
  });

  it('all succeed if they set the same tags, and the others of a batch of 50 single tags', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const same = Object.fromEntries(numbers(45).map((tag) => [`${tag}`, '']));
    expect(succeeded(await atOnce(f, numbers(6), () => f.call('TagQueue', { QueueUrl, Tags: same })))).toBe(6);
    const codes = await atOnce(f, numbers(9), (tag) => f.call('TagQueue', { QueueUrl, Tags: { [`new-${tag}`]: '' } }));
    expect(succeeded(codes)).toBe(5);
    expect(Object.keys((await f.call('ListQueueTags', { QueueUrl })).Tags)).toHaveLength(50);
  });

  it('never give a policy more than 20 statements, nor one label to two of them', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const permission = { QueueUrl, AWSAccountIds: ['111122223333'], Actions: ['SendMessage'] };
    const codes = await atOnce(f, numbers(30), (index) =>
      f.call('AddPermission', { ...permission, Label: `label-${Math.floor((index * 25) / 30)}` }),
    );
    expect(succeeded(codes)).toBe(20);
    const { Attributes } = await f.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] });
    const labels = JSON.parse(Attributes.Policy).Statement.map(({ Sid }: { Sid: string }) => Sid);
    expect(new Set(labels).size).toBe(20);
    const removed = await atOnce(f, numbers(6), () => f.call('RemovePermission', { QueueUrl, Label: labels[0] }));
    expect(succeeded(removed)).toBe(1);
  });

  it('start one move task of a source queue', async () => {
    const f = await fixture();
    await f.queue('dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 });
    const orders = await f.queue('orders', { RedrivePolicy });
    await f.call('SendMessageBatch', {
      QueueUrl: await f.queue('dlq'),
      Entries: numbers(5).map((index) => ({ Id: `${index}`, MessageBody: 'dead' })),
    });
    const task = { SourceArn: arnOf('dlq'), DestinationArn: arnOf('orders'), MaxNumberOfMessagesPerSecond: 1 };
    const codes = await atOnce(f, numbers(6), () => f.call('StartMessageMoveTask', task));
    expect(succeeded(codes)).toBe(1);
    await f.clock.advance(10_000);
    expect(await countsOf(f, orders)).toEqual(['5', '0', '0']);
  });

  it.each(['q', 'q.fifo'])('never receive more messages than may be in flight (%s)', async (name) => {
    const f = await fixture({ inFlightLimit: 5 });
    const QueueUrl = await f.queue(name, name === 'q' ? {} : { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    const Entries = numbers(10).map((index) => ({
      ...{ Id: `${index}`, MessageBody: `${index}` },
      ...(name !== 'q' && { MessageGroupId: `${index}` }),
    }));
    for (let round = 0; round < 2; round++) await f.call('SendMessageBatch', { QueueUrl, Entries });
    await atOnce(f, numbers(6), () => f.call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 3 }));
    expect((await countsOf(f, QueueUrl))[1]).toBe('5');
  });

  it('hand out the same messages to receives with one attempt ID', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    for (const body of ['a', 'b']) await f.call('SendMessage', { QueueUrl, MessageBody: body, MessageGroupId: body });
    const received: string[] = [];
    await atOnce(f, numbers(4), async () => {
      const { Messages } = await f.call('ReceiveMessage', { QueueUrl, ReceiveRequestAttemptId: 'attempt' });
      received.push(Messages[0].Body);
    });
    expect(received).toEqual(['a', 'a', 'a', 'a']);
    expect(await countsOf(f, QueueUrl)).toEqual(['1', '1', '0']);
  });

  it('create one queue of a name, and are refused if they want it with other attributes', async () => {
    const f = await fixture();
    const codes = await atOnce(f, numbers(6), (index) => f.queue('q', { DelaySeconds: `${index % 2}` }));
    expect(succeeded(codes)).toBe(3);
    expect(codes.filter((code) => code === 'QueueAlreadyExists')).toHaveLength(3);
  });

  it('never leave a queue with two kinds of encryption', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue();
    const settings = [{ KmsMasterKeyId: 'key' }, { SqsManagedSseEnabled: 'true' }];
    await atOnce(f, [...settings, ...settings], (Attributes) => f.call('SetQueueAttributes', { QueueUrl, Attributes }));
    const { Attributes } = await f.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ KmsMasterKeyId: 'key', SqsManagedSseEnabled: 'false' });
  });

  it('never leave a FIFO queue with a throughput limit that its deduplication scope forbids', async () => {
    const f = await fixture();
    const attributes = { FifoQueue: 'true', DeduplicationScope: 'messageGroup' };
    const QueueUrl = await f.queue('q.fifo', attributes);
    const settings = [{ DeduplicationScope: 'queue' }, { FifoThroughputLimit: 'perMessageGroupId' }];
    const codes = await atOnce(f, settings, (Attributes) => f.call('SetQueueAttributes', { QueueUrl, Attributes }));
    expect(succeeded(codes)).toBe(1);
  });

  it('give every message of a FIFO queue the new delay of the queue', async () => {
    const f = await fixture();
    const attributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
    const QueueUrl = await f.queue('q.fifo', attributes);
    const send = (body: string) => f.call('SendMessage', { QueueUrl, MessageBody: body, MessageGroupId: body });
    for (const DelaySeconds of ['900', '0', '600']) {
      const codes = await atOnce(f, numbers(9), (index) =>
        index === 3
          ? f.call('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds } })
          : send(`${DelaySeconds}-${index}`),
      );
      expect(succeeded(codes)).toBe(9);
      const [visible, inFlight, delayed] = await countsOf(f, QueueUrl);
      expect([DelaySeconds === '0' ? delayed : visible, inFlight]).toEqual(['0', '0']);
    }
    expect(await countsOf(f, QueueUrl)).toEqual(['0', '0', '24']);
  });

  it('never create a queue within 60 seconds of its deletion, with --cooldowns', async () => {
    const f = await fixture({ cooldowns: true });
    const QueueUrl = await f.queue();
    await atOnce(f, numbers(9), (index) =>
      index === 3 || index === 5 ? f.call('DeleteQueue', { QueueUrl }) : f.queue(),
    );
    expect((await f.call('ListQueues')).QueueUrls ?? []).toEqual([]);
    await expect(f.queue()).rejects.toMatchObject({ code: 'AWS.SimpleQueueService.QueueDeletedRecently' });
    await f.clock.advance(60_000);
    expect(await f.queue()).toBe(QueueUrl);
  });

  it('purge a queue once in 60 seconds, with --cooldowns', async () => {
    const f = await fixture({ cooldowns: true });
    const QueueUrl = await f.queue();
    expect(succeeded(await atOnce(f, numbers(6), () => f.call('PurgeQueue', { QueueUrl })))).toBe(1);
  });
});
