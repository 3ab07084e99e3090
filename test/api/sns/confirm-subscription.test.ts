/** Confirming a subscription with its token. The tests read tokens from the confirmation messages of endpoints. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { invalid, type Sns, withSns } from '../../sns-client.ts';

const servers = new Set<ReturnType<typeof createServer>>();
afterEach(() => {
  for (const server of servers) server.close();
  servers.clear();
});

interface Pending extends Sns {
  TopicArn: string;
  SubscriptionArn: string;
  Token: string;
}

/** Starts a Squab with a pending subscription of an HTTP endpoint. */
async function pending(): Promise<Pending> {
  const made = await withSns();
  const TopicArn = await made.topic();
  const confirmation = new Promise<string>((resolve) => {
    const server = createServer(async (request, response) => {
      const chunks = await request.toArray();
      response.end();
      resolve(JSON.parse(Buffer.concat(chunks).toString()).Token);
    }).listen(0, '127.0.0.1', async () => {
      const Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await made.sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint });
    });
    servers.add(server);
  });
  const Token = await confirmation;
  const { Subscriptions } = await made.sns('ListSubscriptions');
  expect(Subscriptions).toMatchObject([{ SubscriptionArn: 'PendingConfirmation' }]);
  const again = { TopicArn, Protocol: 'http', Endpoint: Subscriptions[0].Endpoint, ReturnSubscriptionArn: true };
  const { SubscriptionArn } = await made.sns('Subscribe', again);
  return { ...made, TopicArn, SubscriptionArn, Token };
}

const attributesOf = async ({ sns, SubscriptionArn }: Pending) =>
  (await sns('GetSubscriptionAttributes', { SubscriptionArn })).Attributes;

it('confirms with the token, and again', async () => {
  const made = await pending();
  const { sns, TopicArn, Token, SubscriptionArn } = made;
  for (let time = 1; time <= 2; time++) {
    expect(await sns('ConfirmSubscription', { TopicArn, Token })).toEqual({ SubscriptionArn });
  }
  const confirmed = { PendingConfirmation: 'false', ConfirmationWasAuthenticated: 'true' };
  expect(await attributesOf(made)).toMatchObject(confirmed);
});

it('needs no signature, no version, and not the right name of the topic', async () => {
  const made = await pending();
  const { squab, TopicArn, Token, SubscriptionArn } = made;
  const query = `Action=ConfirmSubscription&TopicArn=${TopicArn}-other&Token=${Token}`;
  const xml = await (await fetch(`${squab.url}/?${query}`)).text();
  expect(xml).toContain(`<SubscriptionArn>${SubscriptionArn}</SubscriptionArn>`);
  const confirmed = { PendingConfirmation: 'false', ConfirmationWasAuthenticated: 'false' };
  expect(await attributesOf(made)).toMatchObject(confirmed);
});

it('can require a signature to unsubscribe', async () => {
  const made = await pending();
  const { sns, squab, TopicArn, Token, SubscriptionArn } = made;
  await sns('ConfirmSubscription', { TopicArn, Token, AuthenticateOnUnsubscribe: 'true' });
  const response = await fetch(`${squab.url}/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`);
  expect(response.status).toBe(403);
  expect(await response.text()).toContain('<Code>AuthorizationError</Code>');
  await sns('Unsubscribe', { SubscriptionArn });
  await expect(attributesOf(made)).rejects.toMatchObject({ code: 'NotFound' });
});

it('refuses a token after two days', async () => {
  const { sns, clock, TopicArn, Token } = await pending();
  await clock.advance(2 * 86_400_000 + 1);
  await expect(sns('ConfirmSubscription', { TopicArn, Token })).rejects.toMatchObject(invalid('Token'));
  expect(await sns('ListSubscriptions')).toEqual({ Subscriptions: [] });
});

it.each([
  ['a'.repeat(256), 'Invalid parameter: Token'],
  ['abc123', 'Invalid parameter: Token'],
  ['randomtoken', 'Invalid token'],
  ['', 'Invalid token'],
])('refuses the token %j', async (Token, message) => {
  const { sns, topic } = await withSns();
  await expect(sns('ConfirmSubscription', { TopicArn: await topic(), Token })).rejects.toMatchObject({
    ...{ status: 400, code: 'InvalidParameter', message },
  });
});

it.each(['x', 'arn:aws:sns:eu-west-1:000000000000:t', 'arn:aws:sqs:us-east-1:000000000000:t'])(
  'refuses the topic %s',
  async (TopicArn) => {
    const { sns } = await withSns();
    await expect(sns('ConfirmSubscription', { TopicArn, Token: 'abc' })).rejects.toMatchObject(invalid('Topic'));
  },
);
