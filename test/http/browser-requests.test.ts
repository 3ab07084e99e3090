/** Requests exactly as browsers send them: for foreign pages, for allowed pages, and for the user. */

import { describe, expect, it } from 'vitest';
import { start } from '../../src/index.ts';
import { setup } from '../helpers.ts';
import { type RawAnswer, RawConnection, rawExchange, rawRequest } from './raw-http.ts';

const CHROME = [
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9',
];
const EVIL = ['Origin: http://evil.example', 'Referer: http://evil.example/'];
const crossSite = (mode: string, dest: string) => [
  'Sec-Fetch-Site: cross-site',
  `Sec-Fetch-Mode: ${mode}`,
  `Sec-Fetch-Dest: ${dest}`,
];
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const JSON_SEND = '{"QueueUrl":"q","MessageBody":"m"}';
const SEND = 'Action=SendMessage&QueueUrl=q&MessageBody=m';

type Options = Parameters<typeof setup>[0];

/** Starts a Squab with the queue `q`; `sent` resolves to whether a request has sent a message to it. */
async function withQueue(options?: Options) {
  const { squab, client } = await setup(options);
  const { call } = client('JSON');
  await call('CreateQueue', { QueueName: 'q' });
  const ask = (line: string, headers: readonly string[], body?: string): Promise<RawAnswer> =>
    rawExchange(squab.port, rawRequest(line, [`Host: localhost:${squab.port}`, ...CHROME, ...headers], body));
  const sent = async () => Object.keys(await call('ReceiveMessage', { QueueUrl: 'q' })).length > 0;
  return { squab, ask, sent };
}

