/** Deliveries to HTTP endpoints: requests, retries, and that subscriptions do not delay each other. */

import { describe, expect, it, vi } from 'vitest';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import { silence, startEndpoint, status } from './endpoint.ts';
import { startDelivering, topicArn } from './setup.ts';

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
