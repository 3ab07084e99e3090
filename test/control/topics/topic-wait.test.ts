/** Waiting for events of topics. */

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { withSns } from '../../sns-client.ts';
import { startEndpoint, status } from '../../topics/deliveries/endpoint.ts';
import { control } from '../client.ts';

describe('a wait for an event of a topic', () => {
  it('ends with a publication, and with what became of it for a subscription', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const TopicArn = await topic();
    await subscribed(TopicArn, await queue());
    const SubscriptionArn = await subscribed(TopicArn, await queue('other'), { FilterPolicy: '{"kind":["x"]}' });
    const { topics, events } = squab.control;
    const { lastId } = events;
    const published = topics.waitFor('t', { for: 'published', afterEventId: lastId });
    const filtered = topics.waitFor(TopicArn, {
      ...{ for: 'filtered', subscription: SubscriptionArn, afterEventId: lastId },
    });
    const { MessageId } = await sns('Publish', { TopicArn, Message: 'm' });
    expect(await published).toMatchObject({ event: { kind: 'published', messageId: MessageId } });
    expect(await filtered).toMatchObject({ event: { subscriber: { subscription: SubscriptionArn } } });
    const again = { for: 'filtered', messageId: MessageId, afterEventId: 0 };
    expect(await control(squab.url).post('/topics/t/wait', again)).toEqual(await filtered);
  });

  it('ends with an attempt to deliver', async () => {
    const { sns, topic, squab } = await withSns({ confirmHttp: true });
    const endpoint = await startEndpoint(status(500));
    const TopicArn = await topic();
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: endpoint.url });
    await sns('Publish', { TopicArn, Message: 'm' });
    const { event } = await squab.control.topics.waitFor('t', { for: 'delivery-failed', afterEventId: 0 });
    expect(event).toMatchObject({ attempt: 1, topic: { name: 't' } });
  });

  it('takes no event of another topic, kind, message or subscription, and times out', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const TopicArn = await topic();
    const one = await subscribed(TopicArn, await queue('one'), { FilterPolicy: '{"kind":["x"]}' });
    await topic('u');
    await subscribed(TopicArn, await queue('two'));
    const { MessageId } = await sns('Publish', { TopicArn, Message: 'm' });
    const { subscriptions } = await squab.control.topics.subscriptions('t');
    const two = subscriptions.find(({ arn }) => arn !== one)!.id;
    const common = { afterEventId: 0, timeout: '1ms', messageId: MessageId };
    for (const [name, request] of [
      ['u', { for: 'published' }],
      ['t', { for: 'delivered' }],
      ['t', { for: 'published', messageId: 'another' }],
      ['t', { for: 'filtered', subscription: two }],
    ] as const) {
      await expect(squab.control.topics.waitFor(name, { ...common, ...request })).rejects.toMatchObject({
        ...{ status: 408, message: `Topic ${name} had no matching "${request.for}" event within 1ms.` },
      });
    }
  });

  it('times out in real time, while the clock of SQS is frozen', async () => {
    const machine = new VirtualClock();
    const { topic, squab } = await withSns({ machine });
    await topic();
    const waiting = squab.control.topics.waitFor('t', { for: 'published', timeout: '30s' });
    const refused = expect(waiting).rejects.toMatchObject({ status: 408 });
    // The wait begins once the topic has been found.
    await squab.control.topics.get('t');
    await machine.advance(30_000);
    await refused;
  });

  it.each(['DeleteTopic', 'a reset', 'a snapshot without it'])('fails at once if %s removes the topic', async (by) => {
    const { sns, topic, squab } = await withSns();
    const { topics, snapshots } = squab.control;
    await snapshots.take('empty');
    const TopicArn = await topic();
    await topic('other');
    await snapshots.take('both');
    const wait = topics.waitFor('t', { for: 'published', timeout: '1h' });
    const refused = expect(wait).rejects.toMatchObject({
      ...{ status: 409, message: 'Topic t was deleted during the wait.' },
    });
    await topics.get('t');
    // Neither ends the wait.
    await sns('DeleteTopic', { TopicArn: TopicArn.replace(/t$/, 'other') });
    await snapshots.restore('both');
    expect(await Promise.race([refused, topics.get('t').then(() => 'goes on')])).toBe('goes on');
    if (by === 'DeleteTopic') await sns('DeleteTopic', { TopicArn });
    else if (by === 'a reset') await squab.control.reset({ prefix: 't' });
    else await snapshots.restore('empty');
    await refused;
  });

  it('fails if Squab stops, or if the topic or the subscription does not exist', async () => {
    const { topic, squab } = await withSns();
    const { topics } = squab.control;
    await expect(topics.waitFor('t', { for: 'published' })).rejects.toMatchObject({ status: 404 });
    await topic();
    await expect(topics.waitFor('t', { for: 'filtered', subscription: 's' })).rejects.toMatchObject({ status: 404 });
    const stopped = expect(topics.waitFor('t', { for: 'published' })).rejects.toMatchObject({
      ...{ status: 409, message: 'Squab is stopping.' },
    });
    await topics.get('t');
    await squab.stop();
    await stopped;
  });
});
