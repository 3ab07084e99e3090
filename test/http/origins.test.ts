/** Which requests of browsers are refused: the rule, as a table. */

import { describe, expect, it } from 'vitest';
import { makeJudge } from '../../src/http/origins.ts';

const HERE = 'localhost:9324';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const browser = { 'user-agent': CHROME, 'accept-language': 'en-US,en;q=0.9' };

type Case = [what: string, headers: Record<string, string>];

const judge = makeJudge({
  origins: ['http://app.example', 'null', 'capacitor://localhost'],
  hosts: ['sqs.example.com', '*.dev.example.org'],
});
const judged = (headers: Record<string, string>) => judge({ host: HERE, ...headers });

describe('a request that no browser sent', () => {
  it.each<Case>([
    ['an SDK', { 'user-agent': 'aws-sdk-js/3.1169.0', authorization: 'AWS4-HMAC-SHA256 Credential=x' }],
    ['curl', { 'user-agent': 'curl/8.5.0', accept: '*/*' }],
    ['a client of HTTP/1.0', { host: '' }],
    ['an SDK at a public name', { host: 'sqs.evil.example', 'user-agent': 'Boto3/1.40' }],
    ['an SDK at the short name of a Kubernetes service', { host: 'squab.dev:9324', 'user-agent': 'aws-sdk-go-v2/1' }],
    ['the fetch of Node.js', { 'user-agent': 'node', 'accept-language': '*', 'sec-fetch-mode': 'cors' }],
    ['PowerShell', { 'user-agent': 'Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1.22621' }],
  ])('is let through: %s', (_who, headers) => {
    expect(judged(headers)).toBeUndefined();
  });
});

