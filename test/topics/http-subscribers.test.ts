/** Subscriptions of HTTP endpoints from their beginning to their end; test/topics/deliveries has the requests. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Output, type SetupOptions, temporaryFolder } from '../helpers.ts';
import { invalid, withSns } from '../sns-client.ts';

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  /** The body, parsed. */
  message: Output;
}

/** Starts an endpoint. `next` resolves to the next request. */
async function startEndpoint(wantedPort = 0) {
  const received: Received[] = [];
  const waiting: ((request: Received) => void)[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.end();
    const one = { headers: request.headers, body, message: body.startsWith('{') ? JSON.parse(body) : undefined };
    const resolve = waiting.shift();
    if (resolve) resolve(one);
    else received.push(one);
  });
  await new Promise<void>((resolve) => server.listen(wantedPort, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...{ server, port, received },
    url: `http://127.0.0.1:${port}/hook`,
    next: async (): Promise<Received> => received.shift() ?? new Promise<Received>((resolve) => waiting.push(resolve)),
  };
}

async function withEndpoint(options?: SetupOptions) {
  const [made, endpoint] = [await withSns(options), await startEndpoint()];
  const TopicArn = await made.topic();
  const subscribe = (Attributes = {}) =>
    made.sns('Subscribe', {
      TopicArn,
      Protocol: 'http',
      Endpoint: endpoint.url,
      Attributes,
      ReturnSubscriptionArn: true,
    });
  return { ...made, ...endpoint, TopicArn, subscribe };
}

describe('an HTTP endpoint', () => {
  it('gets messages once it has visited the link in the confirmation', async () => {
    const { sns, next, TopicArn, subscribe } = await withEndpoint();
    const { SubscriptionArn } = await subscribe();
    const { message: confirmation } = await next();
    expect(confirmation).toMatchObject({ Type: 'SubscriptionConfirmation', TopicArn });
    await sns('Publish', { TopicArn, Message: 'too early' });
    const xml = await (await fetch(confirmation.SubscribeURL)).text();
    expect(xml).toContain(`<SubscriptionArn>${SubscriptionArn}</SubscriptionArn>`);
    const { MessageId } = await sns('Publish', { TopicArn, Message: 'm', Subject: 's' });
    const { headers, message } = await next();
    expect(message).toMatchObject({ Type: 'Notification', MessageId, TopicArn, Subject: 's', Message: 'm' });
    expect(headers).toMatchObject({
      ...{ 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-message-id': MessageId },
      ...{ 'x-amz-sns-topic-arn': TopicArn, 'x-amz-sns-subscription-arn': SubscriptionArn },
    });
  });

  it('gets another confirmation if it is subscribed again while it is pending', async () => {
    const { next, subscribe } = await withEndpoint();
    const first = await subscribe();
    const { message } = await next();
    expect(await subscribe()).toEqual(first);
    expect((await next()).message.Token).toBe(message.Token);
  });

  it('gets messages at once with --confirm-http', async () => {
    const { sns, next, TopicArn, subscribe } = await withEndpoint({ confirmHttp: true });
    await subscribe({ RawMessageDelivery: 'true', FilterPolicy: '{"a":["b"]}' });
    await sns('Publish', { TopicArn, Message: 'filtered out' });
    const MessageAttributes = { a: { DataType: 'String', StringValue: 'b' } };
    await sns('Publish', { TopicArn, Message: 'raw text', MessageAttributes });
    const { headers, body } = await next();
    expect(body).toBe('raw text');
    expect(headers).toMatchObject({ 'x-amz-sns-rawdelivery': 'true' });
  });

  it('gets a raw message as it was published, also with characters that SQS refuses', async () => {
    const { sns, next, TopicArn, subscribe } = await withEndpoint({ confirmHttp: true });
    await subscribe({ RawMessageDelivery: 'true' });
    for (const Message of ['"a\0b\uffff\n', 'json', '\0']) {
      await sns('Publish', { TopicArn, Message });
      expect((await next()).body).toBe(Message);
    }
  });

  it('has no NUL in its name', async () => {
    const { sns, TopicArn } = await withEndpoint();
    const matching = { Protocol: 'http', Endpoint: 'http://127.0.0.1/a\0b' };
    await expect(sns('Subscribe', { TopicArn, ...matching })).rejects.toMatchObject(
      invalid('Endpoint must match the specified protocol'),
    );
  });

  it('learns that someone else ended its subscription, and can have it back', async () => {
    const { sns, squab, next, TopicArn, subscribe } = await withEndpoint({ confirmHttp: true });
    const { SubscriptionArn } = await subscribe({ RawMessageDelivery: 'true' });
    await fetch(`${squab.url}/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`);
    const { message: confirmation } = await next();
    expect(confirmation).toMatchObject({ Type: 'UnsubscribeConfirmation', TopicArn });
    expect(await sns('ListSubscriptions')).toEqual({ Subscriptions: [] });
    await fetch(confirmation.SubscribeURL);
    const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
    expect(Attributes).toMatchObject({ PendingConfirmation: 'false', RawMessageDelivery: 'true' });
    await sns('Publish', { TopicArn, Message: 'back' });
    expect((await next()).body).toBe('back');
  });

  it('cannot have it back after two days', async () => {
    const { sns, squab, clock, next, TopicArn, subscribe } = await withEndpoint({ confirmHttp: true });
    const { SubscriptionArn } = await subscribe();
    await fetch(`${squab.url}/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`);
    const { Token } = (await next()).message;
    await clock.advance(2 * 86_400_000);
    await expect(sns('ConfirmSubscription', { TopicArn, Token })).rejects.toMatchObject(invalid('Token'));
  });

  it('gets no message about the end if the owner unsubscribes', async () => {
    const { sns, next, received, TopicArn, subscribe } = await withEndpoint({ confirmHttp: true });
    const { SubscriptionArn } = await subscribe();
    await sns('Unsubscribe', { SubscriptionArn });
    await subscribe();
    await sns('Publish', { TopicArn, Message: 'm' });
    expect((await next()).message.Type).toBe('Notification');
    expect(received).toEqual([]);
  });

  it('gets a message after a restart that it could not get before', async () => {
    const data = temporaryFolder();
    const { port, server } = await startEndpoint();
    await new Promise((resolve) => server.close(resolve));
    const { sns, squab, topic } = await withSns({ confirmHttp: true, data });
    const TopicArn = await topic();
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: `http://127.0.0.1:${port}/` });
    const { MessageId } = await sns('Publish', { TopicArn, Message: 'm' });
    await squab.stop();
    const { next } = await startEndpoint(port);
    const { clock } = await withSns({ data });
    await clock.advance(60_000);
    expect((await next()).message).toMatchObject({ MessageId, Message: 'm' });
  });

  it('is forgotten by a reset', async () => {
    const { sns, squab, topic, received, TopicArn, subscribe } = await withEndpoint({ confirmHttp: true });
    await subscribe();
    await squab.control.reset();
    expect(await sns('ListTopics')).toEqual({ Topics: [] });
    await topic();
    await sns('Publish', { TopicArn, Message: 'm' });
    expect(await sns('ListSubscriptions')).toEqual({ Subscriptions: [] });
    expect(received).toEqual([]);
  });
});

