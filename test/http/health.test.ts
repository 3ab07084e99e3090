/** The endpoints by which programs check whether Squab is up. */

import { renameSync } from 'node:fs';
import { expect, it } from 'vitest';
import { setup, temporaryFolder } from '../helpers.ts';

const version = expect.stringMatching(/^\d+\.\d+\.\d+/);

async function get(url: string, path: string, method = 'GET') {
  const response = await fetch(`${url}${path}`, { method });
  const text = await response.text();
  return { status: response.status, answer: text && JSON.parse(text) };
}

it('reports that Squab is healthy, even to a HEAD request', async () => {
  const { squab } = await setup();
  expect(await get(squab.url, '/health')).toEqual({ status: 200, answer: { status: 'ok', version } });
  expect(await get(squab.url, '/health', 'HEAD')).toEqual({ status: 200, answer: '' });
  expect(await get(squab.url, '/_localstack/health', 'HEAD')).toEqual({ status: 200, answer: '' });
});

it('reports that the data is missing, without any other request, and when it is back', async () => {
  const data = temporaryFolder();
  const { squab } = await setup({ data });
  renameSync(`${data}/squab.db`, `${data}/elsewhere`);
  expect(await get(squab.url, '/health')).toEqual({
    status: 503,
    answer: { status: 'unavailable', reason: expect.stringMatching(/squab\.db is gone: .* Put it back/), version },
  });
  expect((await get(squab.url, '/_localstack/health')).answer.services).toMatchObject({ sqs: 'error', sns: 'error' });
  renameSync(`${data}/elsewhere`, `${data}/squab.db`);
  expect((await get(squab.url, '/health')).status).toBe(200);
});

it('reports what LocalStack reports', async () => {
  const { squab, clock, client } = await setup();
  await clock.advance(3_600_000);
  await client('JSON').call('ListQueues');
  expect(await get(squab.url, '/_localstack/health')).toEqual({
    status: 200,
    answer: {
      services: { sqs: 'running', sns: 'available', sts: 'available', lambda: 'available' },
      edition: 'community',
      version,
    },
  });
  const { answer } = await get(squab.url, '/_localstack/info');
  expect(answer).toEqual({
    ...{ version, edition: 'community', is_license_activated: false, machine_id: 'squab', system: process.platform },
    session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    is_docker: expect.any(Boolean),
    server_time_utc: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    uptime: expect.any(Number),
  });
  // By the machine's clock, not by SQS's, which was advanced.
  expect(answer.uptime).toBeLessThan(3600);
});

it('reports a service as available until a client calls it, in the spelling that scripts search for', async () => {
  const { squab, client } = await setup();
  const health = async () => (await fetch(`${squab.url}/_localstack/health`)).text();
  expect(await health()).toMatch(
    /^\{"services": \{"sqs": "available", "sns": "available", .*\}, "edition": "community", "version": "[^"]+"\}$/,
  );
  await fetch(`${squab.url}/?Action=GetCallerIdentity&Version=2011-06-15`);
  await fetch(`${squab.url}/`);
  expect(await health()).toContain('"sqs": "available"');
  await client('Query').call('ListQueues');
  expect(await health()).toContain('"sqs": "running", "sns": "available"');
});

it("reports the stages of LocalStack's start, of which all except the last are complete", async () => {
  const { squab } = await setup();
  const text = async (path: string) => (await fetch(`${squab.url}/_localstack/init${path}`)).text();
  expect(await text('/ready')).toBe('{"completed": true, "scripts": []}');
  expect(await text('/shutdown')).toBe('{"completed": false, "scripts": []}');
  expect(await text('')).toBe(
    '{"completed": {"BOOT": true, "START": true, "READY": true, "SHUTDOWN": false}, "scripts": []}',
  );
  expect((await fetch(`${squab.url}/_localstack/init/never`)).status).toBe(404);
  expect((await fetch(`${squab.url}/_localstack/init/ready`, { method: 'HEAD' })).status).toBe(200);
});

it('accepts unsigned requests even if signatures are checked', async () => {
  const credentials = [{ accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }];
  const { squab } = await setup({ auth: 'sigv4', credentials, metrics: true });
  for (const path of ['/health', '/_localstack/health', '/_localstack/info']) {
    expect((await get(squab.url, path)).status).toBe(200);
  }
  const metrics = await fetch(`${squab.url}/metrics`);
  expect([metrics.status, metrics.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  await metrics.text();
});

it('does not get in the way of queues with the same names', async () => {
  const { client } = await setup();
  const { call } = client('Query');
  for (const QueueName of ['health', 'metrics']) {
    const { QueueUrl } = await call('CreateQueue', { QueueName });
    await call('SendMessage', { MessageBody: 'b' }, { path: new URL(QueueUrl).pathname });
  }
});
