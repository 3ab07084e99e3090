/** Lists of queues over HTTP and for programs: sorted, searched and linked; counts of many queues at once. */

import { describe, expect, it } from 'vitest';
import { type Output, setup } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';
import { control } from './client.ts';

const T0 = Date.UTC(2026, 0, 1);
const iso = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

/** A Squab with the queues a (2 visible), b (empty), c (1 delayed, the oldest) and d (1 in flight). */
async function filled(options = {}) {
  const fixture = await setup(options);
  const { call } = fixture.client('JSON');
  const send = (queue: string, more = {}) => call('SendMessage', { QueueUrl: queue, MessageBody: 'x', ...more });
  for (const QueueName of ['d', 'c', 'b', 'a']) await call('CreateQueue', { QueueName });
  await send('c', { DelaySeconds: 900 });
  await fixture.clock.advance(1000);
  await send('d');
  await call('ReceiveMessage', { QueueUrl: 'd' });
  await fixture.clock.advance(1000);
  for (let time = 0; time < 2; time++) await send('a');
  return { ...fixture, call, send, ...control(fixture.squab.url) };
}

const namesOf = ({ queues }: Output) => queues.map(({ name }: Output) => name).join('');

describe('a list of queues', () => {
  it.each([
    ['sort=name', 'abcd'],
    ['sort=name&order=desc', 'dcba'],
    ['sort=visible', 'abcd'],
    ['sort=visible&order=asc', 'bcda'],
    ['sort=in-flight', 'dabc'],
    ['sort=delayed', 'cabd'],
    ['sort=messages', 'acdb'],
    ['sort=age', 'cdab'],
    ['sort=age&order=asc', 'badc'],
    ['nonEmpty=true', 'acd'],
    ['nonEmpty=true&sort=messages&order=asc', 'cda'],
    ['nonEmpty=false', 'abcd'],
  ])('with ?%s is sorted and filtered: %s, in one page or in many', async (query, expected) => {
    const { get } = await filled();
    const whole = await get(`/queues?${query}`);
    expect(namesOf(whole)).toBe(expected);
    expect(whole.total).toBe(expected.length);
    let seen = '';
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Output = await get(`/queues?${query}&limit=1${after && `&after=${encodeURIComponent(after)}`}`);
      expect(page.total).toBe(expected.length);
      seen += namesOf(page);
      after = page.next;
    }
    expect(seen).toBe(expected);
  });

  it('is searched by a part of the name, in upper or lower case', async () => {
    const { call, get } = await filled();
    for (const QueueName of ['Orders-dlq', 'my-orders']) await call('CreateQueue', { QueueName });
    expect(await get('/queues?contains=ORDERS&limit=1')).toMatchObject({ queues: [{ name: 'Orders-dlq' }], total: 2 });
    expect(await get('/queues?contains=orders&prefix=my')).toMatchObject({ queues: [{ name: 'my-orders' }], total: 1 });
    expect(await get('/queues?contains=none')).toMatchObject({ queues: [], total: 0 });
  });

  it('refuses unknown orders, flags, and the next of another order', async () => {
    const { get, squab } = await filled();
    await expect(get('/queues?sort=size')).rejects.toThrow('400 "sort" is invalid');
    await expect(get('/queues?nonEmpty=yes')).rejects.toThrow('400 "nonEmpty" is invalid: must be true or false');
    await expect(get('/queues?sort=age&after=a')).rejects.toThrow(
      '400 "after" is invalid: must be the "next" of the previous page, with the same "sort" (got "a").',
    );
    for (const value of ['9007199254740993', '-9007199254740993', '9'.repeat(100)]) {
      await expect(get(`/queues?sort=age&after=${value}%20a`)).rejects.toThrow('400 "after" is invalid');
    }
    expect(await squab.control.queues.list({ nonEmpty: true, sort: 'age', limit: 1 })).toMatchObject({ total: 3 });
  });

  it('names the accounts and regions that have queues, whichever are listed', async () => {
    const { call, get } = await filled();
    await call('CreateQueue', { QueueName: 'x' }, { account: '111111111111' });
    await call('CreateQueue', { QueueName: 'x' }, { region: 'eu-west-1' });
    expect(await get('/queues?region=eu-west-1')).toMatchObject({
      total: 1,
      accounts: ['000000000000', '111111111111'],
      regions: ['eu-west-1', 'us-east-1'],
    });
  });

  it('names the dead-letter queue and the source queues of each, as their redrive policies are now', async () => {
    const { call, get } = await filled();
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('d'), maxReceiveCount: 3 });
    for (const QueueUrl of ['a', 'b']) await call('SetQueueAttributes', { QueueUrl, Attributes: { RedrivePolicy } });
    const reference = (name: string) => ({ name, account: '000000000000', region: 'us-east-1' });
    expect((await get('/queues/a')).deadLetterQueue).toEqual(reference('d'));
    expect((await get('/queues/d')).sources).toEqual([reference('b'), reference('a')]);
    await call('SetQueueAttributes', { QueueUrl: 'a', Attributes: { RedrivePolicy: '' } });
    expect((await get('/queues/a')).deadLetterQueue).toBeUndefined();
    const { queues } = await get('/queues?limit=4');
    expect(queues.map(({ sources }: Output) => sources.length)).toEqual([0, 0, 0, 1]);
  });
});

