/** Events, followed in process and streamed over HTTP. */

import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../../src/control/events/event-feed.ts';
import { eventStream } from '../../../src/control/events/event-stream.ts';
import { Events } from '../../../src/control/events/events.ts';
import { fanOut } from '../../../src/control/events/fan-out.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import type { HappeningListener } from '../../../src/storage/happenings.ts';
import type { Queue } from '../../../src/storage/store.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { type Output, overBothWires, setup } from '../../helpers.ts';
import { arnOf } from '../../queues/redrive/dead-letters.ts';
import { control } from '../client.ts';

const T0 = Date.UTC(2026, 0, 1);

/** Reads server-sent events as an EventSource does. */
async function listen(url: string, path: string, headers: Record<string, string> = {}) {
  const ended = new AbortController();
  const response = await fetch(`${url}/_squab/events${path}`, { headers, signal: ended.signal });
  if (!response.ok) throw new Error(await response.text());
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  /** Resolves with the next event, or with undefined at the end of the stream. */
  const next = async (): Promise<Output> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) return { ...JSON.parse(data), lastEventId: /^id: (.*)$/m.exec(block)?.[1] };
        continue;
      }
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += value;
    }
  };
  return { type: response.headers.get('content-type'), next, end: () => ended.abort() };
}

overBothWires('the event stream', (fixture) => {
  it('contains all events of a message', async () => {
    const { call, queue, squab } = await fixture();
    const { next, type, end } = await listen(squab.url, '');
    const { lastId } = squab.control.events;
    expect(type).toBe('text/event-stream');
    const QueueUrl = await queue('q');
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    await call('PurgeQueue', { QueueUrl });
    const seen = [await next(), await next(), await next(), await next(), await next()];
    expect(seen).toMatchObject([
      {
        kind: 'queue-created',
        text: 'The queue q was created.',
        at: new Date(T0).toISOString(),
        lastEventId: `${lastId + 1}`,
      },
      { kind: 'sent', queue: { name: 'q' }, messageId: MessageId, body: 'hello', lastEventId: `${lastId + 2}` },
      { kind: 'received', messageId: MessageId, receiveCount: 1 },
      { kind: 'deleted', messageId: MessageId },
      { kind: 'purged', text: 'The queue q was purged.' },
    ]);
    end();
  });

  it('contains only the events of the given queue, kinds, account or message', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue('q');
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'first' });
    const streams = await Promise.all(
      ['?queue=q', '?kind=deleted,empty-receive', '?account=111111111111', `?messageId=${MessageId}`].map((path) =>
        listen(squab.url, path),
      ),
    );
    const other = (await call('CreateQueue', { QueueName: 'other' }, { account: '111111111111' })).QueueUrl;
    await call('SendMessage', { QueueUrl: other, MessageBody: 'elsewhere' });
    await call('SendMessage', { QueueUrl, MessageBody: 'second' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    await call('ReceiveMessage', { QueueUrl: other, VisibilityTimeout: 0 });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    await call('PurgeQueue', { QueueUrl });
    await call('ReceiveMessage', { QueueUrl });
    const kindsOf = async (index: number, count: number) => {
      const seen: string[] = [];
      while (seen.length < count) seen.push((await streams[index]!.next()).kind);
      return seen;
    };
    expect(await kindsOf(0, 4)).toEqual(['sent', 'received', 'deleted', 'purged']);
    expect(await kindsOf(1, 2)).toEqual(['deleted', 'empty-receive']);
    expect(await kindsOf(2, 3)).toEqual(['queue-created', 'sent', 'received']);
    expect(await kindsOf(3, 2)).toEqual(['received', 'deleted']);
    for (const { end } of streams) end();
  });

  it('continues after the last event ID, and says how many events it missed', async () => {
    const { call, queue, squab } = await fixture({ journal: 2 });
    const { lastId } = squab.control.events;
    const QueueUrl = await queue('q');
    for (let index = 2; index <= 5; index++) await call('SendMessage', { QueueUrl, MessageBody: `${index}` });
    const near = await listen(squab.url, '', { 'last-event-id': `${lastId + 3}` });
    expect([(await near.next()).body, (await near.next()).body]).toEqual(['4', '5']);
    for (let index = 6; index <= 12; index++) await call('SendMessage', { QueueUrl, MessageBody: `${index}` });
    const far = await listen(squab.url, `?lastEventId=${lastId + 3}`);
    expect(await far.next()).toMatchObject({ kind: 'missed', count: 1 });
    expect(await far.next()).toMatchObject({ kind: 'sent', id: lastId + 5 });
    // Neither ID is of this Squab.
    const others = await Promise.all([3, lastId + 999].map((id) => listen(squab.url, `?lastEventId=${id}`)));
    for (const { next } of others) expect(await next()).toMatchObject({ kind: 'missed', count: 4 });
    for (const { end } of [near, far, ...others]) end();
  });

  it('works without a journal', async () => {
    const { call, queue, squab } = await fixture({ journal: 0 });
    const { next, end } = await listen(squab.url, '?kind=sent');
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    expect(await next()).toMatchObject({ body: 'hello' });
    end();
  });
});

