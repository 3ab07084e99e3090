/** Events of topics, and the journal entries of messages that come from them. */

import { describe, expect, it } from 'vitest';
import type { EventFilter } from '../../../src/control/events/event-filter.ts';
import type { Squab } from '../../../src/index.ts';
import { ACCOUNT, withSns } from '../../sns-client.ts';
import { startEndpoint, status } from '../../topics/deliveries/endpoint.ts';

const TOPIC = { name: 't', account: ACCOUNT, region: 'us-east-1' };
const iso = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

/** Resolves to the next events, in order. */
async function next(squab: Squab, count: number, filter: EventFilter = {}, after = 0) {
  const events = [];
  for await (const event of squab.control.events.follow(filter, after)) {
    events.push(event);
    if (events.length === count) return events;
  }
  throw new Error('The events ended.');
}

const ofTopics = ['published', 'filtered', 'delivered', 'delivery-failed'] as const;
const failures = ['delivery-dead-lettered', 'delivery-discarded'] as const;
const kinds = [...ofTopics, ...failures];

describe('a publication', () => {
  it('is an event, and so is each message that its subscribers get or do not get', async () => {
    const { sns, topic, queue, subscribed, sqs, squab } = await withSns();
    const TopicArn = await topic();
    await subscribed(TopicArn, await queue());
    const filtered = await subscribed(TopicArn, await queue('other'), { FilterPolicy: '{"kind":["x"]}' });
    const gone = await queue('gone');
    await subscribed(TopicArn, gone);
    await sqs('DeleteQueue', { QueueUrl: gone.url });
    const { MessageId } = await sns('Publish', { TopicArn, Message: 'm' });
    const events = await next(squab, 4, { kinds: [...kinds, 'sent'] });
    expect(events).toEqual([
      expect.objectContaining({
        ...{ kind: 'sent', publication: { topicArn: TopicArn, messageId: MessageId } },
        text: `Sent to q: published to the topic t as message ${MessageId}.`,
      }),
      {
        ...{ id: expect.any(Number), at: iso(0), kind: 'published', topic: TOPIC, messageId: MessageId },
        text: 'Published to the topic t, for 2 subscriptions; 1 other does not get it.',
      },
      expect.objectContaining({
        ...{ kind: 'delivery-discarded', topic: TOPIC, messageId: MessageId, reason: 'the queue does not exist' },
        text: 'Discarded, instead of being delivered to the queue gone: the queue does not exist.',
      }),
      expect.objectContaining({
        kind: 'filtered',
        subscriber: { subscription: filtered, protocol: 'sqs', endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:other` },
        text: 'Filtered, and not delivered to the queue other: the message has no "kind".',
      }),
    ]);
  });

  it('is named in the history of its messages, also after they moved', async () => {
    const { sns, topic, queue, subscribed, sqs, squab } = await withSns();
    const TopicArn = await topic();
    const dlq = await queue('dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dlq.arn, maxReceiveCount: 1 });
    const source = await queue('q', { RedrivePolicy });
    await subscribed(TopicArn, source);
    const { MessageId: publication } = await sns('Publish', { TopicArn, Message: 'm' });
    const receive = { QueueUrl: source.url, VisibilityTimeout: 0 };
    const [{ MessageId }] = (await sqs('ReceiveMessage', receive)).Messages;
    await sqs('ReceiveMessage', receive);
    const { queue: place, events } = await squab.control.messages.history(MessageId);
    expect(place.name).toBe('dlq');
    expect(events[0]).toMatchObject({ kind: 'sent', publication: { topicArn: TopicArn, messageId: publication } });
  });

  it('that duplicates an earlier one says so', async () => {
    const { sns, topic, squab } = await withSns();
    const TopicArn = await topic('t.fifo');
    const input = { TopicArn, Message: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    const { MessageId } = await sns('Publish', input);
    await sns('Publish', input);
    expect(await next(squab, 2, { kinds })).toMatchObject([
      { text: 'Published to the topic t.fifo, for 0 subscriptions.' },
      { text: `Published to the topic t.fifo again and deduplicated: it duplicates message ${MessageId}.` },
    ]);
  });

  it('has events for ten filtered subscriptions; the others are counted', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const TopicArn = await topic();
    for (let index = 0; index < 12; index++) {
      await subscribed(TopicArn, await queue(`q${index}`), { FilterPolicy: '{"kind":["x"]}' });
    }
    for (const Message of ['1', '2']) await sns('Publish', { TopicArn, Message });
    const events = await next(squab, 22, { kinds });
    expect(events[0]).toMatchObject({
      text: 'Published to the topic t, for 0 subscriptions; 12 others do not get it.',
    });
    expect(events.filter(({ kind }) => kind === 'filtered')).toHaveLength(20);
  });
});

it('each attempt to deliver to an endpoint is an event', async () => {
  const { sns, topic, queue, clock, squab } = await withSns({ confirmHttp: true });
  const TopicArn = await topic();
  const endpoint = await startEndpoint(status(503));
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: (await queue('dlq')).arn });
  const Attributes = { RedrivePolicy };
  await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: endpoint.url, Attributes });
  const { MessageId } = await sns('Publish', { TopicArn, Message: 'm' });
  const reason = 'the endpoint answered with status 503';
  expect((await next(squab, 2, { kinds }))[1]).toEqual({
    ...{ id: expect.any(Number), at: iso(0), kind: 'delivery-failed', topic: TOPIC, messageId: MessageId },
    ...{ attempt: 1, reason, nextAt: iso(20), subscriber: expect.objectContaining({ endpoint: endpoint.url }) },
    text: `Attempt 1 to deliver to ${endpoint.url} failed: ${reason}.`,
  });
  await clock.advance(60_000);
  expect((await next(squab, 5, { kinds })).slice(2)).toMatchObject([
    { kind: 'delivery-failed', attempt: 2 },
    { kind: 'delivery-failed', attempt: 3 },
    {
      kind: 'delivery-dead-lettered',
      text: `Dead-lettered at attempt 4, instead of being delivered to ${endpoint.url}: ${reason}.`,
    },
  ]);
  endpoint.answer = status(200);
  await sns('Publish', { TopicArn, Message: 'm' });
  expect((await next(squab, 7, { kinds }))[6]).toMatchObject({
    ...{ kind: 'delivered', attempt: 1, text: `Delivered to ${endpoint.url}.` },
  });
});

describe('a filter of events', () => {
  it('by topic selects its events, and messages that come from it', async () => {
    const { sns, topic, queue, subscribed, sqs, squab } = await withSns();
    const [TopicArn, other] = [await topic(), await topic('other')];
    const { url, ...rest } = await queue();
    await subscribed(TopicArn, { url, ...rest });
    await subscribed(other, { url, ...rest });
    await sns('Publish', { TopicArn: other, Message: 'm' });
    await sqs('SendMessage', { QueueUrl: url, MessageBody: 'm' });
    const { MessageId } = await sns('Publish', { TopicArn, Message: 'm' });
    const found = await next(squab, 2, { topic: 't' });
    expect(found.map(({ kind }) => kind)).toEqual(['sent', 'published']);
    const byId = await next(squab, 2, { messageId: MessageId });
    expect(byId).toEqual(found);
    const bySend = await next(squab, 3, { queue: 'q', kinds: ['sent', 'published'] });
    expect(bySend.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent']);
    expect(await next(squab, 1, { region: 'us-east-1', kinds: ['published'] })).toMatchObject([
      { topic: { name: 'other' } },
    ]);
  });

  it('works over HTTP', async () => {
    const { sns, topic, squab } = await withSns();
    await sns('Publish', { TopicArn: await topic(), Message: 'm' });
    const response = await fetch(`${squab.url}/_squab/events?topic=t&kind=published,delivery-failed&lastEventId=0`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('published')) text += (await reader.read()).value;
    await reader.cancel();
    expect(text).toContain('"topic":{"name":"t"');
  });
});

it('a wait for an event of a queue is not confused by events of topics', async () => {
  const { sns, topic, queue, subscribed, squab } = await withSns();
  const TopicArn = await topic();
  await sns('Publish', { TopicArn, Message: 'nobody' });
  await subscribed(TopicArn, await queue());
  const waiting = squab.control.waitFor('q', { for: 'sent', bodyContains: 'somebody', afterEventId: 0 });
  const { MessageId } = await sns('Publish', { TopicArn, Message: 'somebody' });
  expect((await waiting).event).toMatchObject({ publication: { messageId: MessageId } });
});

it('without a journal, followers get the events of topics', async () => {
  const { sns, topic, squab } = await withSns({ journal: 0 });
  const TopicArn = await topic();
  const followed = next(squab, 1, { topic: 't' }, squab.control.events.lastId);
  await sns('Publish', { TopicArn, Message: 'm' });
  expect(await followed).toMatchObject([{ kind: 'published', topic: TOPIC }]);
});