describe('a foreign page cannot', () => {
  it.each<[what: string, line: string, headers: string[], body?: string]>([
    ['a form', 'POST /', [...EVIL, ...crossSite('navigate', 'document'), FORM, 'Sec-Fetch-User: ?1'], SEND],
    ['a form in plain text', 'POST /', [...EVIL, ...crossSite('navigate', 'iframe'), 'Content-Type: text/plain'], SEND],
    ['a fetch', 'POST /', [...EVIL, ...crossSite('no-cors', 'empty'), 'Content-Type: text/plain;charset=UTF-8'], SEND],
    ['a beacon', 'POST /', [...EVIL, ...crossSite('no-cors', 'empty'), FORM], SEND],
    ['a form from a sandbox', 'POST /', ['Origin: null', ...crossSite('navigate', 'iframe'), FORM], SEND],
    ['the request of an image', `GET /?${SEND}`, ['Referer: http://evil.example/', ...crossSite('no-cors', 'image')]],
    ['the request of a link', `GET /?${SEND}`, [...crossSite('navigate', 'document'), 'Upgrade-Insecure-Requests: 1']],
    [
      'the request for the issuer of a certificate',
      `GET /?${SEND}`,
      ['Sec-Fetch-Site: none', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: empty'],
    ],
    [
      'a fetch in the background',
      `GET /?${SEND}`,
      ['Origin: http://evil.example', 'Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: empty'],
    ],
    [
      'the request of an image to a host without fetch metadata',
      `GET /?${SEND}`,
      ['Accept: image/avif,image/*,*/*;q=0.8'],
    ],
  ])('send %s', async (_what, line, headers, body) => {
    const { ask, sent } = await withQueue();
    const answer = await ask(line, headers, body);
    expect(answer).toMatchObject({ status: 403, headers: { 'content-type': 'text/xml' } });
    expect(answer.body).toContain('<Code>AccessDenied</Code>');
    expect(answer.body).toContain('--allowed-origins');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(await sent()).toBe(false);
  });

  it('send JSON, with or without a preflight', async () => {
    const { ask, sent } = await withQueue();
    const preflight = await ask('OPTIONS /', [
      ...['Origin: http://evil.example', ...crossSite('cors', 'empty')],
      ...['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: x-amz-target'],
    ]);
    expect(preflight.status).toBe(403);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const headers = [...EVIL, ...crossSite('cors', 'empty'), 'X-Amz-Target: AmazonSQS.SendMessage'];
    const answer = await ask('POST /', headers, JSON_SEND);
    expect(answer.status).toBe(403);
    expect(answer.headers['x-amzn-query-error']).toBe('AccessDenied;Sender');
    expect(JSON.parse(answer.body)).toEqual({
      __type: 'com.amazon.coral.service#AccessDeniedException',
      message: expect.stringContaining('A web page with the origin http://evil.example is not allowed to use Squab.'),
    });
    expect(await sent()).toBe(false);
  });

  it('do anything by pointing its own name to this machine (DNS rebinding)', async () => {
    const { squab, sent } = await withQueue();
    const host = `Host: evil.example:${squab.port}`;
    const own = `Origin: http://evil.example:${squab.port}`;
    const target = 'X-Amz-Target: AmazonSQS.SendMessage';
    for (const request of [
      rawRequest('POST /', [host, ...CHROME, own, target], JSON_SEND),
      rawRequest('POST /', [host, ...CHROME, own, 'Sec-Fetch-Site: same-origin', target], JSON_SEND),
      rawRequest(`GET /?${SEND}`, [host, ...CHROME]),
      rawRequest(`GET /?${SEND}`, [
        host,
        'User-Agent: aws-cli',
        'Accept-Language: ',
        'Authorization: AWS4-HMAC-SHA256',
      ]),
      // Enough headers to push out those that identify a browser.
      rawRequest(`GET /?${SEND}`, [host, ...Array.from({ length: 3000 }, (_, n) => `x${n}: 1`), ...CHROME]),
    ]) {
      const answer = await rawExchange(squab.port, request);
      expect(answer.status).toBe(403);
      expect(answer.body).toMatch(/--allowed-hosts evil\.example|for a page that it did not identify/);
    }
    expect(await sent()).toBe(false);
  });

  it('disturb the next request on its connection', async () => {
    const { squab } = await withQueue();
    const connection = await RawConnection.open(squab.port);
    const host = `Host: localhost:${squab.port}`;
    const refused = rawRequest('POST /', [host, ...EVIL, 'Content-Type: text/plain'], 'x'.repeat(3_000_000));
    connection.send(refused + rawRequest('GET /?Action=ListQueues', [host]));
    expect((await connection.answer()).status).toBe(403);
    expect((await connection.answer()).status).toBe(200);
    connection.socket.destroy();
  });
});

describe('a page of an allowed origin', () => {
  const PAGE = 'http://localhost:5173';
  const ALLOWED = { allowedOrigins: [PAGE, 'https://app.example'] };
  const sameSite = ['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty'];

  it("gets the permissions that a browser requires before it sends an SDK's request", async () => {
    const { ask } = await withQueue(ALLOWED);
    const asked =
      'amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-target,x-amz-user-agent';
    const answer = await ask('OPTIONS /', [
      ...[`Origin: ${PAGE}`, ...sameSite, 'Access-Control-Request-Method: POST'],
      ...[`Access-Control-Request-Headers: ${asked}`, 'Access-Control-Request-Private-Network: true'],
    ]);
    expect(answer).toMatchObject({
      status: 204,
      body: '',
      headers: {
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'GET, POST, PUT, DELETE',
        'access-control-allow-headers': asked,
        'access-control-allow-private-network': 'true',
        'access-control-max-age': '7200',
        vary: 'Origin',
      },
    });
  });

  it('may read outputs and errors, with the headers that SDKs read', async () => {
    const { ask } = await withQueue(ALLOWED);
    const headers = [`Origin: ${PAGE}`, ...sameSite, 'X-Amz-Target: AmazonSQS.SendMessage'];
    for (const [body, status] of [
      [JSON_SEND, 200],
      ['{"QueueUrl":"none"}', 400],
      ['{', 400],
      ['x'.repeat(8 * 1024 * 1024 + 1), 413],
    ] as const) {
      const answer = await ask('POST /', headers, body);
      expect(answer.status).toBe(status);
      expect(answer.headers['access-control-allow-origin']).toBe(PAGE);
      expect(answer.headers['access-control-expose-headers']).toContain('x-amzn-requestid, x-amzn-query-error');
    }
    expect((await ask('PUT /', [`Origin: ${PAGE}`])).headers['access-control-allow-origin']).toBe(PAGE);
  });

  it('is not a page of another origin, unless all are allowed with *', async () => {
    const { ask } = await withQueue(ALLOWED);
    expect((await ask('POST /', [...EVIL, FORM], SEND)).status).toBe(403);
    const any = await withQueue({ allowedOrigins: ['*'] });
    const answer = await any.ask('POST /', [...EVIL, FORM], SEND);
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('http://evil.example');
  });
});

describe('the user', () => {
  const typed = ['Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document', 'Sec-Fetch-User: ?1'];

  it('can open a URL of Squab in a browser', async () => {
    const { ask } = await withQueue();
    const document = ['Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', ...typed];
    expect((await ask('GET /', document)).status).toBe(200);
    expect((await ask('GET /favicon.ico', document)).status).toBe(404);
    expect((await ask('GET /?Action=ListQueues', document)).status).toBe(200);
    expect((await ask('GET /_squab/queues', document)).status).toBe(200);
    // The links that confirm and end subscriptions contain secrets, so no page has made them up.
    expect((await ask('GET /?Action=ConfirmSubscription&TopicArn=t&Token=x', document)).status).toBe(400);
  });

  // A page can have the browser open an address as if the user had typed it: as an identity provider (FedCM), for example.
  it('changes nothing by opening a URL in a browser', async () => {
    const { ask, sent } = await withQueue();
    for (const line of [`GET /?${SEND}`, `GET /?Ac%74ion=SendMessage&${SEND}`, `POST /?${SEND}`, 'GET /?Action=x']) {
      const answer = await ask(line, typed);
      expect(answer.status, line).toBe(403);
      expect(answer.body).toContain('Send the request with another client, such as curl, or use the console.');
    }
    expect(await sent()).toBe(false);
    // With queues that are created on first use, reading changes something, too.
    const { ask: askCreating } = await withQueue({ autoCreate: true });
    expect((await askCreating('GET /?Action=GetQueueUrl&QueueName=new', typed)).status).toBe(403);
    expect((await askCreating('GET /?Action=ListQueues', typed)).status).toBe(200);
    // Nothing is refused if all pages may do everything.
    const any = await withQueue({ allowedOrigins: ['*'] });
    expect((await any.ask(`GET /?${SEND}`, typed)).status).toBe(200);
  });

  it('can follow a link from another site to the console, and to nothing else', async () => {
    const link = ['Accept: text/html', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'];
    const document = [...link, 'Sec-Fetch-Dest: document'];
    const { ask } = await withQueue();
    expect((await ask('GET /', document)).status).toBe(200);
    for (const line of ['GET /?Action=ListQueues', 'GET /?', 'POST /', 'GET /_squab/queues', 'GET /000000000000/q']) {
      expect((await ask(line, document)).status, line).toBe(403);
    }
    expect((await ask('GET /', [...link, 'Sec-Fetch-Dest: iframe'])).status).toBe(403);
    expect((await ask('GET /', [...document.slice(0, 2), 'Sec-Fetch-Mode: no-cors'])).status).toBe(403);
    const { squab } = await setup({ console: false });
    const off = await rawExchange(squab.port, rawRequest('GET /', ['Host: localhost', ...CHROME, ...document]));
    expect(off.status).toBe(403);
    const rebound = rawRequest('GET /', ['Host: evil.example', ...CHROME, ...document]);
    expect((await rawExchange((await setup()).squab.port, rebound)).status).toBe(403);
  });

  it('can open it under another host name if that is allowed, or part of the base URL', async () => {
    for (const options of [
      { allowedHosts: ['sqs.example.com'] },
      { allowedHosts: ['*.example.com'] },
      { baseUrl: 'https://SQS.example.com/sqs' },
    ]) {
      const { squab } = await setup(options);
      const at = (host: string) =>
        rawExchange(squab.port, rawRequest('GET /?Action=ListQueues', [`Host: ${host}`, ...CHROME, ...typed]));
      expect((await at('sqs.example.com:9324')).status).toBe(200);
      expect((await at('sqs.example.org')).status).toBe(403);
    }
  });
});

it('logs once which page was refused, and how to allow it', async () => {
  const lines: string[] = [];
  const squab = await start({ port: 0, logLevel: 'warn', logStream: { write: (line) => void lines.push(line) } });
  const request = rawRequest('POST /', ['Host: localhost', 'Origin: http://localhost:5173', FORM], SEND);
  for (let times = 0; times < 3; times++) await rawExchange(squab.port, request);
  await squab.stop();
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    'A web page with the origin http://localhost:5173 is not allowed to use Squab. ' +
      'If it is yours, start Squab with --allowed-origins http://localhost:5173',
  ]);
});