describe('the event stream', () => {
  it('ends when Squab stops', async () => {
    const { squab } = await setup();
    const { next } = await listen(squab.url, '');
    await squab.stop();
    expect(await next()).toBeUndefined();
  });

  it('rejects an unknown kind and an invalid event ID', async () => {
    const { squab } = await setup();
    await expect(listen(squab.url, '?kind=lost')).rejects.toThrow('Unknown event kind \\"lost\\". The kinds are:');
    await expect(listen(squab.url, '?lastEventId=x')).rejects.toThrow('lastEventId');
  });

  it('sends heartbeats, and ends when its client disconnects', async () => {
    const realTime = new VirtualClock();
    const { events } = fakeEvents(0);
    const gone = new AbortController();
    const stream = eventStream(events.follow(), gone.signal, realTime);
    expect((await stream.next()).value).toBe(': events of Squab\n\n');
    const beat = stream.next();
    await realTime.advance(15_000);
    expect((await beat).value).toBe(': heartbeat, 2026-01-01T00:00:15.000Z\n\n');
    const last = stream.next();
    gone.abort();
    expect(await last).toEqual({ value: undefined, done: true });
  });

  it('ends for a client that disconnected before the first read', () => {
    const { events, listening } = fakeEvents(0);
    const gone = new AbortController();
    eventStream(events.follow(), gone.signal, new VirtualClock());
    expect(listening).toEqual([true]);
    gone.abort();
    expect(listening).toEqual([true, false]);
  });
});

/** Returns Events that listen to a fake store, and a function with which that store reports a sent message. */
function fakeEvents(journal: number) {
  let listener: HappeningListener | undefined;
  const listening: boolean[] = [];
  const store = {
    onHappening(next: HappeningListener | undefined) {
      listener = next;
      listening.push(next !== undefined);
    },
  };
  const queue = { ...{ id: 1, account: 'a', region: 'r', name: 'q', fifo: false }, retentionMs: 1, createdAt: 0 };
  const whole = { ...queue, modifiedAt: 0, attributes: new Map(), tags: new Map() };
  const send = (key: number, body = `${key}`) => {
    const content = { messageId: `m${key}`, body, bodyMd5: '', senderId: 'me' };
    listener?.([{ kind: 'sent', queue: whole, key, content, visibleAt: T0 }]);
  };
  const feed = new EventFeed(fanOut(store).listen, new Journal(journal), () => T0);
  return { events: new Events(feed, new AbortController().signal, systemClock), send, listening };
}

