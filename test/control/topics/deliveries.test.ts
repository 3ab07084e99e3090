/** What the control interface says about deliveries: those that happened, and those of a hypothetical publication. */

import { describe, expect, it } from 'vitest';
import { longestTurn } from '../../cpu-time.ts';
import { temporaryFolder } from '../../helpers.ts';
import { type Sns, withSns } from '../../sns-client.ts';
import { startEndpoint, status } from '../../topics/deliveries/endpoint.ts';
import { control } from '../client.ts';

const kind = (StringValue: string) => ({ kind: { DataType: 'String', StringValue } });
const iso = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

/** Subscribes an HTTP endpoint, confirmed. */
async function subscribeUrl({ sns }: Sns, TopicArn: string, Endpoint: string, Attributes = {}): Promise<string> {
  const made = await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint, Attributes });
  return made.SubscriptionArn.split(':').at(-1);
}

/** Resolves once the deliveries of the topic `t` have these states. */
async function untilStates(squab: Sns['squab'], states: string[]): Promise<void> {
  for (;;) {
    const found = (await squab.control.topics.deliveries('t')).map(({ state }) => state);
    if (JSON.stringify(found) === JSON.stringify(states)) return;
    await new Promise(setImmediate);
  }
}

describe('the deliveries of a topic', () => {
  it('say which subscriptions have a message, and why others do not', async () => {
    const { sns, topic, queue, subscribed, sqs, squab } = await withSns();
    const { get } = control(squab.url);
    const TopicArn = await topic();
    const gone = await queue('gone');
    const all = await subscribed(TopicArn, await queue('all'));
    await subscribed(TopicArn, await queue('refunds'), { FilterPolicy: '{"kind":["order"]}' });
    await subscribed(TopicArn, gone);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: (await queue('dlq')).arn });
    const late = await queue('late');
    await subscribed(TopicArn, late, { RedrivePolicy });
    await sns('Subscribe', { TopicArn, Protocol: 'sms', Endpoint: '+4912345678' });
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: 'http://127.0.0.1:9/' });
    for (const QueueUrl of [gone.url, late.url]) await sqs('DeleteQueue', { QueueUrl });
    const { MessageId } = await sns('Publish', {
      ...{ TopicArn, Message: 'x'.repeat(300), Subject: 's', MessageAttributes: kind('refund') },
    });
    const { deliveries } = await get('/topics/t/deliveries');
    const about = { messageId: MessageId, publishedAt: iso(0), subject: 's', message: `${'x'.repeat(200)}…` };
    expect(deliveries).toMatchObject([
      { ...about, subscription: all, protocol: 'sqs', state: 'delivered', text: 'Delivered to the queue all.' },
      {
        state: 'filtered',
        reason: 'no rule of "kind" matches "refund"',
        text: 'Filtered, and not delivered to the queue refunds: no rule of "kind" matches "refund".',
      },
      {
        state: 'discarded',
        text: 'Discarded, instead of being delivered to the queue gone: the queue does not exist.',
      },
      {
        state: 'dead-lettered',
        text: 'Dead-lettered, instead of being delivered to the queue late: the queue does not exist.',
      },
      {
        state: 'unsupported',
        text: 'Not delivered to +4912345678: Squab never delivers to sms endpoints.',
      },
      { state: 'unconfirmed', text: 'Not delivered to http://127.0.0.1:9/: the subscription is not confirmed.' },
    ]);
    expect(await get('/topics/t/deliveries?state=filtered')).toEqual({ deliveries: [deliveries[1]] });
    expect(await get(`/topics/t/deliveries?subscription=${all}`)).toEqual({ deliveries: [deliveries[0]] });
    expect(await get('/topics/t/deliveries?limit=2')).toEqual({ deliveries: deliveries.slice(0, 2) });
    const second = await sns('Publish', { TopicArn, Message: '2', MessageAttributes: kind('order') });
    const latest = await squab.control.topics.deliveries('t', { messageId: second.MessageId });
    expect(latest.map(({ state }) => state).slice(0, 2)).toEqual(['delivered', 'delivered']);
    expect((await squab.control.topics.deliveries('t'))[0]!.messageId).toBe(second.MessageId);
  });

  it('say what became of each attempt, and can be attempted before they are due', async () => {
    const made = await withSns({ confirmHttp: true });
    const { sns, topic, clock, squab } = made;
    const { get, post } = control(squab.url);
    const TopicArn = await topic();
    const endpoint = await startEndpoint(status(503));
    const id = await subscribeUrl(made, TopicArn, endpoint.url);
    await sns('Publish', { TopicArn, Message: 'm' });
    await untilStates(squab, ['retrying']);
    expect((await get('/topics/t/deliveries')).deliveries).toMatchObject([
      {
        ...{ state: 'retrying', attempts: 1, reason: 'the endpoint answered with status 503' },
        ...{ attemptedAt: iso(0), nextAt: iso(20) },
        text:
          `Attempt 1 to deliver to ${endpoint.url} failed: the endpoint answered with status 503. ` +
          `The next attempt is due at ${iso(20)}.`,
      },
    ]);
    expect((await get('/topics/t/subscriptions')).subscriptions).toMatchObject([{ waiting: 1 }]);
    endpoint.answer = status(200);
    // A backlog may be deep, and nobody waits for the others.
    expect(await squab.control.topics.deliverNow('t', id, AbortSignal.abort())).toEqual({ deliveries: 0 });
    expect(await post(`/topics/t/subscriptions/${id}/deliver-now`)).toEqual({ deliveries: 1 });
    await untilStates(squab, ['delivered']);
    expect((await get('/topics/t/deliveries')).deliveries).toMatchObject([
      { attempts: 2, text: `Delivered to ${endpoint.url} after 2 attempts.` },
    ]);
    expect(await post(`/topics/t/subscriptions/${id}/deliver-now`)).toEqual({ deliveries: 0 });
    endpoint.answer = status(500);
    await sns('Publish', { TopicArn, Message: 'm' });
    await untilStates(squab, ['retrying', 'delivered']);
    await clock.advance(60_000);
    await untilStates(squab, ['discarded', 'delivered']);
    expect((await get('/topics/t/deliveries')).deliveries[0].text).toBe(
      `Discarded after 4 attempts, instead of being delivered to ${endpoint.url}: the endpoint answered with status 500.`,
    );
  });

  it('that wait are known after a restart', async () => {
    const data = temporaryFolder();
    const first = await withSns({ confirmHttp: true, data });
    const TopicArn = await first.topic();
    const endpoint = await startEndpoint(status(503));
    await subscribeUrl(first, TopicArn, endpoint.url);
    const { MessageId } = await first.sns('Publish', { TopicArn, Message: 'm' });
    await untilStates(first.squab, ['retrying']);
    await first.squab.stop();
    const { squab } = await withSns({ confirmHttp: true, data });
    expect(await squab.control.topics.deliveries('t')).toMatchObject([
      { messageId: MessageId, state: 'retrying', attempts: 1, nextAt: iso(20) },
    ]);
  });

  it('of duplicates name the original', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const TopicArn = await topic('t.fifo');
    await subscribed(TopicArn, await queue('q.fifo'));
    const input = { TopicArn, Message: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    const { MessageId } = await sns('Publish', input);
    await sns('Publish', input);
    const [latest, first] = await squab.control.topics.deliveries('t.fifo');
    expect(first).toMatchObject({ messageId: MessageId, state: 'delivered' });
    expect(latest).toMatchObject({ state: 'duplicate', reason: `it duplicates message ${MessageId}` });
  });

  it('are forgotten when a snapshot is restored, and without a journal', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const TopicArn = await topic();
    await subscribed(TopicArn, await queue());
    await squab.control.snapshots.take('s');
    await sns('Publish', { TopicArn, Message: 'm' });
    expect(await squab.control.topics.deliveries('t')).toHaveLength(1);
    await squab.control.snapshots.restore('s');
    expect(await squab.control.topics.deliveries('t')).toEqual([]);
    const other = await withSns({ journal: 0 });
    await other.subscribed(await other.topic(), await other.queue());
    await other.sns('Publish', { TopicArn, Message: 'm' });
    expect(await other.squab.control.topics.deliveries('t')).toEqual([]);
  });

  it('are worked out in portions if messages are long, and parsed once for each protocol', async () => {
    const { sns, topic, squab } = await withSns();
    const TopicArn = await topic();
    const Attributes = { FilterPolicy: '{"a":{"b":["x"]}}', FilterPolicyScope: 'MessageBody' };
    for (let number = 0; number < 40; number++) {
      const queue = { Protocol: 'sqs', Endpoint: `arn:aws:sqs:us-east-1:000000000000:q${number}` };
      const lambda = { Protocol: 'lambda', Endpoint: `arn:aws:lambda:us-east-1:000000000000:function:f${number}` };
      for (const endpoint of [queue, lambda]) await sns('Subscribe', { TopicArn, ...endpoint, Attributes });
    }
    const textOf = (name: string) => `{"a":[${Array(9000).fill(`{"${name}":1}`).join(',')}]}`;
    const Message = JSON.stringify({ default: 'd', sqs: textOf('s'), lambda: textOf('l') });
    const longest = await longestTurn(async () => {
      const explained = { message: Message, structure: 'json' };
      expect((await squab.control.topics.explain('t', explained)).deliveries[79]).toMatchObject({ state: 'filtered' });
      for (let count = 0; count < 10; count++) await sns('Publish', { TopicArn, Message, MessageStructure: 'json' });
      expect(await squab.control.topics.deliveries('t', { limit: 800 })).toHaveLength(800);
    });
    expect(longest).toBeLessThan(300);
  });

  it('are kept for a limited number of messages, of a limited length', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const TopicArn = await topic();
    await subscribed(TopicArn, await queue());
    for (let message = 0; message < 20; message++) await sns('Publish', { TopicArn, Message: 'x'.repeat(250_000) });
    expect(await squab.control.topics.deliveries('t')).toHaveLength(16);
  });
});

