/** Fault rules count, and are used up by, only requests and receives to which they make a difference. */

import { expect, it } from 'vitest';
import { type Output, overBothWires } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';

const ALL = { MaxNumberOfMessages: 10 };

overBothWires('a fault rule is not used up by a request to which it makes no difference', (fixture) => {
  it('fail-entries, by a request that is not a batch, or that lacks the entries', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    squab.control.faults.add({ times: 1, effect: { type: 'fail-entries', code: 'InternalFailure', ids: ['b'] } });
    squab.control.faults.add({ times: 1, effect: { type: 'fail-entries', code: 'OverLimit' } });
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    const counts = () => squab.control.faults.list().map(({ matched, triggered }) => [matched, triggered]);
    expect(counts()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const batch = (Id: string) => call('SendMessageBatch', { QueueUrl, Entries: [{ Id, MessageBody: 'x' }] });
    expect((await batch('a')).Failed).toMatchObject([{ Code: 'OverLimit' }]);
    expect(counts()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect((await batch('b')).Failed).toMatchObject([{ Code: 'InternalFailure' }]);
  });

  it('an effect that acts after the request, by one that SQS refuses', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    squab.control.faults.add({ times: 1, effect: { type: 'error', code: 'InternalFailure', when: 'after' } });
    const send = (MessageBody: string) => call('SendMessage', { QueueUrl, MessageBody });
    await expect(send('')).rejects.toMatchObject({ code: 'MissingParameter' });
    expect(squab.control.faults.list()).toMatchObject([{ matched: 0, triggered: 0 }]);
    await expect(send('x')).rejects.toMatchObject({ code: 'InternalFailure' });
    await send('y');
  });

  it('an effect that acts before or after the request, by one that an earlier rule ends', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    for (const when of ['after', 'before'] as const) {
      squab.control.faults.add({ times: 1, effect: { type: 'drop', when } });
      squab.control.faults.add({ times: 1, effect: { type: 'error', code: 'InternalFailure', when } });
    }
    const triggered = () => squab.control.faults.list().map((rule) => rule.triggered);
    const seen = [];
    for (let round = 0; round < 4; round++) {
      await call('SendMessage', { QueueUrl, MessageBody: 'x' }).catch(() => {});
      seen.push(triggered());
    }
    expect(seen).toEqual([
      [0, 0, 1, 0],
      [0, 0, 1, 1],
      [1, 0, 1, 1],
      [1, 1, 1, 1],
    ]);
  });
});

overBothWires('a delivery fault is not used up by a receive to which it makes no difference', (fixture) => {
  /** A receive of up to ten messages that finds exactly two, out of more that seem to be there. */
  const two = {
    'of a short queue': async () => {
      const made = await fixture();
      return { ...made, QueueUrl: await made.queue(), sent: ['0', '1'] };
    },
    'of a queue whose other messages are dead-lettered': async () => {
      const made = await fixture();
      await made.queue('dlq');
      const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 2 };
      const QueueUrl = await made.queue('q', { RedrivePolicy: JSON.stringify(policy) });
      for (const MessageBody of ['bad', 'worse']) await made.call('SendMessage', { QueueUrl, MessageBody });
      const receive = () => made.call('ReceiveMessage', { QueueUrl, ...ALL, VisibilityTimeout: 0 });
      for (let round = 0; round < 2; round++) await receive();
      return { ...made, QueueUrl, sent: ['0', '1'] };
    },
    'beyond the in-flight limit': async () => {
      const made = await fixture({ inFlightLimit: 2 });
      return { ...made, QueueUrl: await made.queue(), sent: ['0', '1', '2', '3'] };
    },
  };
  const prepared = async (make: keyof typeof two) => {
    const made = await two[make]();
    for (const MessageBody of made.sent) await made.call('SendMessage', { QueueUrl: made.QueueUrl, MessageBody });
    const receive = async (more: object = ALL): Promise<string[]> =>
      ((await made.call('ReceiveMessage', { QueueUrl: made.QueueUrl, ...more })).Messages ?? []).map(
        ({ Body }: Output) => Body,
      );
    const counts = () => made.squab.control.faults.list().map(({ matched, triggered }) => [matched, triggered]);
    return { ...made, receive, counts };
  };

  it.each(Object.keys(two) as (keyof typeof two)[])('partial-receive, %s', async (make) => {
    const { squab, receive, counts } = await prepared(make);
    squab.control.faults.add({ times: 1, effect: { type: 'partial-receive', count: 2 } });
    expect(await receive({ ...ALL, VisibilityTimeout: 0 })).toHaveLength(2);
    expect(counts()).toEqual([[0, 0]]);
    squab.control.faults.put('fault-1', { times: 1, effect: { type: 'partial-receive', count: 1 } });
    expect(await receive()).toHaveLength(1);
    expect(counts()).toEqual([[1, 1]]);
  });

  it('empty-receive, if all messages are blocked, dead-lettered or beyond the in-flight limit', async () => {
    const { squab, call, queue } = await fixture({ inFlightLimit: 1 });
    await queue('dlq');
    const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
    const poisoned = await queue('poisoned', { RedrivePolicy: JSON.stringify(policy) });
    const fifo = await queue('q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    for (const MessageBody of ['1', '2']) {
      await call('SendMessage', { QueueUrl: fifo, MessageBody, MessageGroupId: 'g' });
      await call('SendMessage', { QueueUrl: poisoned, MessageBody });
    }
    await call('ReceiveMessage', { QueueUrl: fifo });
    await call('ReceiveMessage', { QueueUrl: poisoned, ...ALL, VisibilityTimeout: 0 });
    await call('ReceiveMessage', { QueueUrl: poisoned, ...ALL, VisibilityTimeout: 0 });
    squab.control.faults.add({ effect: { type: 'empty-receive' } });
    expect(await call('ReceiveMessage', { QueueUrl: fifo })).toEqual({});
    expect((await call('ReceiveMessage', { QueueUrl: poisoned })).Messages ?? []).toEqual([]);
    expect(squab.control.faults.list()[0]).toMatchObject({ matched: 0, triggered: 0 });
  });

  it('reorder, if only one message is left once others are dead-lettered', async () => {
    const { squab, call, QueueUrl, receive, counts } = await prepared(
      'of a queue whose other messages are dead-lettered',
    );
    await call('ReceiveMessage', { QueueUrl });
    squab.control.faults.add({ times: 1, effect: { type: 'reorder' } });
    expect(await receive()).toEqual(['1']);
    expect(counts()).toEqual([[0, 0]]);
  });

  it('any other, if an earlier rule makes the receive return nothing', async () => {
    const { squab, receive, counts } = await prepared('of a short queue');
    for (const type of ['empty-receive', 'partial-receive', 'reorder'] as const) {
      squab.control.faults.add({ times: 1, effect: { type } });
    }
    expect(await receive()).toEqual([]);
    expect(counts()).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
    expect(await receive()).toEqual(['1']);
  });

  it('one for another queue, which does not make this receive look further either', async () => {
    const { squab, receive, counts } = await prepared('of a short queue');
    squab.control.faults.add({ queue: 'other', effect: { type: 'reorder' } });
    expect(await receive()).toEqual(['0', '1']);
    expect(counts()).toEqual([[0, 0]]);
  });
});
