/** Queue URLs as users of other emulators have configured them. */

import { expect, it } from 'vitest';
import { queueUrlParts } from '../../src/api/names.ts';
import { overBothWires, setup } from '../helpers.ts';
import { rawExchange, rawRequest } from '../http/raw-http.ts';
import { heapUsed } from '../storage/memory/heap.ts';

/** Creates a queue over a raw connection. Resolves to the response. */
function create(port: number, version: string, headers: readonly string[]) {
  const request = rawRequest('GET /?Action=CreateQueue&QueueName=q', headers).replace(' HTTP/1.1', ` ${version}`);
  return rawExchange(port, request);
}

it.each([
  ['HTTP/1.1', 'an empty Host', ['Host:', 'Connection: close']],
  ['HTTP/1.0', 'no Host', ['Connection: close']],
])('a queue URL has the address of the connection if an %s request has %s', async (version, _what, headers) => {
  const { squab } = await setup();
  const { status, body } = await create(squab.port, version, headers);
  expect(status).toBe(200);
  expect(body).toContain(`<QueueUrl>http://127.0.0.1:${squab.port}/000000000000/q</QueueUrl>`);
});

overBothWires('a queue URL', (fixture) => {
  it.each([
    'http://sqs.eu-west-2.localhost.localstack.cloud:4566/000000000000/q',
    'http://eu-west-2.queue.localhost.localstack.cloud:4566/000000000000/q',
    'http://localhost:4566/queue/eu-west-2/000000000000/q',
    'http://localhost.localstack.cloud:4566/queue/eu-west-2/000000000000/q',
    'http://sqs.eu-west-2.localhost:4566/000000000000/q',
  ])('of LocalStack or fauxqs refers to the queue in the region that it names: %s', async (url) => {
    const { call } = await fixture();
    await call('CreateQueue', { QueueName: 'q' }, { region: 'eu-west-2' });
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    await call('SendMessage', { QueueUrl: url, MessageBody: 'for London' });
    expect(await call('ReceiveMessage', { QueueUrl })).toEqual({});
    const { Messages } = await call('ReceiveMessage', { QueueUrl: 'q' }, { region: 'eu-west-2' });
    expect(Messages[0].Body).toBe('for London');
  });

  it('of LocalStack on a host without a region refers to us-east-1', async () => {
    const { call, queue } = await fixture();
    await queue();
    const QueueUrl = 'http://queue.localhost.localstack.cloud:4566/000000000000/q';
    await call('SendMessage', { QueueUrl, MessageBody: 'b' }, { region: 'eu-west-2' });
  });

  it.each([
    'http://localhost:4566/000000000000/q',
    'http://localhost:9324/queue/q',
    'http://localhost:4100/q',
    'http://sqs.us-east-1.goaws.com:4100/000000000000/q',
    'https://sqs.eu-west-2.amazonaws.com/000000000000/q',
    'https://SQS.eu-west-2.amazonaws.com:443/000000000000/q',
    'https://sqs-fips.eu-west-2.api.aws/000000000000/q',
    'https://vpce-1-2.sqs.eu-west-2.vpce.amazonaws.com/000000000000/q',
    'https://sqs.evil.s3.amazonaws.com/000000000000/q',
    'q',
  ])('without a region, or of AWS, refers to the queue in the region of the caller: %s', async (QueueUrl) => {
    const { call, queue } = await fixture();
    await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toHaveLength(1);
  });

  it('on a host that only begins like one of LocalStack refers to the queue in the region of the caller', async () => {
    const { call } = await fixture();
    await call('CreateQueue', { QueueName: 'q' }, { region: 'eu-west-2' });
    const QueueUrl = 'http://queue.localhost.localstack.cloud.example/000000000000/q';
    await call('SendMessage', { QueueUrl, MessageBody: 'b' }, { region: 'eu-west-2' });
  });

  it('works as the path of a request, in the forms of LocalStack and ElasticMQ', async () => {
    const { call, queue } = await fixture();
    await queue();
    for (const path of ['/000000000000/q', '/queue/us-east-1/000000000000/q', '/queue/q']) {
      await call(
        'SendMessage',
        { MessageBody: 'b' },
        { path, region: path.includes('us-east-1') ? 'eu-west-2' : 'us-east-1' },
      );
    }
    expect((await call('ReceiveMessage', { QueueUrl: 'q', MaxNumberOfMessages: 10 })).Messages).toHaveLength(3);
  });
});

overBothWires('a queue URL under a base URL with placeholders', (fixture) => {
  it.each([
    ['standard', 'http://sqs.eu-west-2.localhost.localstack.cloud:PORT/111122223333/q'],
    ['domain', 'http://eu-west-2.queue.localhost.localstack.cloud:PORT/111122223333/q'],
    ['path', 'http://localhost.localstack.cloud:PORT/queue/eu-west-2/111122223333/q'],
    ['dynamic', 'http://127.0.0.1:PORT/111122223333/q'],
    ['https://{host}:{port}/{region}/{account}/', 'https://127.0.0.1:PORT/eu-west-2/111122223333/111122223333/q'],
    ['http://sqs.{region}.example.com', 'http://sqs.eu-west-2.example.com/111122223333/q'],
  ])('%s names the region, and leads back to the queue', async (baseUrl, expected) => {
    const { call, squab } = await fixture({ baseUrl });
    const options = { region: 'eu-west-2', account: '111122223333' };
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, options);
    expect(QueueUrl).toBe(expected.replace('PORT', String(squab.port)));
    const { QueueUrls } = await call('ListQueues', {}, options);
    expect(QueueUrls).toEqual([QueueUrl]);
    // Without credentials, only the URL names the region.
    if (baseUrl === 'dynamic' || baseUrl.includes('{host}')) return;
    await call('SendMessage', { QueueUrl, MessageBody: 'b' }, { headers: { authorization: '' } });
    expect((await call('ReceiveMessage', { QueueUrl }, options)).Messages).toHaveLength(1);
  });

  it('needs a request that finds its region by the Host header, where SDKs send it to the queue URL', async () => {
    const { call, squab } = await fixture({ baseUrl: 'standard' });
    await call('CreateQueue', { QueueName: 'q' }, { region: 'eu-west-2' });
    const host = `sqs.eu-west-2.localhost.localstack.cloud:${squab.port}`;
    const request = rawRequest('POST /000000000000/q?Action=SendMessage&MessageBody=b', [`Host: ${host}`]);
    expect((await rawExchange(squab.port, request)).status).toBe(200);
  });
});

overBothWires('a GET of a queue URL, as ElasticMQ’s users write it,', (fixture) => {
  it('takes an action and its parameters from the query string', async () => {
    const { squab } = await fixture();
    const get = async (path: string) => (await fetch(`${squab.url}${path}`)).text();
    expect(await get('/?Action=CreateQueue&QueueName=q')).toContain('/000000000000/q</QueueUrl>');
    expect(await get('/queue/q?Action=SendMessage&MessageBody=hello%20there')).toContain('<MessageId>');
    expect(await get('/000000000000/q?Action=ReceiveMessage')).toContain('<Body>hello there</Body>');
  });
});

it('the paths of requests that are remembered do not keep their query strings in memory', async () => {
  const before = await heapUsed();
  for (let index = 0; index < 500; index++) {
    const url = Buffer.from(`/000000000000/a-queue-number-${index}?${'x'.repeat(60_000)}`).toString('latin1');
    queueUrlParts(url.split('?', 1)[0]!);
  }
  expect((await heapUsed()) - before).toBeLessThan(2_000_000);
});