describe('the explanation of a publication', () => {
  it('says what every subscription would get', async () => {
    const made = await withSns({ confirmHttp: true });
    const { sns, topic, queue, subscribed, sqs, squab } = made;
    const { post } = control(squab.url);
    const TopicArn = await topic();
    const first = await queue('first');
    await subscribed(TopicArn, first);
    await subscribed(TopicArn, await queue('second'), { FilterPolicy: '{"a":[1]}', FilterPolicyScope: 'MessageBody' });
    const small = await queue('small', { MaximumMessageSize: '1024' });
    await subscribed(TopicArn, small, { RawMessageDelivery: 'true' });
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: 'http://127.0.0.1:9/' });
    const explained = await post('/topics/t/explain-publish', {
      message: JSON.stringify({ a: 2, b: 'x'.repeat(2000) }),
    });
    expect(explained).toMatchObject({
      ...{ topic: { name: 't' }, at: iso(0), outcome: 'published' },
      text: 'It would be published to 4 subscriptions: 1 delivered, 1 filtered, 1 discarded, 1 to be posted.',
      deliveries: [
        { protocol: 'sqs', state: 'delivered', text: 'It would be sent to the queue first.' },
        { state: 'filtered', text: 'It would not be delivered to the queue second: no rule of "a" matches 2.' },
        {
          state: 'discarded',
          text: expect.stringMatching(/^It would be lost instead of being sent to the queue small: /),
        },
        { state: 'waiting', text: 'It would be posted to http://127.0.0.1:9/.' },
      ],
    });
    expect(await sqs('ReceiveMessage', { QueueUrl: first.url })).toEqual({});
    expect(await squab.control.topics.explain('t', { message: '{"a":1}' })).toMatchObject({
      deliveries: [{ state: 'delivered' }, { state: 'delivered' }, { state: 'delivered' }, { state: 'waiting' }],
    });
    const attributes = { kind: { dataType: 'String', stringValue: 'v' } };
    await sns('SetSubscriptionAttributes', {
      SubscriptionArn: (await squab.control.topics.subscriptions('t')).subscriptions[0]!.arn,
      ...{ AttributeName: 'FilterPolicy', AttributeValue: '{"kind":["w"]}' },
    });
    expect(await squab.control.topics.explain('t', { message: 'm', attributes })).toMatchObject({
      deliveries: [{ reason: 'no rule of "kind" matches "v"' }, {}, {}, {}],
    });
  });

  it('says what would be refused, and what is a duplicate', async () => {
    const { sns, topic, squab } = await withSns();
    const { post } = control(squab.url);
    await topic();
    expect(await post('/topics/t/explain-publish', { message: '' })).toMatchObject({
      ...{ outcome: 'refused', code: 'InvalidParameter', deliveries: [] },
      text: 'It would be refused: Invalid parameter: Empty message',
    });
    expect(await post('/topics/t/explain-publish', { message: 'm' })).toMatchObject({
      text: 'It would be published, but the topic has no subscriptions.',
    });
    const TopicArn = await topic('t.fifo');
    const given = { message: 'm', groupId: 'g', deduplicationId: 'd' };
    expect(await post('/topics/t.fifo/explain-publish', given)).toMatchObject({ outcome: 'published' });
    const { MessageId } = await sns('Publish', {
      ...{ TopicArn, Message: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd' },
    });
    expect(await post('/topics/t.fifo/explain-publish', given)).toMatchObject({
      ...{ outcome: 'deduplicated', original: { messageId: MessageId } },
      text: `It would be treated as a duplicate of message ${MessageId}, and not be delivered.`,
    });
    await expect(post('/topics/t/explain-publish', { message: 'm', body: 'm' })).rejects.toThrow(
      /^400 "body" is unknown/,
    );
  });
});
