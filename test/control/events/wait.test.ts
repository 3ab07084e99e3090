/** Waiting for events and for states of a queue, over HTTP and in process. */

import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../../src/control/events/event-feed.ts';
import { Waits } from '../../../src/control/events/wait.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import type { HappeningListener } from '../../../src/storage/happenings.ts';
import type { MessageContent } from '../../../src/storage/store.ts';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { type Output, overBothWires, setup } from '../../helpers.ts';
import { control } from '../client.ts';

/** Waits for events of the queue `q`, functions that send it a message and delete it, and clocks that the test moves. */
function timed() {
  const [clock, realTime] = [new VirtualClock(), new VirtualClock()];
  const queue = { id: 1, account: 'a', region: 'r', name: 'q', fifo: false, retentionMs: 1, createdAt: 0 };
  const whole = { ...queue, modifiedAt: 0, attributes: new Map(), tags: new Map() };
  const counts = { visible: 0, inFlight: 0, delayed: 0 };
  const store = { findQueue: async () => whole, counts: async () => counts };
  const context = { env: { store, clock }, defaults: {}, realTime, inspection: {} } as never;
  const heard: HappeningListener[] = [];
  const listen = (listener: HappeningListener) => {
    heard.push(listener);
    return () => {};
  };
  const events = new EventFeed(listen, new Journal(10), () => clock.now());
  const send = (body: string) => {
    const content = { messageId: 'm', body } as MessageContent;
    heard[0]!([{ kind: 'sent', queue: whole, key: 1, visibleAt: 0, content, publication: undefined }]);
  };
  const deleteQueue = () => heard[0]!([{ kind: 'queue-deleted', queue: whole }]);
  return { waits: new Waits(context, events, new AbortController().signal), send, deleteQueue, clock, realTime };
}

overBothWires('a wait', (fixture) => {
  it.each([
    [{ bodyContains: 'no 7' }, 'order no 7'],
    [{ groupId: 'g' }, 'grouped'],
    [{ attribute: { name: 'kind' } }, 'attributed'],
    [{ attribute: { name: 'kind', value: 'of order' } }, 'attributed'],
  ])('ends when a matching message is sent: %j', async (wanted, MessageBody) => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    const waiting = control(squab.url).post('/queues/q/wait', { for: 'sent', afterEventId: 0, ...wanted });
    await call('SendMessage', { QueueUrl, MessageBody: 'other' });
    await call('SendMessage', { QueueUrl, MessageBody: 'order no 7' });
    await call('SendMessage', { QueueUrl, MessageBody: 'grouped', MessageGroupId: 'g' });
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'of order' } };
    await call('SendMessage', { QueueUrl, MessageBody: 'attributed', MessageAttributes });
    expect(await waiting).toMatchObject({ event: { kind: 'sent', body: MessageBody } });
  });

  it('matches the body of a message that is received or deleted', async () => {
    const { call, queue, squab } = await fixture();
    const { post } = control(squab.url);
    const QueueUrl = await queue();
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'order no 7' });
    const waits = ['received', 'deleted'].map((what) =>
      post('/queues/q/wait', { for: what, bodyContains: 'no 7', afterEventId: 0 }),
    );
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    expect(await waits[0]).toMatchObject({ event: { kind: 'received', messageId: MessageId } });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    expect(await waits[1]).toMatchObject({ event: { kind: 'deleted' }, messages: { visible: 0, inFlight: 0 } });
    expect(await post('/queues/q/wait', { for: 'deleted', messageId: MessageId, afterEventId: 0 })).toMatchObject({});
  });

  it.each(['expired', 'empty'])('for %s ends when a frozen clock is moved past the expiry', async (what) => {
    const { call, queue, squab, clock } = await fixture();
    const { get, post } = control(squab.url);
    const QueueUrl = await queue('q', { MessageRetentionPeriod: '60' });
    await call('SendMessage', { QueueUrl: await queue('other'), MessageBody: 'expires after the others' });
    // The queue gets its first message, another one, and one after it was empty again.
    for (const ahead of [0, 10_000, 86_400_000]) {
      await clock.advance(ahead);
      const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: `${ahead}` });
      if (ahead === 0) continue;
      const waiting = post('/queues/q/wait', { for: what, ...(what === 'expired' && { messageId: MessageId }) });
      await call('ListQueues');
      const expiresAt = clock.now() + 60_000;
      await post('/clock/advance', { by: '14 days' });
      expect(await waiting).toMatchObject({ messages: { visible: 0, inFlight: 0, delayed: 0 } });
      const { events } = await get(`/messages/${MessageId}/history`);
      expect(events.at(-1)).toMatchObject({ kind: 'expired', at: new Date(expiresAt).toISOString() });
    }
  });

  it('for expired ends when a shorter retention period, or a restored snapshot, lets messages expire', async () => {
    const { call, queue, squab, clock } = await fixture();
    const { post, put } = control(squab.url);
    const QueueUrl = await queue('q', { MessageRetentionPeriod: '120' });
    await call('SendMessage', { QueueUrl, MessageBody: 'm' });
    await put('/snapshots/full');
    const expiry = async () => {
      const waiting = post('/queues/q/wait', { for: 'expired' });
      await call('ListQueues');
      const sent = clock.now();
      await clock.advance(86_400_000);
      return Date.parse((await waiting).event.at) - sent;
    };
    await call('SetQueueAttributes', { QueueUrl, Attributes: { MessageRetentionPeriod: '60' } });
    expect(await expiry()).toBe(60_000);
    await post('/snapshots/full/restore');
    expect(await expiry()).toBe(120_000);
  });

  it('ends when the queue is drained, and when it is empty', async () => {
    const { call, queue, squab } = await fixture();
    const { post } = control(squab.url);
    const QueueUrl = await queue();
    for (const MessageBody of ['1', '2']) await call('SendMessage', { QueueUrl, MessageBody });
    let ended: string[] = [];
    const waits = ['drained', 'empty'].map(async (what) => {
      const { messages } = await post('/queues/q/wait', { for: what });
      ended = [...ended, what];
      return messages;
    });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(await waits[0]).toEqual({ visible: 0, inFlight: 2, delayed: 0 });
    expect(ended).toEqual(['drained']);
    const Entries = Messages.map(({ ReceiptHandle }: Output, index: number) => ({ Id: `${index}`, ReceiptHandle }));
    await call('DeleteMessageBatch', { QueueUrl, Entries });
    expect(await waits[1]).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });
});