describe('counts', () => {
  it('of many queues come in one answer, in the order of the names, without those that do not exist', async () => {
    const { post, squab } = await filled();
    const queues = ['d', 'none', arnOf('b'), { name: 'c', region: 'us-east-1' }, { name: 'c', region: 'eu-west-1' }];
    const counted = await post('/counts', { queues });
    expect(counted.queues).toMatchObject([
      { name: 'd', messages: { visible: 0, inFlight: 1, delayed: 0 }, oldestSentAt: iso(1), waitingReceives: 0 },
      { name: 'b', messages: { visible: 0, inFlight: 0, delayed: 0 } },
      { name: 'c', messages: { visible: 0, inFlight: 0, delayed: 1 }, oldestSentAt: iso(0) },
    ]);
    expect(counted.queues[1]).not.toHaveProperty('oldestSentAt');
    expect(await squab.control.queues.counts(['d'])).toEqual([counted.queues[0]]);
    await expect(post('/counts', { queues: Array(101).fill('a') })).rejects.toThrow(
      '400 "queues" is invalid: must have at most 100 queues',
    );
    await expect(post('/counts', { queues: ['arn:aws:sns:us-east-1:1:x'] })).rejects.toThrow(
      'is not the ARN of a queue',
    );
  });

  it('include how many messages entered and left a queue, until a reset', async () => {
    const { call, send, post, clock } = await filled();
    const traffic = async (name: string) => (await post('/counts', { queues: [name] })).queues[0].traffic;
    expect(await traffic('a')).toEqual({ in: 2, received: 0, out: 0 });
    expect(await traffic('d')).toEqual({ in: 1, received: 1, out: 0 });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('b'), maxReceiveCount: 1 });
    await call('SetQueueAttributes', { QueueUrl: 'd', Attributes: { RedrivePolicy } });
    await clock.advance(60_000);
    await call('ReceiveMessage', { QueueUrl: 'd' });
    expect(await traffic('d')).toEqual({ in: 1, received: 1, out: 1 });
    expect(await traffic('b')).toEqual({ in: 1, received: 0, out: 0 });
    const { Messages } = await call('ReceiveMessage', { QueueUrl: 'a' });
    await call('DeleteMessage', { QueueUrl: 'a', ReceiptHandle: Messages[0].ReceiptHandle });
    await clock.advance(14 * 86_400_000);
    await post('/counts', { queues: ['a'] });
    expect(await traffic('a')).toEqual({ in: 2, received: 1, out: 2 });
    await post('/reset');
    await call('CreateQueue', { QueueName: 'a' });
    await send('a');
    expect(await traffic('a')).toEqual({ in: 1, received: 0, out: 0 });
  });

  it('have no totals without a journal', async () => {
    const { post } = await filled({ journal: 0 });
    expect((await post('/counts', { queues: ['a'] })).queues[0]).not.toHaveProperty('traffic');
  });
});