describe('Squab as a subscriber of itself', () => {
  it.each([
    ['/?Action=Publish&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Message=again', 'publish in a circle'],
    ['/?Action=DeleteQueue&QueueUrl=q', 'operations of SQS'],
    ['/2015-03-31/functions/f/invocations', 'operations of Lambda'],
    ['/_squab/reset', 'the control interface'],
    ['/%5Fsquab/reset', 'the control interface in another spelling'],
    ['/_aws/sqs/messages?QueueUrl=q', 'messages'],
  ])('cannot be reached: %s (%s)', async (path) => {
    const { sns, squab, topic, queue, subscribed, taken } = await withSns({ confirmHttp: true });
    const target = await queue();
    const letters = await queue('letters');
    const TopicArn = await topic();
    await subscribed(TopicArn, target);
    const Attributes = { RawMessageDelivery: 'true', RedrivePolicy: `{"deadLetterTargetArn":"${letters.arn}"}` };
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: squab.url + path, Attributes });
    await sns('Publish', { TopicArn, Message: '{}' });
    await eventually(async () => expect(await taken(letters)).toMatchObject([{ Body: '{}' }]));
    expect(await taken(target)).toHaveLength(1);
  });

  it('is refused without regard to who may use what', async () => {
    const { squab } = await withSns();
    for (const path of ['/_squab/reset', '/', '/health', '/missing']) {
      const headers = { 'x-amz-sns-message-type': 'SubscriptionConfirmation' };
      const response = await fetch(squab.url + path, { method: 'POST', headers, body: '{}' });
      expect([path, response.status]).toEqual([path, 403]);
      expect(await response.text()).toContain('must not lead to Squab itself');
    }
  });
});