describe('a wait', () => {
  it('times out in real time, and reports the message counts of the queue', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    const { post } = control(squab.url);
    await expect(post('/queues/q/wait', { for: 'received', timeout: '1ms' })).rejects.toThrow(
      '408 Queue q had no matching "received" event within 1ms. ' +
        'The queue holds 1 visible, 0 in-flight and 0 delayed messages.',
    );
    await expect(post('/queues/q/wait', { for: 'empty', timeout: '1ms' })).rejects.toThrow(
      '408 Queue q did not become empty within 1ms. The queue holds 1 visible',
    );
  });

  it.each(['empty', 'drained'])('for a queue that is %s refuses what selects an event', async (state) => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    const { post } = control(squab.url);
    for (const member of [
      { messageId: 'm' },
      { bodyContains: 'x' },
      { groupId: 'g' },
      { attribute: { name: 'a' } },
      { afterEventId: 0 },
    ]) {
      const [name] = Object.keys(member);
      await expect(post('/queues/q/wait', { for: state, ...member })).rejects.toThrow(
        `400 "${name}" selects an event, so a wait for the state "${state}" cannot have it.`,
      );
    }
    expect(await post('/queues/q/wait', { for: state, timeout: '5s' })).toMatchObject({ messages: { visible: 0 } });
  });

  it('that times out reports the events that happened instead', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    const { post } = control(squab.url);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const { lastId } = squab.control.events;
    await call('SendMessage', { QueueUrl, MessageBody: 'early' });
    const wait = (wanted: object) => post('/queues/q/wait', { for: 'sent', timeout: '1ms', ...wanted });
    await expect(wait({ bodyContains: 'late', afterEventId: 0 })).rejects.toThrow(
      'no matching "sent" event within 1ms. Events seen instead: 1 queue-created, 1 sent. The queue holds',
    );
    await expect(wait({ bodyContains: 'early' })).rejects.toThrow(
      `A matching event (ID ${lastId + 1}) happened before the wait began; to accept it, set "afterEventId" to ${lastId}.`,
    );
    const found = await wait({ bodyContains: 'early', afterEventId: lastId });
    expect(found).toMatchObject({ event: { kind: 'sent', id: lastId + 1 } });
  });

  it('that accepts earlier events prefers them to later ones', async () => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    const { messageId } = await squab.control.messages.add('q', { body: 'wanted' });
    const waiting = squab.control.waitFor('q', { for: 'sent', bodyContains: 'wanted', afterEventId: 0 });
    await squab.control.messages.add('q', { body: 'wanted' });
    expect((await waiting).event).toMatchObject({ messageId });
  });

  it('of a client that has gone ends at once', async () => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    const gone = AbortSignal.abort();
    await expect(squab.control.waitFor('q', { for: 'sent', timeout: '1 day' }, gone)).rejects.toMatchObject({
      status: 408,
    });
  });

  it('for a dead-lettered message ends on the source queue and on the dead-letter queue', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    await call('CreateQueue', { QueueName: 'dlq' });
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dlq',
      maxReceiveCount: 1,
    });
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q', Attributes: { RedrivePolicy } });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    const waits = ['q', 'dlq'].map((name) =>
      squab.control.waitFor(name, { for: 'dead-lettered', bodyContains: 'x', afterEventId: 0 }),
    );
    for (let times = 0; times < 2; times++) await call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
    for (const { event } of await Promise.all(waits)) {
      expect(event).toMatchObject({ kind: 'dead-lettered', messageId: MessageId, queue: { name: 'q' } });
    }
  });

  it('times out in real time, not in the time of SQS', async () => {
    const { waits, clock, realTime } = timed();
    const waiting = expect(waits.waitFor('q', { for: 'sent', timeout: '30s' })).rejects.toMatchObject({ status: 408 });
    await clock.advance(60_000);
    await realTime.advance(30_000);
    await waiting;
  });

  describe('with bodies that take several portions to search', () => {
    /** Twenty waits for a message, which has just been sent. */
    async function searching() {
      const made = timed();
      const wait = { for: 'sent', bodyContains: 'xy', timeout: '30s' } as const;
      const waiting = Array.from({ length: 20 }, () => made.waits.waitFor('q', wait));
      // Waits look their queue up before they listen.
      await new Promise(setImmediate);
      made.send(`${'x'.repeat(1_000_000)}y`);
      const allFind = async () => {
        for (const { event } of await Promise.all(waiting)) expect(event).toMatchObject({ kind: 'sent' });
      };
      return { ...made, allFind };
    }

    it('times out only after it has searched the bodies of all messages that were sent before', async () => {
      const { realTime, allFind } = await searching();
      await realTime.advance(30_000);
      await allFind();
    });

    it('has the message that was sent before its queue was deleted', async () => {
      const { deleteQueue, allFind } = await searching();
      deleteQueue();
      await allFind();
    });
  });

  it('fails if its queue is deleted or Squab stops', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    await call('CreateQueue', { QueueName: 'r' });
    const [one, other] = ['q', 'r'].map((name) => squab.control.waitFor(name, { for: 'sent' }));
    const refused = expect(one).rejects.toMatchObject({ status: 409, message: 'Queue q was deleted during the wait.' });
    // A wait only begins after its queue has been looked up.
    await squab.control.queues.list();
    await call('DeleteQueue', { QueueUrl });
    await refused;
    const stopped = expect(other).rejects.toMatchObject({ status: 409, message: 'Squab is stopping.' });
    await squab.stop();
    await stopped;
  });

  it('is rejected for an unknown queue, event or duration', async () => {
    const { squab, client } = await setup();
    const { post } = control(squab.url);
    await expect(post('/queues/q/wait', { for: 'sent' })).rejects.toThrow('404 Queue q does not exist');
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    await expect(post('/queues/q/wait', { for: 'miracles' })).rejects.toThrow('400 "for" is invalid: ');
    await expect(post('/queues/q/wait', { for: 'sent', timeout: 'long' })).rejects.toThrow(
      '400 "long" is not a valid duration',
    );
  });
});

describe('a wait for an empty queue', () => {
  it('ends when a snapshot is restored in which the queue is empty', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    await squab.control.snapshots.take('empty');
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    const waiting = squab.control.waitFor('q', { for: 'empty', timeout: '1 day' });
    await call('ListQueues');
    await squab.control.snapshots.restore('empty');
    expect(await waiting).toEqual({ messages: { visible: 0, inFlight: 0, delayed: 0 } });
  });
});
