/** Topics and their subscriptions in the control interface. */

import { describe, expect, it } from 'vitest';
import { ACCOUNT, withSns } from '../../sns-client.ts';
import { startEndpoint } from '../../topics/deliveries/endpoint.ts';
import { control } from '../client.ts';

const T0 = '2026-01-01T00:00:00.000Z';
const home = { account: ACCOUNT, region: 'us-east-1' };

describe('a list of topics', () => {
  it('has those of all accounts and regions, sorted by name, with the numbers of their subscriptions', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const { get } = control(squab.url);
    expect(await get('/topics')).toEqual({ topics: [], total: 0 });
    const orders = await topic('orders', { DisplayName: '<b>Orders</b>' });
    await topic('audit.fifo');
    await sns('CreateTopic', { Name: 'orders' }, { account: '111122223333', region: 'eu-west-1' });
    await subscribed(orders, await queue());
    await sns('Subscribe', { TopicArn: orders, Protocol: 'http', Endpoint: 'http://127.0.0.1:9/' });
    const { topics, total } = await get('/topics');
    expect(total).toBe(3);
    expect(topics).toMatchObject([
      { name: 'audit.fifo', ...home, fifo: true, subscriptions: { confirmed: 0, pending: 0 } },
      { name: 'orders', account: '111122223333', region: 'eu-west-1' },
      {
        ...{ name: 'orders', ...home, arn: orders, fifo: false, createdAt: T0, tags: {} },
        subscriptions: { confirmed: 1, pending: 1 },
        attributes: { DisplayName: '<b>Orders</b>', SubscriptionsPending: '1' },
      },
    ]);
    expect(await get(`/topics/${orders}`)).toEqual(topics[2]);
    expect(await squab.control.topics.get({ name: 'orders', account: '111122223333', region: 'eu-west-1' })).toEqual(
      topics[1],
    );
  });

  it('can be filtered, and read in pages', async () => {
    const { sns, topic, squab } = await withSns();
    const { get } = control(squab.url);
    for (const name of ['c', 'a', 'B', 'ab']) await topic(name);
    await sns('CreateTopic', { Name: 'ab' }, { region: 'eu-west-1' });
    const names = async (query: string) =>
      (await get(`/topics?${query}`)).topics.map(({ name }: { name: string }) => name);
    expect(await names('')).toEqual(['B', 'a', 'ab', 'ab', 'c']);
    expect(await names('prefix=a')).toEqual(['a', 'ab', 'ab']);
    expect(await names('contains=b')).toEqual(['B', 'ab', 'ab']);
    expect(await names('region=eu-west-1')).toEqual(['ab']);
    const paged: string[] = [];
    let after: string | undefined;
    do {
      const page = await squab.control.topics.list({ limit: 2, after });
      paged.push(...page.topics.map(({ name, region }) => `${name} ${region}`));
      after = page.next;
      expect(page.total).toBe(5);
    } while (after !== undefined);
    expect(paged).toEqual(['B us-east-1', 'a us-east-1', 'ab eu-west-1', 'ab us-east-1', 'c us-east-1']);
  });

  it.each([
    ['/topics/missing', /^404 Topic missing does not exist in account 0{12}, region us-east-1\. GET \/_squab\/topics/],
    ['/topics/arn:aws:sqs:us-east-1:000000000000:q', /^400 "arn:aws:sqs.*" is not the ARN of a topic/],
    ['/topics?limit=0', /^400 "limit" is invalid/],
    ['/topics/t/subscriptions?after=x', /^400 "after" is invalid: must be the `next` of a page/],
    ['/topics/t/deliveries?state=lost', /^400 "state" is invalid/],
    ['/topics/t/deliveries?subscription=x', /^404 Topic t has no subscription "x"/],
  ])('refuses %s', async (path, problem) => {
    const { topic, squab } = await withSns();
    await topic();
    await expect(control(squab.url).get(path)).rejects.toThrow(problem);
  });
});

describe('the subscriptions of a topic', () => {
  it('are listed in the order of their creation, with their attributes', async () => {
    const { sns, topic, queue, subscribed, squab } = await withSns();
    const { get } = control(squab.url);
    const TopicArn = await topic();
    const FilterPolicy = '{"kind":["refund"]}';
    const arn = await subscribed(TopicArn, await queue(), { FilterPolicy });
    await sns('Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'a@example.com' });
    const { subscriptions } = await get('/topics/t/subscriptions');
    expect(subscriptions).toMatchObject([
      {
        ...{ arn, id: arn.split(':').at(-1), protocol: 'sqs', state: 'confirmed', owner: ACCOUNT, createdAt: T0 },
        attributes: { FilterPolicy, FilterPolicyScope: 'MessageAttributes', RawMessageDelivery: 'false' },
      },
      { protocol: 'email', endpoint: 'a@example.com' },
    ]);
    expect(subscriptions[0]).not.toHaveProperty('token');
    const first = await squab.control.topics.subscriptions('t', { limit: 1 });
    expect(first.subscriptions).toEqual([subscriptions[0]]);
    const rest = await squab.control.topics.subscriptions('t', { after: first.next });
    expect(rest).toEqual({ subscriptions: [subscriptions[1]] });
  });

  it('have a token while they are pending, and can be confirmed without their endpoint', async () => {
    const { sns, topic, squab } = await withSns();
    const { get, post } = control(squab.url);
    const TopicArn = await topic();
    const endpoint = await startEndpoint();
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: endpoint.url });
    const [pending] = (await get('/topics/t/subscriptions')).subscriptions;
    expect(pending).toMatchObject({ state: 'pending', token: expect.stringMatching(/^[0-9a-f]{256}$/) });
    const confirmed = await post(`/topics/t/subscriptions/${pending.id}/confirm`);
    expect(confirmed).toMatchObject({ state: 'confirmed', attributes: { PendingConfirmation: 'false' } });
    expect(confirmed).not.toHaveProperty('token');
    expect(await post(`/topics/t/subscriptions/${pending.arn}/confirm`)).toMatchObject({ state: 'confirmed' });
    await sns('Publish', { TopicArn, Message: 'after' });
    await endpoint.arrived(2);
    expect(endpoint.requests.map(({ body }) => JSON.parse(body).Type)).toContain('Notification');
  });

  it('that lapsed cannot be confirmed', async () => {
    const { sns, topic, squab, clock } = await withSns();
    const TopicArn = await topic();
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: (await startEndpoint()).url });
    const [pending] = (await squab.control.topics.subscriptions('t')).subscriptions;
    await clock.advance(48 * 60 * 60_000 + 1000);
    await expect(control(squab.url).post(`/topics/t/subscriptions/${pending!.id}/confirm`)).rejects.toThrow(/^4/);
  });
});

it('a snapshot says how many topics it holds, and a reset how many it removed', async () => {
  const { topic, queue, subscribed, squab } = await withSns();
  const { post, put } = control(squab.url);
  await subscribed(await topic(), await queue());
  await topic('other');
  expect(await put('/snapshots/s')).toMatchObject({ queues: 1, messages: 0, topics: 2 });
  expect(await post('/reset', { prefix: 't' })).toEqual({ queues: 0, topics: 1 });
  expect(await post('/reset')).toEqual({ queues: 1, topics: 1 });
  expect(await post('/snapshots/s/restore')).toMatchObject({ topics: 2 });
  expect(squab.control.snapshots.list()).toMatchObject([{ name: 's', topics: 2 }]);
  expect((await squab.control.topics.list()).total).toBe(2);
});
