/** Which requests of browsers are refused: the rules, as tables. */

import { describe, expect, it } from 'vitest';
import { makeJudge } from '../../src/http/origins.ts';

const HERE = 'localhost:9324';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const browser = { 'user-agent': CHROME, 'accept-language': 'en-US,en;q=0.9' };
/** What tells the address that a user typed from everything else. */
const TYPED = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

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
    ['an HTTP/1.0 client', { host: '' }],
    ['an SDK with a public name', { host: 'sqs.evil.example', 'user-agent': 'Boto3/1.40' }],
    ['an SDK with the short name of a Kubernetes service', { host: 'squab.dev:9324', 'user-agent': 'aws-sdk-go-v2/1' }],
    ['the fetch of Node.js', { 'user-agent': 'node', 'accept-language': '*', 'sec-fetch-mode': 'cors' }],
    ['an SDK in an app of macOS', { 'user-agent': 'Shop/1 CFNetwork/1494.0.7 Darwin/23.4.0', 'accept-language': 'en' }],
    ['PowerShell', { 'user-agent': 'Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1.22621' }],
  ])('is accepted: %s', (_what, headers) => {
    expect(judged(headers)).toBeUndefined();
  });
});

describe('a page of another origin', () => {
  it.each<Case>([
    ['a form', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['a fetch', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ['a fetch from another port of this host', { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' }],
    ['a fetch without fetch metadata', { origin: 'http://evil.example' }],
    ['a local file', { origin: 'file://' }],
    ['an extension', { origin: 'chrome-extension://abcdef', 'sec-fetch-site': 'cross-site' }],
    ['an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    [
      'a link that the user follows',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1' },
    ],
    ['an image on a page of the same site', { 'sec-fetch-site': 'same-site', referer: 'http://localhost:5173/a' }],
    ['a page whose origin starts like an allowed one', { origin: 'http://app.example.evil.example' }],
    ['an allowed host with another protocol', { origin: 'https://app.example' }],
    ['a Sec-Fetch-Site value that no browser sends yet', { 'sec-fetch-site': 'sibling' }],
    ['an address that the browser fetches in advance', { ...TYPED, 'sec-purpose': 'prefetch' }],
    ['an address fetched in advance, without other fetch metadata', { 'sec-purpose': 'prefetch;prerender' }],
    [
      'an address in the certificate of a server',
      { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' },
    ],
    ['an address in a certificate that macOS verifies', { 'user-agent': 'com.apple.trustd/3.0' }],
    ['an address in a certificate that Windows verifies', { 'user-agent': 'Microsoft-CryptoAPI/10.0' }],
    [
      'a video that macOS plays',
      { 'user-agent': 'AppleCoreMedia/1.0.0.23E224 (Macintosh; U; Intel Mac OS X 14_4; en_us)' },
    ],
    ['an icon that Safari fetches itself', { 'user-agent': 'Safari/19618.1.15 CFNetwork/1494.0.7 Darwin/23.4.0' }],
    [
      'an icon that Safari on a phone fetches itself',
      { 'user-agent': 'MobileSafari/604.1 CFNetwork/1494 Darwin/23.4.0' },
    ],
    ['a fetch of the browser itself', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'cors' }],
    ['a request of the browser itself whose mode is unknown', { 'sec-fetch-site': 'none' }],
    ['a navigation whose destination is unknown', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    [
      'a fetch in the background',
      { ...TYPED, 'sec-fetch-dest': 'empty', origin: 'http://evil.example', 'accept-encoding': 'identity' },
    ],
    ['a download that goes on after an error', { ...TYPED, 'sec-fetch-dest': 'empty', range: 'bytes=300-' }],
    ['a navigation for a page, as if the user had typed its address', { ...TYPED, origin: 'http://evil.example' }],
    ['a navigation from a page, as if the user had typed its address', { ...TYPED, referer: 'http://evil.example/' }],
    ['an image with only a referrer', { referer: 'http://evil.example/page' }],
    ['an image without any information', {}],
  ])('is refused: %s', (_what, headers) => {
    expect(judged({ ...browser, ...headers })).toHaveProperty('refusal');
  });

  it('is named in the refusal, with the option that allows it', () => {
    expect(judged({ origin: 'http://localhost:5173' })).toEqual({
      refusal:
        'A web page with the origin http://localhost:5173 is not allowed to use Squab. ' +
        'If it is yours, start Squab with --allowed-origins http://localhost:5173',
    });
    const long = judged({ origin: `http://${'a'.repeat(60_000)}` }) as { refusal: string };
    expect(long.refusal.length).toBeLessThan(1000);
  });

  it.each<Case>([
    ['its fetch', { origin: 'http://app.example', 'sec-fetch-site': 'cross-site' }],
    ['its fetch, in other letter case', { origin: 'HTTP://App.example', 'sec-fetch-site': 'cross-site' }],
    ['a page with an opaque origin', { origin: 'null' }],
    ['an app', { origin: 'capacitor://localhost', 'sec-fetch-site': 'cross-site' }],
    ['its fetch, whatever the host', { origin: 'http://app.example', host: 'sqs.somewhere.example' }],
  ])('is accepted if it is allowed: %s', (_what, headers) => {
    expect(judged({ ...browser, ...headers })).toEqual({ origin: headers.origin });
  });

  it('is accepted if it is allowed: its image', () => {
    expect(judged({ ...browser, 'sec-fetch-site': 'cross-site', referer: 'http://app.example/a' })).toBeUndefined();
  });

  it('is accepted if all origins are allowed', () => {
    const all = makeJudge({ origins: ['*'], hosts: [] });
    expect(all({ host: 'rebound.example', origin: 'http://evil.example' })).toEqual({ origin: 'http://evil.example' });
    expect(all({ host: HERE, ...browser })).toBeUndefined();
  });
});

describe("a request of Squab's own origin, or of the user", () => {
  const own: Case[] = [
    ['a fetch', { ...browser, origin: `http://${HERE}`, 'sec-fetch-site': 'same-origin' }],
    ['a POST without fetch metadata', { ...browser, origin: `http://${HERE}` }],
    ['a link without fetch metadata', { ...browser, referer: `http://${HERE}/` }],
    ['a fetch through the proxy of a development server', { origin: 'http://x.test', 'sec-fetch-site': 'same-origin' }],
    ['a URL that the user typed', { ...browser, ...TYPED }],
  ];

  it.each(own)('is accepted: %s', (_what, headers) => {
    expect(judged(headers)).toEqual(headers.origin && { origin: headers.origin });
  });

  it('is accepted with the default port of the protocol in Host', () => {
    expect(judged({ host: 'localhost:80', origin: 'http://localhost' })).toEqual({ origin: 'http://localhost' });
  });

  it.each([
    ...['localhost', 'LOCALHOST:9324', 'app.localhost', '127.0.0.1:9324', '192.168.1.5', '[::1]:9324', '0x7f.1'],
    ...['squab', 'squab:9324', 'host.docker.internal', 'mac.local', 'sqs.default.svc.cluster.local', 'sqs.test'],
    ...['nas.home.arpa', 'pi.lan:9324', 'localhost.', 'sqs.us-east-1.amazonaws.com', 'queue.amazonaws.com'],
    ...['eu-west-1.queue.amazonaws.com', 'sqs.cn-north-1.amazonaws.com.cn', 'sqs.us-east-1.api.aws'],
    ...['vpce-1-2.sqs.us-east-1.vpce.amazonaws.com', 'localhost.localstack.cloud'],
    ...['sqs.us-east-1.localhost.localstack.cloud:4566', 'sqs.example.com', 'a.dev.example.org', 'a.b.dev.example.org'],
  ])('is accepted at the host %s', (host) => {
    expect(judged({ ...browser, host, 'sec-fetch-site': 'same-origin' })).toBeUndefined();
  });

  it.each([
    ...['evil.example', 'evil.example:9324', 'localhost.evil.example', 'evillocalhost.example', 'notlocalhost.com'],
    ...['127.0.0.1.nip.io', '7f000001.rbndr.us', 'local.example', 'xsqs.example.com', 'example.com'],
    // Names under AWS's domains that anyone can have, such as those of S3's buckets.
    ...['sqs.evil.s3.amazonaws.com', 'sqs.us-east-1.s3.amazonaws.com', 'queue.s3.amazonaws.com', 'sqs.amazonaws.com'],
    ...['sqs.s3-website-us-east-1.amazonaws.com', 'evil.sqs.us-east-1.amazonaws.com', 'evil.queue.amazonaws.com'],
    ...['sqs.us-east-1.elb.amazonaws.com', 'evil.us-east-1.vpce.amazonaws.com', 'sqs.evil.us-east-1.api.aws'],
    ...['sqs.us-east-1.amazonaws.com.evil.example', 'sqs.us-east-1.api.aws.evil.example', 'xsqs.us-east-1.api.aws'],
    ...['sqs.amazonaws.com.evil.example', 'evil-sqs.amazonaws.com.example', 'ec2-1-2-3-4.compute-1.amazonaws.com'],
    ...[
      'localstack.cloud',
      `${'sqs.'.repeat(16_000)}amazonaws.com`,
      'dev.example.org.evil.example',
      'xdev.example.org',
    ],
  ])('is refused at the host %s, which a stranger may have pointed to this machine', (host) => {
    const guises: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin', origin: `http://${host}` },
      { origin: `http://${host}` },
      { referer: `http://${host}/page` },
      // The headers of a rebound page's GET over plain HTTP, if the page hides as much as it can.
      { 'user-agent': 'aws-cli/2', 'accept-language': '' },
      { 'user-agent': CHROME },
    ];
    for (const headers of guises) {
      expect(judged({ host, ...headers }), JSON.stringify(headers)).toHaveProperty('refusal');
    }
  });

  it('is refused with the option that allows that host', () => {
    expect(judged({ host: 'sqs.example.net:9324', ...TYPED })).toEqual({
      refusal:
        'A browser sent this request to sqs.example.net, a name that an attacker may have pointed to this machine. ' +
        'If the name is yours, start Squab with --allowed-hosts sqs.example.net',
    });
  });

  it('is accepted at any host if all hosts are allowed', () => {
    const all = makeJudge({ origins: [], hosts: ['*'] });
    expect(all({ host: 'evil.example', 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(all({ host: 'evil.example', origin: 'http://other.example' })).toHaveProperty('refusal');
  });
});
