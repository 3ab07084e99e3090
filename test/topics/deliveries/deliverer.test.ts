/** Deliveries to HTTP endpoints and functions: attempts, retries, dead letters, and that lines do not delay each other. */

import { describe, expect, it, vi } from 'vitest';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import { silence, startEndpoint, status } from './endpoint.ts';
import { startDelivering, topicArn } from './setup.ts';

const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

describe('a delivery to an HTTP endpoint', () => {
  it('has the headers and the body of a notification', async () => {
    const endpoint = await startEndpoint();
    const { subscribe, publish, report, waiting, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    await publish(id, { messageId: 'm1', body: '{\n  "Type" : "Notification"\n}' });
    expect(await report()).toEqual({ type: 'Notification', messageId: 'm1', attempt: 1, result: 'delivered' });
    const { headers, body } = endpoint.requests[0]!;
    expect(body).toBe('{\n  "Type" : "Notification"\n}');
    expect(headers).toEqual({
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': 'm1',
      'x-amz-sns-topic-arn': topicArn,
      'x-amz-sns-subscription-arn': `${topicArn}:${id}`,
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'accept-encoding': 'gzip,deflate',
      'content-length': '29',
      host: new URL(endpoint.url).host,
      connection: 'close',
    });
    await deliverer.end();
    expect(await waiting(id)).toBe(0);
  });

  it('has a header for raw delivery, and the content type of the delivery policy', async () => {
    const endpoint = await startEndpoint();
    const { subscribe, publish, report } = await startDelivering();
    const policy = { requestPolicy: { headerContentType: 'text/csv; charset=UTF-8' } };
    const id = await subscribe({ endpoint: endpoint.url, policy });
    await publish(id, { raw: true, body: 'a,b\nc,d' });
    await report();
    await publish(id);
    await report();
    expect(endpoint.requests.map(({ headers }) => [headers['x-amz-sns-rawdelivery'], headers['content-type']])).toEqual(
      [
        ['true', 'text/csv; charset=UTF-8'],
        // This type is not for envelopes.
        [undefined, 'text/plain; charset=UTF-8'],
      ],
    );
    expect(endpoint.requests[0]!.body).toBe('a,b\nc,d');
  });

  it('is tried again as its delivery policy says, with the same ID, and then discarded', async () => {
    const endpoint = await startEndpoint(status(500));
    const { clock, subscribe, publish, report, waiting, deliverer } = await startDelivering();
    const start = clock.now();
    const healthyRetryPolicy = {
      minDelayTarget: 5,
      maxDelayTarget: 50,
      numRetries: 4,
      numNoDelayRetries: 1,
      numMinDelayRetries: 1,
      numMaxDelayRetries: 1,
    };
    const id = await subscribe({ endpoint: endpoint.url, policy: { healthyRetryPolicy } });
    await publish(id, { messageId: 'm1' });
    const reason = 'the endpoint answered with status 500';
    const failed = { type: 'Notification', messageId: 'm1', result: 'failed', reason };
    expect(await report()).toEqual({ ...failed, attempt: 1, nextAt: start });
    expect(await report()).toEqual({ ...failed, attempt: 2, nextAt: start + 5000 });
    await clock.advance(4999);
    expect(endpoint.requests.length).toBe(2);
    await clock.advance(1);
    expect(await report()).toEqual({ ...failed, attempt: 3, nextAt: start + 10_000 });
    await clock.advance(55_000);
    expect(await report()).toEqual({ ...failed, attempt: 4, nextAt: start + 60_000 });
    expect(await report()).toEqual({ ...failed, attempt: 5, result: 'discarded' });
    expect(endpoint.requests.map(({ headers }) => headers['x-amz-sns-message-id'])).toEqual(Array(5).fill('m1'));
    await deliverer.end();
    expect(await waiting(id)).toBe(0);
  });

  it('is tried three times again, 20 seconds apart, without a delivery policy', async () => {
    const endpoint = await startEndpoint(status(503));
    const { clock, subscribe, publish, report } = await startDelivering();
    await publish(await subscribe({ endpoint: endpoint.url }));
    const results = [await report()];
    for (let retry = 0; retry < 3; retry++) {
      await clock.advance(20_000);
      results.push(await report());
    }
    expect(results.map(({ result }) => result)).toEqual(['failed', 'failed', 'failed', 'discarded']);
    await clock.advance(3_600_000);
    expect(endpoint.requests.length).toBe(4);
  });

  it('succeeds once the endpoint works again', async () => {
    const endpoint = await startEndpoint(status(500));
    const { clock, subscribe, publish, report } = await startDelivering();
    await publish(await subscribe({ endpoint: endpoint.url }));
    await report();
    endpoint.answer = status(200);
    await clock.advance(20_000);
    expect(await report()).toMatchObject({ attempt: 2, result: 'delivered' });
  });

  it('is not tried again after a client error', async () => {
    const endpoint = await startEndpoint(status(403));
    const { subscribe, publish, report } = await startDelivering();
    await publish(await subscribe({ endpoint: endpoint.url }));
    expect(await report()).toMatchObject({
      attempt: 1,
      result: 'discarded',
      reason: 'the endpoint answered with status 403',
    });
  });

  it('to an endpoint that is slow or down delays no other subscription', async () => {
    const [dead, slow, good] = [await startEndpoint(silence), await startEndpoint(silence), await startEndpoint()];
    const { machine, subscribe, publish, report } = await startDelivering();
    const ids = [];
    for (const { url } of [dead, slow, good]) ids.push(await subscribe({ endpoint: url }));
    for (let message = 0; message < 30; message++) for (const id of ids) await publish(id);
    for (let message = 0; message < 30; message++) expect(await report()).toMatchObject({ result: 'delivered' });
    // Each line has a few attempts under way.
    await Promise.all([dead.arrived(8), slow.arrived(8)]);
    expect([dead.requests.length, slow.requests.length, good.requests.length]).toEqual([8, 8, 30]);
    await machine.advance(15_000);
    expect(await report()).toMatchObject({ result: 'failed', reason: 'the endpoint did not answer within 15 seconds' });
    await Promise.all([dead.arrived(16), slow.arrived(16)]);
  });

  it('uses few connections if many endpoints do not answer', async () => {
    const dead = await startEndpoint(silence);
    const good = await startEndpoint();
    const { subscribe, publish, report } = await startDelivering();
    const ids = [];
    for (let index = 0; index < 40; index++) ids.push(await subscribe({ endpoint: `${dead.url}&n=${index}` }));
    for (const id of ids) for (let message = 0; message < 8; message++) await publish(id);
    await dead.arrived(100);
    const id = await subscribe({ endpoint: good.url });
    for (let message = 0; message < 20; message++) await publish(id);
    for (let message = 0; message < 20; message++) expect(await report()).toMatchObject({ result: 'delivered' });
    expect(dead.requests.length).toBeLessThanOrEqual(140);
  });

  it('keeps to the rate of the delivery policy', async () => {
    const endpoint = await startEndpoint();
    const { machine, subscribe, publish, report } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url, policy: { throttlePolicy: { maxReceivesPerSecond: 2 } } });
    for (let message = 0; message < 4; message++) await publish(id);
    await report();
    for (let message = 1; message < 4; message++) {
      await machine.advance(499);
      expect(endpoint.requests.length).toBe(message);
      await machine.advance(1);
      await report();
    }
    expect(endpoint.requests.length).toBe(4);
  });

  it('is made once, even if the clock moves far while it is under way', async () => {
    const answers: (() => void)[] = [];
    const endpoint = await startEndpoint((response) => void answers.push(() => response.end()));
    const { clock, subscribe, publish, report, waiting, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    await publish(id);
    await endpoint.arrived(1);
    await clock.advance(3_600_000);
    answers[0]!();
    expect(await report()).toMatchObject({ result: 'delivered' });
    await deliverer.end();
    expect([endpoint.requests.length, await waiting(id)]).toEqual([1, 0]);
  });

  it('goes on after the storage failed', async () => {
    const endpoint = await startEndpoint();
    const { engine, machine, error, subscribe, publish, report } = await startDelivering();
    const failure = new StoreUnavailable('The disk is full');
    const receive = vi.spyOn(engine, 'receive').mockRejectedValueOnce(failure);
    const id = await subscribe({ endpoint: endpoint.url });
    expect(await error()).toBe(failure);
    receive.mockRestore();
    await publish(id);
    await machine.advance(1000);
    expect(await report()).toMatchObject({ result: 'delivered' });
  });

  it('keeps its message if it cannot be deleted, or Squab ends', async () => {
    const endpoint = await startEndpoint();
    const { engine, clock, error, subscribe, publish, report, waiting, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    const failure = new StoreUnavailable('The disk is full');
    vi.spyOn(engine, 'delete').mockRejectedValueOnce(failure);
    await publish(id);
    await report();
    expect(await error()).toBe(failure);
    await clock.advance(60_000);
    expect(await report()).toMatchObject({ attempt: 2, result: 'delivered' });
    endpoint.answer = silence;
    await publish(id);
    await endpoint.arrived(3);
    await deliverer.end();
    expect(await waiting(id)).toBe(1);
  });
});

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

describe('a farewell', () => {
  it('is sent, and retried, after its subscription has been removed', async () => {
    const endpoint = await startEndpoint(status(500));
    const { engine, clock, subscribe, report, subscriber, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    const former = (await subscriber(id))!;
    await engine.topics.unsubscribe(id);
    deliverer.release({ id });
    deliverer.sayFarewell(former, 'm1', '{"Type" : "UnsubscribeConfirmation"}');
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
    for (let index = 0; index < 100; index++) deliverer.sayFarewell(unreachable, 'm', '{}');
    deliverer.sayFarewell(former, 'm1', '{}');
    for (let index = 0; index < 100; index++)
      expect(await report()).toMatchObject({ messageId: 'm', result: 'failed' });
    await deliverer.end();
    deliverer.sayFarewell(former, 'm1', '{}');
    expect(endpoint.requests).toEqual([]);
  });
});

describe('the subscriptions that are delivered to', () => {
  it('begin with the messages in their backlogs, and are followed once', async () => {
    const endpoint = await startEndpoint();
    const { engine, subscribe, publish, report, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    deliverer.release({ id });
    await publish(id, { messageId: 'm1' });
    const { subscriptions } = await engine.topics.everything();
    deliverer.follow(subscriptions);
    deliverer.follow(subscriptions);
    expect(await report()).toMatchObject({ messageId: 'm1', result: 'delivered' });
    await deliverer.end();
    expect(endpoint.requests.length).toBe(1);
  });

  it('end when they are released, not followed any more, or removed with their topic', async () => {
    const endpoint = await startEndpoint();
    const { engine, clock, subscribe, publish, report, deliverer, waiting } = await startDelivering();
    const [first, second, third, removed] = [
      await subscribe({ endpoint: `${endpoint.url}&1` }),
      await subscribe({ endpoint: `${endpoint.url}&2` }),
      await subscribe({ endpoint: `${endpoint.url}&3` }),
      await subscribe({ endpoint: `${endpoint.url}&4` }),
    ];
    deliverer.release({ id: first });
    const { subscriptions } = await engine.topics.everything();
    deliverer.follow(subscriptions.filter(({ id }) => id === third || id === removed));
    await engine.topics.unsubscribe(removed);
    for (const id of [first, second, third]) await publish(id);
    await report();
    await clock.advance(3_600_000);
    expect(endpoint.requests.map(({ path }) => path)).toEqual(['/path?a=b&3']);
    expect([await waiting(first), await waiting(second), await waiting(third)]).toEqual([1, 1, 0]);
  });

  it('go on with the messages of a restored snapshot', async () => {
    const endpoint = await startEndpoint();
    const { engine, clock, subscribe, publish, report, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    deliverer.release({ id });
    await publish(id, { messageId: 'm1' });
    await engine.states.takeSnapshot('s', clock.now());
    deliverer.follow((await engine.topics.everything()).subscriptions);
    await report();
    deliverer.release({ id });
    await engine.topics.unsubscribe(id);
    await engine.states.restoreSnapshot('s', clock.now());
    deliverer.follow((await engine.topics.everything()).subscriptions);
    expect(await report()).toMatchObject({ messageId: 'm1', result: 'delivered' });
    expect(endpoint.requests.length).toBe(2);
  });

  it('cost nothing while they wait', async () => {
    const endpoint = await startEndpoint();
    const { engine, clock, subscribe } = await startDelivering();
    for (let index = 0; index < 20; index++) await subscribe({ endpoint: `${endpoint.url}&${index}` });
    await clock.advance(0);
    const receive = vi.spyOn(engine, 'receive');
    await clock.advance(86_400_000);
    expect(receive).not.toHaveBeenCalled();
  });
});

describe('a delivery to a function', () => {
  const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
  const envelope = {
    Type: 'Notification',
    MessageId: 'm1',
    TopicArn: topicArn,
    Message: 'text',
    Timestamp: '2026-01-01T00:00:00.000Z',
    SignatureVersion: '1',
    Signature: 'c2ln',
    SigningCertURL: 'http://localhost/cert.pem',
    UnsubscribeURL: 'http://localhost/?Action=Unsubscribe',
  };

  it('is an event with one record', async () => {
    const { invoked, subscribe, publish, report } = await startDelivering();
    const id = await subscribe({ protocol: 'lambda', endpoint: functionArn });
    await publish(id, { messageId: 'm1', body: JSON.stringify(envelope, undefined, 2) });
    expect(await report()).toEqual({ type: 'Notification', messageId: 'm1', attempt: 1, result: 'delivered' });
    expect(invoked[0]!.functionArn).toBe(functionArn);
    expect(invoked[0]!.event).toBe(
      `{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":"${topicArn}:${id}",` +
        `"Sns":{"Type":"Notification","MessageId":"m1","TopicArn":"${topicArn}","Subject":null,"Message":"text",` +
        '"Timestamp":"2026-01-01T00:00:00.000Z","SignatureVersion":"1","Signature":"c2ln",' +
        '"SigningCertUrl":"http://localhost/cert.pem","UnsubscribeUrl":"http://localhost/?Action=Unsubscribe",' +
        '"MessageAttributes":{}}}]}',
    );
  });

  it('passes the subject and the message attributes on', async () => {
    const { invoked, subscribe, publish, report } = await startDelivering();
    const MessageAttributes = { color: { Type: 'String', Value: 'blue' } };
    const body = JSON.stringify({ ...envelope, Subject: 's', MessageAttributes });
    await publish(await subscribe({ protocol: 'lambda', endpoint: functionArn }), { body });
    await report();
    expect(JSON.parse(invoked[0]!.event).Records[0].Sns).toMatchObject({ Subject: 's', MessageAttributes });
  });

  it('that fails is tried again, at once at first, and then dead-lettered with its envelope', async () => {
    const delivering = await startDelivering();
    const { clock, invoked, subscribe, publish, report, queue, received } = delivering;
    delivering.outcome = { kind: 'failed', reason: 'the function cannot be reached' };
    const deadLetters = await queue('dlq');
    const id = await subscribe({ protocol: 'lambda', endpoint: functionArn, deadLetterArn: queueArn('dlq') });
    await publish(id, { body: JSON.stringify(envelope) });
    for (let attempt = 1; attempt <= 4; attempt++) expect(await report()).toMatchObject({ attempt, result: 'failed' });
    expect(invoked.length).toBe(4);
    await clock.advance(120_000);
    for (let attempt = 5; attempt <= 15; attempt++) expect(await report()).toMatchObject({ attempt, result: 'failed' });
    expect(await report()).toMatchObject({ attempt: 16, result: 'dead-lettered' });
    expect(await received(deadLetters)).toEqual([{ body: JSON.stringify(envelope), attributes: undefined }]);
  });

  it('that does not exist is dead-lettered at once', async () => {
    const delivering = await startDelivering();
    const { subscribe, publish, report, queue } = delivering;
    await queue('dlq');
    delivering.outcome = { kind: 'refused', reason: 'there is no function f' };
    const id = await subscribe({ protocol: 'lambda', endpoint: functionArn, deadLetterArn: queueArn('dlq') });
    await publish(id, { body: JSON.stringify(envelope) });
    expect(await report()).toMatchObject({ attempt: 1, result: 'dead-lettered', reason: 'there is no function f' });
  });
});
