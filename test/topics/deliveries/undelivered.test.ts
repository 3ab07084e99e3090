/** Messages that cannot be delivered, and the messages about subscriptions themselves. */

import { describe, expect, it } from 'vitest';
import { startEndpoint, status } from './endpoint.ts';
import { startDelivering, topicArn } from './setup.ts';

const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

describe('a message that cannot be delivered', () => {
  it('goes to the dead-letter queue as the subscriber would have got it', async () => {
    const { url } = await startEndpoint(status(404));
    const { subscribe, publish, report, queue, received } = await startDelivering();
    const deadLetters = await queue('dlq');
    const id = await subscribe({ endpoint: url, deadLetterArn: queueArn('dlq') });
    const attributes = new Map([
      ['kind', { dataType: 'String', stringValue: 'order' }],
      ['data', { dataType: 'Binary', binaryValue: 'AQID' }],
    ]);
    await publish(id, { body: '{"Type":"Notification"}' });
    await publish(id, { raw: true, body: 'raw', attributes });
    for (let message = 0; message < 2; message++) {
      expect(await report()).toMatchObject({
        result: 'dead-lettered',
        reason: 'the endpoint answered with status 404',
      });
    }
    const messages = await received(deadLetters);
    expect(messages).toHaveLength(2);
    expect(messages).toContainEqual({ body: '{"Type":"Notification"}', attributes: undefined });
    expect(messages).toContainEqual({ body: 'raw', attributes });
  });

  it.each([
    ['does not exist', 'missing', 'its dead-letter queue arn:aws:sqs:us-east-1:000000000000:missing does not exist'],
    ['is a FIFO queue', 'dlq.fifo', 'is a FIFO queue, and the message has no group'],
    [
      'takes only small messages',
      'small',
      'refused it: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.',
    ],
    ['has a policy that does not allow it', 'closed', 'does not allow it'],
  ])('is discarded if the dead-letter queue %s', async (_title, name, reason) => {
    const { url } = await startEndpoint(status(404));
    const { subscribe, publish, report, queue } = await startDelivering({ maySend: (one) => one.name !== 'closed' });
    await queue('dlq.fifo');
    await queue('small', { MaximumMessageSize: '1024' });
    await queue('closed');
    await publish(await subscribe({ endpoint: url, deadLetterArn: queueArn(name) }), { body: 'x'.repeat(2000) });
    const discarded = await report();
    expect(discarded.result).toBe('discarded');
    expect(discarded.reason).toMatch(/^the endpoint answered with status 404; (the policy of )?its dead-letter queue /);
    expect(discarded.reason).toContain(reason);
  });

  it('goes to the dead-letter queue that is set when it fails', async () => {
    const { url } = await startEndpoint(status(500));
    const given = { endpoint: url, deadLetterArn: undefined as string | undefined };
    const { clock, subscribe, publish, report, queue, received, subscriber } = await startDelivering({
      find: async (id) => {
        const found = await subscriber(id);
        return found && { ...found, deadLetterArn: given.deadLetterArn };
      },
    });
    const deadLetters = await queue('dlq');
    await publish(await subscribe({ endpoint: url }), { body: 'late' });
    await report();
    given.deadLetterArn = queueArn('dlq');
    await clock.advance(60_000);
    for (const result of ['failed', 'failed', 'dead-lettered']) expect(await report()).toMatchObject({ result });
    expect(await received(deadLetters)).toEqual([{ body: 'late', attributes: undefined }]);
  });
});

describe('a confirmation message', () => {
  it('is sent without the ARN of the subscription, and retried, but not dead-lettered', async () => {
    const endpoint = await startEndpoint(status(500));
    const { clock, subscribe, publish, report, queue, received } = await startDelivering();
    const deadLetters = await queue('dlq');
    const policy = { requestPolicy: { headerContentType: 'application/json' } };
    const id = await subscribe({ endpoint: endpoint.url, deadLetterArn: queueArn('dlq'), confirmed: false, policy });
    await publish(id, { type: 'SubscriptionConfirmation', messageId: 'm1', body: '{}' });
    await report();
    await clock.advance(60_000);
    for (const result of ['failed', 'failed', 'discarded']) {
      expect(await report()).toMatchObject({ type: 'SubscriptionConfirmation', result });
    }
    expect(await received(deadLetters)).toEqual([]);
    const { headers } = endpoint.requests[0]!;
    expect(headers).toMatchObject({
      'x-amz-sns-message-type': 'SubscriptionConfirmation',
      'x-amz-sns-message-id': 'm1',
      'x-amz-sns-topic-arn': topicArn,
      'content-type': 'text/plain; charset=UTF-8',
    });
    expect(headers).not.toHaveProperty('x-amz-sns-subscription-arn');
  });

  it('is not sent again once the subscription is confirmed', async () => {
    const endpoint = await startEndpoint(status(500));
    const { engine, clock, subscribe, publish, report, waiting, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url, confirmed: false });
    await publish(id, { type: 'SubscriptionConfirmation' });
    await report();
    await engine.topics.changeSubscription(id, { confirmed: true });
    await clock.advance(20_000);
    await deliverer.end();
    expect([endpoint.requests.length, await waiting(id)]).toEqual([1, 0]);
  });
});

describe('an UnsubscribeConfirmation', () => {
  it('is sent, and retried, after its subscription has been removed', async () => {
    const endpoint = await startEndpoint(status(500));
    const { engine, clock, subscribe, report, subscriber, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    const former = (await subscriber(id))!;
    await engine.topics.unsubscribe(id);
    deliverer.release({ id });
    deliverer.sendUnsubscribeConfirmation(former, 'm1', '{"Type" : "UnsubscribeConfirmation"}');
    expect(await report()).toMatchObject({ type: 'UnsubscribeConfirmation', attempt: 1, result: 'failed' });
    endpoint.answer = status(200);
    await clock.advance(20_000);
    expect(await report()).toEqual({
      type: 'UnsubscribeConfirmation',
      messageId: 'm1',
      attempt: 2,
      result: 'delivered',
    });
    expect(endpoint.requests[1]).toMatchObject({
      body: '{"Type" : "UnsubscribeConfirmation"}',
      headers: {
        'x-amz-sns-message-type': 'UnsubscribeConfirmation',
        'x-amz-sns-subscription-arn': `${topicArn}:${id}`,
        'content-type': 'text/plain; charset=UTF-8',
      },
    });
  });

  it('is given up when Squab ends, or 100 others are waiting', async () => {
    const endpoint = await startEndpoint();
    const { subscribe, subscriber, report, deliverer } = await startDelivering();
    const former = (await subscriber(await subscribe({ endpoint: endpoint.url })))!;
    const unreachable = { ...former, endpoint: 'http://127.0.0.1:1/' };
    for (let index = 0; index < 100; index++) deliverer.sendUnsubscribeConfirmation(unreachable, 'm', '{}');
    deliverer.sendUnsubscribeConfirmation(former, 'm1', '{}');
    for (let index = 0; index < 100; index++)
      expect(await report()).toMatchObject({ messageId: 'm', result: 'failed' });
    await deliverer.end();
    deliverer.sendUnsubscribeConfirmation(former, 'm1', '{}');
    expect(endpoint.requests).toEqual([]);
  });
});
