/** The clock over HTTP: freezing and moving it, with everything that SQS does as time passes; and all routes in general. */

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { version } from '../../src/version.ts';
import { overBothWires, setup } from '../helpers.ts';
import { onPostgres } from '../stores.ts';
import { control } from './client.ts';

const T0 = Date.UTC(2026, 0, 1);

describe('the clock', () => {
  it('can be read, frozen, moved and resumed', async () => {
    const { squab } = await setup({ clock: VirtualClock.running() });
    const { get, post } = control(squab.url);
    const running = await get('/clock');
    expect(running.frozen).toBe(false);
    expect(Math.abs(running.millis - Date.now())).toBeLessThan(60_000);
    const frozen = await post('/clock/freeze');
    expect(await get('/clock')).toMatchObject({ millis: frozen.millis, frozen: true });
    const later = await post('/clock/advance', { by: '1h 30m' });
    expect(later.millis).toBe(frozen.millis + 5_400_000);
    expect(await post('/clock/set', { to: '2030-01-01T00:00:00Z' })).toMatchObject({ now: '2030-01-01T00:00:00.000Z' });
    expect(await post('/clock/resume')).toMatchObject({ frozen: false });
  });

  it('says how far it is ahead of the clock of the machine, or behind it', async () => {
    const { squab } = await setup({ clock: VirtualClock.running() });
    const { get, post } = control(squab.url);
    expect(Math.abs((await get('/clock')).aheadMs)).toBeLessThan(60_000);
    const HOUR = 3_600_000;
    expect(Math.abs((await post('/clock/advance', { by: '1h' })).aheadMs - HOUR)).toBeLessThan(60_000);
    expect((await post('/clock/set', { to: '2000-01-01T00:00:00Z' })).aheadMs).toBeLessThan(-HOUR);
  });

  it('knows what happens next: when messages become visible and expire, in all queues', async () => {
    const { squab, client, clock } = await setup();
    const { call } = client('JSON');
    const { get } = control(squab.url);
    const upcoming = async (query = '') => (await get(`/clock/upcoming${query}`)).events;
    expect(await upcoming()).toEqual([]);
    const Attributes = { MessageRetentionPeriod: '60' };
    for (const QueueName of ['a', 'b']) await call('CreateQueue', { QueueName, Attributes });
    const { MessageId: delayed } = await call('SendMessage', { QueueUrl: 'a', MessageBody: 'x', DelaySeconds: 10 });
    await clock.advance(1000);
    const { MessageId: taken } = await call('SendMessage', { QueueUrl: 'a', MessageBody: 'y' });
    await call('ReceiveMessage', { QueueUrl: 'a', VisibilityTimeout: 5 });
    const { MessageId: visible } = await call('SendMessage', { QueueUrl: 'b', MessageBody: 'z' });
    const event = (seconds: number, kind: string, name: string, messageId?: string) => ({
      ...{ at: new Date(T0 + seconds * 1000).toISOString(), kind },
      ...{ queue: { name, account: '000000000000', region: 'us-east-1' }, messageId },
    });
    const expiries = [event(60, 'expires', 'a', delayed), event(61, 'expires', 'b', visible)];
    expect(await upcoming()).toEqual([event(6, 'visibility-timeout-ends', 'a', taken), ...expiries]);
    expect(await upcoming('?limit=1')).toHaveLength(1);
    await clock.advance(5000);
    expect(await upcoming()).toEqual([event(10, 'delay-ends', 'a', delayed), ...expiries]);
    await clock.advance(60_000);
    expect(await squab.control.clock.upcoming()).toEqual([]);
    await expect(upcoming('?limit=101')).rejects.toThrow('400 "limit" is invalid');
  });

  it.each(['', '5', '5 parsecs', '-1s', '1h x', 's'])('does not advance by %j', async (by) => {
    const { squab } = await setup();
    const { post } = control(squab.url);
    await expect(post('/clock/advance', { by })).rejects.toThrow(
      `400 ${JSON.stringify(by)} is not a valid duration. Write it as 250ms, 30s, 1h 30m or 14 days.`,
    );
  });

  it.each([
    ['/clock/set', { to: '1900-01-01T00:00:00Z' }, 'A clock cannot be set to -2208988800000: '],
    ['/clock/set', { to: '9999-12-31T00:00:00Z' }, 'A clock cannot move forward by '],
    ['/clock/advance', { by: '99999 days' }, 'A clock cannot move forward by 99999 days at once: '],
    ['/clock/advance', { by: `${'9'.repeat(400)}s` }, 'A clock cannot advance by Infinity: '],
  ])('rejects %s with %j and does not change', async (path, body, problem) => {
    const { squab } = await setup();
    const { get, post } = control(squab.url);
    await expect(post(path, body)).rejects.toThrow(`400 ${problem}`);
    expect(await get('/clock')).toMatchObject({ millis: T0 });
  });

  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5 minutes', 90_000],
    ['2 hours', 7_200_000],
    ['14 days', 1_209_600_000],
    ['1d2h3m4s5ms', 93_784_005],
  ])('advances by %s', async (by, ms) => {
    const { squab } = await setup();
    expect(await control(squab.url).post('/clock/advance', { by })).toEqual({
      now: new Date(T0 + ms).toISOString(),
      millis: T0 + ms,
      frozen: true,
      aheadMs: expect.any(Number),
    });
  });

  it('can only be read if it is not a VirtualClock', async () => {
    const { squab } = await setup({ clock: { now: () => 5, at: () => () => {} } });
    const { get, post } = control(squab.url);
    expect(await get('/clock')).toMatchObject({ millis: 5, frozen: false });
    await expect(post('/clock/freeze')).rejects.toThrow('409 The clock passed to start() is not a VirtualClock');
  });

  it('can also be moved by a program', async () => {
    const { squab, clock } = await setup();
    await squab.control.clock.advance('30s');
    expect(clock.now()).toBe(T0 + 30_000);
  });
});