describe('a page of another origin', () => {
  it.each<Case>([
    ['a form', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['a fetch', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ['a fetch from another port of this host', { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' }],
    ['a fetch where browsers do not tell the site', { origin: 'http://evil.example' }],
    ['a page without an origin that is not allowed', { origin: 'file://' }],
    ['an extension', { origin: 'chrome-extension://abcdef', 'sec-fetch-site': 'cross-site' }],
    ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    [
      'a link that is followed',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1' },
    ],
    ['an image of a neighbour', { 'sec-fetch-site': 'same-site', referer: 'http://localhost:5173/a' }],
    ['a page whose origin begins like an allowed one', { origin: 'http://app.example.evil.example' }],
    ['an allowed host under another protocol', { origin: 'https://app.example' }],
    ['a value that browsers do not know yet', { 'sec-fetch-site': 'sibling' }],
    ['an image where browsers tell only the referrer', { referer: 'http://evil.example/page' }],
    ['an image where browsers tell nothing', {}],
  ])('is refused: %s', (_what, headers) => {
    expect(judged({ ...browser, ...headers })).toHaveProperty('refusal');
  });

  it('is named in the refusal, with the option that lets it in', () => {
    expect(judged({ origin: 'http://localhost:5173' })).toEqual({
      refusal:
        'A web page of http://localhost:5173 may not use this Squab. ' +
        'If it is yours, start Squab with --allowed-origins http://localhost:5173',
    });
    const long = judged({ origin: `http://${'a'.repeat(60_000)}` }) as { refusal: string };
    expect(long.refusal.length).toBeLessThan(1000);
  });

  it.each<Case>([
    ['its fetch', { origin: 'http://app.example', 'sec-fetch-site': 'cross-site' }],
    ['its fetch, spelled otherwise', { origin: 'HTTP://App.example', 'sec-fetch-site': 'cross-site' }],
    ['a page without an origin', { origin: 'null' }],
    ['an app', { origin: 'capacitor://localhost', 'sec-fetch-site': 'cross-site' }],
    ['whatever host it found', { origin: 'http://app.example', host: 'sqs.somewhere.example' }],
  ])('is let through where it is allowed: %s', (_what, headers) => {
    expect(judged({ ...browser, ...headers })).toEqual({ origin: headers.origin });
  });

  it('is let through where it is allowed: its image', () => {
    expect(judged({ ...browser, 'sec-fetch-site': 'cross-site', referer: 'http://app.example/a' })).toBeUndefined();
  });

  it('is let through where all are', () => {
    const all = makeJudge({ origins: ['*'], hosts: [] });
    expect(all({ host: 'rebound.example', origin: 'http://evil.example' })).toEqual({ origin: 'http://evil.example' });
    expect(all({ host: HERE, ...browser })).toBeUndefined();
  });
});

describe("a request of Squab's own origin, or of the user", () => {
  const own: Case[] = [
    ['a fetch', { ...browser, origin: `http://${HERE}`, 'sec-fetch-site': 'same-origin' }],
    ['a POST where browsers do not tell the site', { ...browser, origin: `http://${HERE}` }],
    ['a link where browsers do not tell the site', { ...browser, referer: `http://${HERE}/` }],
    ['a fetch through the proxy of a development server', { origin: 'http://x.test', 'sec-fetch-site': 'same-origin' }],
    ['an address that was typed', { ...browser, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
  ];

  it.each(own)('is let through: %s', (_what, headers) => {
    expect(judged(headers)).toEqual(headers.origin && { origin: headers.origin });
  });

  it('counts the port of a protocol for none', () => {
    expect(judged({ host: 'localhost:80', origin: 'http://localhost' })).toEqual({ origin: 'http://localhost' });
  });

  it.each([
    ...['localhost', 'LOCALHOST:9324', 'app.localhost', '127.0.0.1:9324', '192.168.1.5', '[::1]:9324', '0x7f.1'],
    ...['squab', 'squab:9324', 'host.docker.internal', 'mac.local', 'sqs.default.svc.cluster.local', 'sqs.test'],
    ...['nas.home.arpa', 'pi.lan:9324', 'localhost.', 'sqs.us-east-1.amazonaws.com', 'queue.amazonaws.com'],
    ...['eu-west-1.queue.amazonaws.com', 'sqs.cn-north-1.amazonaws.com.cn', 'sqs.us-east-1.api.aws'],
    ...['vpce-1-2.sqs.us-east-1.vpce.amazonaws.com', 'localhost.localstack.cloud'],
    ...['sqs.us-east-1.localhost.localstack.cloud:4566', 'sqs.example.com', 'a.dev.example.org', 'a.b.dev.example.org'],
  ])('is let through at the host %s', (host) => {
    expect(judged({ ...browser, host, 'sec-fetch-site': 'same-origin' })).toBeUndefined();
  });

  it.each([
    ...['evil.example', 'evil.example:9324', 'localhost.evil.example', 'evillocalhost.example', 'notlocalhost.com'],
    ...['127.0.0.1.nip.io', '7f000001.rbndr.us', 'local.example', 'xsqs.example.com', 'example.com'],
    ...['sqs.amazonaws.com.evil.example', 'evil-sqs.amazonaws.com.example', 'ec2-1-2-3-4.compute-1.amazonaws.com'],
    ...[
      'localstack.cloud',
      `${'sqs.'.repeat(16_000)}amazonaws.com`,
      'dev.example.org.evil.example',
      'xdev.example.org',
    ],
  ])('is refused at the host %s, to which a stranger may have pointed it', (host) => {
    const guises: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin', origin: `http://${host}` },
      { origin: `http://${host}` },
      { referer: `http://${host}/page` },
      // What is left of a rebound page's GET over plain HTTP when it hides what it can.
      { 'user-agent': 'aws-cli/2', 'accept-language': '' },
      { 'user-agent': CHROME },
    ];
    for (const headers of guises) {
      expect(judged({ host, ...headers }), JSON.stringify(headers)).toHaveProperty('refusal');
    }
  });

  it('is told which option lets that host in', () => {
    expect(judged({ host: 'sqs.example.net:9324', 'sec-fetch-site': 'none' })).toEqual({
      refusal:
        'A browser sent this request to sqs.example.net, which may be a name that a stranger points here. ' +
        'If it is yours, start Squab with --allowed-hosts sqs.example.net',
    });
  });

  it('is let through at any host where all are', () => {
    const all = makeJudge({ origins: [], hosts: ['*'] });
    expect(all({ host: 'evil.example', 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(all({ host: 'evil.example', origin: 'http://other.example' })).toHaveProperty('refusal');
  });
});