describe('events in process', () => {
  it('can be followed in a loop', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of squab.control.events.follow({ queue: 'q', kinds: ['sent', 'deleted'] })) {
        seen.push(event.kind);
        if (event.kind === 'deleted') return;
      }
    })();
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    await following;
    expect(seen).toEqual(['sent', 'deleted']);
  });

  it('reach a slow reader up to a limit, beyond which they are counted as missed', async () => {
    const { events, send } = fakeEvents(0);
    const follower = events.follow();
    for (let key = 1; key <= 1500; key++) send(key);
    for (let key = 1; key <= 1000; key++) expect((await follower.next()).value).toMatchObject({ messageId: `m${key}` });
    expect((await follower.next()).value).toMatchObject({ kind: 'missed', count: 500 });
    send(1501);
    expect((await follower.next()).value).toMatchObject({ messageId: 'm1501' });
  });

  it('with long bodies reach a slow reader up to a number of characters', async () => {
    const { events, send } = fakeEvents(0);
    const follower = events.follow();
    const count = async () => {
      for (let number = 0; ; number++) {
        const { value } = await follower.next();
        if (value?.kind === 'missed') return [number, value.count];
      }
    };
    for (let round = 0; round < 2; round++) {
      for (let key = 1; key <= 500; key++) send(key, 'x'.repeat(2000));
      expect(await count()).toEqual([250, 250]);
    }
  });

  it('include the first characters of a long body', async () => {
    const { events, send } = fakeEvents(0);
    const follower = events.follow();
    send(1, 'x'.repeat(100_000));
    expect((await follower.next()).value).toMatchObject({ body: `${'x'.repeat(1000)}…` });
  });

  it('are not listened to without a follower or a journal', async () => {
    const { events, listening } = fakeEvents(0);
    expect(listening).toEqual([]);
    const [one, other] = [events.follow(), events.follow()];
    await one.return();
    expect(listening).toEqual([true]);
    await other.return();
    expect(listening).toEqual([true, false]);
    expect(fakeEvents(1).listening).toEqual([true]);
  });

  it('reach all listeners of a store', () => {
    const seen: string[] = [];
    let notify: HappeningListener | undefined;
    const { listen: add, report } = fanOut({
      onHappening: (listener) => {
        notify = listener;
      },
    });
    const happenings = [{ kind: 'purged' as const, queue: {} as Queue }];
    const stop = add(() => seen.push('one'));
    add(() => seen.push('other'));
    notify!(happenings);
    stop();
    notify!(happenings);
    report(happenings);
    expect(seen).toEqual(['one', 'other', 'other', 'other']);
  });
});

describe('the journal', () => {
  it('keeps the contents of the latest messages, up to a total number of characters', async () => {
    const journal = new Journal(100);
    const queue = { id: 1 } as Parameters<typeof journal.note>[0]['queue'];
    for (let key = 1; key <= 40; key++) {
      const content = { messageId: `m${key}`, body: 'x'.repeat(1024 * 1024), bodyMd5: '', senderId: 'me' };
      journal.note({ kind: 'sent', queue, key, content, visibleAt: T0 }, T0);
    }
    const kept = [...journal.latest()].map(({ content }) => content !== undefined);
    expect(kept).toEqual([...Array.from({ length: 16 }, () => true), ...Array.from({ length: 24 }, () => false)]);
    expect(journal.entries.lastId).toBe(40);
  });
});

describe('following a dead-letter queue', () => {
  it('yields an event when a message is moved to it', async () => {
    const { squab, client } = await setup();
    const { call } = client('JSON');
    const { post } = control(squab.url);
    await call('CreateQueue', { QueueName: 'dlq' });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 9 });
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q', Attributes: { RedrivePolicy } });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'x' });
    const follower = squab.control.events.follow({ queue: 'dlq' });
    await post(`/messages/${MessageId}/dead-letter`);
    expect((await follower.next()).value).toMatchObject({ kind: 'dead-lettered', messageId: MessageId });
  });
});