overBothWires('moving the clock', (fixture) => {
  it('ends delays, timeouts, polls and retention periods in order before it responds', async () => {
    const { call, queue, squab } = await fixture();
    const { post } = control(squab.url);
    const QueueUrl = await queue('q', { VisibilityTimeout: '60', MessageRetentionPeriod: '1209600' });
    await call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 10 });
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    await call('ListQueues');
    await post('/clock/advance', { by: '10s' });
    const [message] = (await poll).Messages;
    expect(message.Body).toBe('late');
    await post('/clock/advance', { by: '59s' });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toBeUndefined();
    await post('/clock/advance', { by: '1s' });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toHaveLength(1);
    await post('/clock/advance', { by: '14 days' });
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes.ApproximateNumberOfMessages).toBe('0');
  });

  it('lets a rate-limited move task move the messages that are due in that time', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue('dead');
    const target = await queue('target');
    const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
    await queue('source', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: '1' }),
    });
    for (let sent = 0; sent < 10; sent++) await call('SendMessage', { QueueUrl, MessageBody: `${sent}` });
    await call('StartMessageMoveTask', {
      SourceArn: arn('dead'),
      DestinationArn: arn('target'),
      MaxNumberOfMessagesPerSecond: 2,
    });
    await control(squab.url).post('/clock/advance', { by: '3s' });
    const names = ['ApproximateNumberOfMessages'];
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: target, AttributeNames: names });
    expect(Number(Attributes[names[0]!])).toBeGreaterThanOrEqual(6);
    expect(Number(Attributes[names[0]!])).toBeLessThan(10);
  });
});

describe('the control interface', () => {
  it('lists its routes, and names unknown routes and missing members in errors', async () => {
    const { squab } = await setup();
    const { get, post } = control(squab.url);
    const { routes, ...about } = await get('');
    const defaults = { account: '000000000000', region: 'us-east-1' };
    const storage = onPostgres ? 'database' : 'memory';
    const node = onPostgres ? expect.objectContaining({ ear: expect.any(String) }) : undefined;
    const expected = { version, ...defaults, storage, journal: 3000, ...(node && { node }) };
    expect(about).toEqual(expected);
    expect(squab.control.about()).toEqual(expected);
    expect(routes).toContainEqual({ route: 'GET /_squab/clock', summary: 'Returns the current time of SQS.' });
    await expect(get('/nonsense')).rejects.toThrow(
      '404 There is no route GET /_squab/nonsense. GET /_squab lists the routes.',
    );
    await expect(get('/clock/advance')).rejects.toThrow(
      '404 There is no route GET /_squab/clock/advance. Did you mean POST? GET /_squab lists the routes.',
    );
    await expect(post('/queues/orders/messages/x', {})).rejects.toThrow(
      '404 There is no route POST /_squab/queues/orders/messages/x. GET /_squab lists the routes.',
    );
    await expect(post('/clock/advance', {})).rejects.toThrow('400 "by" is required.');
    await expect(post('/clock/advance', 'nothing')).rejects.toThrow('400 ');
  });

  it('does not exist when it is turned off', async () => {
    const { squab } = await setup({ control: false });
    expect((await fetch(`${squab.url}/_squab/clock`)).headers.get('content-type')).toMatch(/^text\/xml/);
  });

  it('only serves this machine when credentials are checked', async () => {
    const credentials = [{ accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }];
    const { squab } = await setup({ auth: 'sigv4', credentials });
    const { get } = control(squab.url);
    expect(await get('/clock')).toHaveProperty('now');
    const names = [
      ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-server'],
      ...['x-forwarded', 'x-real-ip', 'forwarded', 'via'],
    ];
    const paths = ['', '?a=b', '/clock', '/nothing', '/openapi.json'];
    // The router decodes paths; a plain comparison of prefixes would not.
    const urls = ['/_squab', '/%5Fsquab', '/_%73quab'].flatMap((start) => paths.map((path) => start + path));
    for (const name of names) {
      for (const url of urls) {
        const forwarded = await fetch(squab.url + url, { headers: { [name]: '192.0.2.1' } });
        expect([name, url, forwarded.status]).toEqual([name, url, 403]);
      }
    }
  });

  it('describes every route in its OpenAPI document', async () => {
    const { squab } = await setup();
    const { get } = control(squab.url);
    const [{ routes }, { openapi, paths }] = await Promise.all([get(''), get('/openapi.json')]);
    expect(openapi).toBe('3.1.0');
    const described = Object.entries(paths as Record<string, object>).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(routes.map(({ route }: { route: string }) => route).sort());
  });
});
