/**
 * A real browser with pages of other origins: what a foreign page cannot do, and what a page of an allowed origin can.
 * Skipped if no Chromium is found: `.ci/run` installs Debian's, and the variable CHROMIUM names another.
 */

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Setup, setup } from '../helpers.ts';

const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => place && existsSync(place));

let browser: Browser;
let site: Server;

/**
 * In the browser, all names below `.example` resolve to this machine: both foreign sites and names that they rebind.
 */
const RESOLVE = '--host-resolver-rules=MAP *.example 127.0.0.1';

/** Bundles the SDK for browsers; resolves to its code. */
async function sdkForBrowsers(): Promise<string> {
  const input = 'node_modules/@aws-sdk/client-sqs/dist-es/index.js';
  const build = await rolldown({ input, platform: 'browser', logLevel: 'silent' });
  const { output } = await build.generate({ format: 'iife', name: 'AWS' });
  await build.close();
  return output[0].code;
}

/** What the site serves: any page that is not in here is empty. */
const pages = new Map<string, string>();

async function openSite(): Promise<void> {
  site = createServer(({ url = '' }, response) => {
    const page = pages.get(url) ?? '<!doctype html><title>A page</title>';
    response.setHeader('content-type', 'text/html').end(page);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
}

const inTls = (name: string) => readFileSync(join(import.meta.dirname, '../data/tls', name));

/** Returns a certificate whose issuer has the URL of a request to Squab. This spoils its signature, which nobody checks. */
function certificateWithIssuerAt(port: number): string {
  const { raw } = new X509Certificate(inTls('issued-elsewhere.pem'));
  raw.write(String(port).padStart(5, '0'), raw.indexOf('127.0.0.1:') + '127.0.0.1:'.length, 'latin1');
  return `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

/** Opens a page of the site under the given host name. */
async function pageOf(host: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`http://${host}:${(site.address() as AddressInfo).port}/`);
  await page.addScriptTag({ path: join(import.meta.dirname, 'browser-page.js') });
  return page;
}

/** Calls a function of the page with one argument. */
function inPage(page: Page, name: string, argument: unknown): Promise<unknown> {
  return page.evaluate(`(async () => (await ${name}(${JSON.stringify(argument)})) ?? null)()`);
}

async function withQueue(options?: Parameters<typeof setup>[0]): Promise<Setup & { sent(): Promise<string[]> }> {
  const made = await setup(options);
  const { call } = made.client('JSON');
  await call('CreateQueue', { QueueName: 'q' });
  const sent = async () => {
    const { Messages = [] } = await call('ReceiveMessage', { QueueUrl: 'q', MaxNumberOfMessages: 10 });
    return Messages.map(({ Body }: { Body: string }) => Body);
  };
  return { ...made, sent };
}

const send = (body: string) => `Action=SendMessage&QueueUrl=q&MessageBody=${body}`;

describe.skipIf(!executablePath)('in Chromium (skipped if not installed)', () => {
  beforeAll(async () => {
    await openSite();
    browser = await chromium.launch({ executablePath: executablePath!, args: [RESOLVE] });
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  // Over plain HTTP, browsers send fetch metadata only to `localhost` and loopback addresses.
  it.each(['localhost', '127.0.0.1', 'squab.example'])('a foreign page changes nothing at %s', async (host) => {
    const { squab, sent } = await withQueue({ allowedHosts: ['squab.example'] });
    const page = await pageOf('evil.example');
    const target = `http://${host}:${squab.port}/`;
    const tried = await inPage(page, 'tryEverything', { target, form: send('form'), image: send('image') });
    expect(tried).toEqual({ fetched: 'opaque', read: 'TypeError', json: 'TypeError', beacon: true });
    const popup = page.waitForEvent('popup');
    await inPage(page, 'void open', `${target}?${send('popup')}`);
    await (await popup).waitForLoadState();
    expect(await sent()).toEqual([]);
    await page.close();
  });

  it('a foreign page changes nothing by having URLs fetched in advance', async () => {
    const { squab, sent } = await withQueue();
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    const ended = new Map<string, string>();
    const note = (kind: string, { status, prefetchStatus }: { status: string; prefetchStatus?: string }) => {
      if (status === 'Failure' || status === 'Success' || status === 'Ready') ended.set(kind, prefetchStatus ?? status);
    };
    session.on('Preload.prefetchStatusUpdated', (event) => note('prefetch', event));
    session.on('Preload.prerenderStatusUpdated', (event) => note('prerender', event));
    await session.send('Preload.enable');
    const rule = (body: string) => [
      { source: 'list', urls: [`http://localhost:${squab.port}/?${send(body)}`], referrer_policy: 'no-referrer' },
    ];
    const rules = JSON.stringify({ prefetch: rule('prefetched'), prerender: rule('prerendered') });
    pages.set('/advance', `<!doctype html><script type="speculationrules">${rules}</script>`);
    await page.goto(`http://evil.example:${(site.address() as AddressInfo).port}/advance`);
    await eventually(() => expect(ended.size).toBe(2));
    expect(ended.get('prefetch')).toBe('PrefetchFailedNon2XX');
    expect(await sent()).toEqual([]);
    await page.close();
  });

  it('a server changes nothing by a certificate that says where its issuer is', async () => {
    const { squab, sent } = await withQueue();
    const refused = vi.fn();
    const server = createSecureServer({ cert: certificateWithIssuerAt(squab.port), key: inTls('key.pem') });
    server.on('tlsClientError', refused).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const page = await pageOf('evil.example');
    await inPage(page, 'void fetch', `https://evil.example:${(server.address() as AddressInfo).port}/`);
    // Chromium refuses the certificate after it has asked for the issuer.
    await eventually(() => expect(refused).toHaveBeenCalled());
    expect(await sent()).toEqual([]);
    await page.close();
    server.close();
  });

  it('a page changes nothing by pointing its own name to Squab (DNS rebinding)', async () => {
    const { squab, sent } = await withQueue();
    const page = await browser.newPage();
    expect((await page.goto(`http://evil.example:${squab.port}/`))?.status()).toBe(403);
    const statuses = await page.evaluate(async (get) => {
      const requests: [string, RequestInit][] = [
        [`/?${get}`, { referrerPolicy: 'no-referrer', headers: { 'accept-language': '', 'user-agent': 'aws-cli' } }],
        [`/?${get}`, {}],
        ['/', { method: 'POST', body: get, referrerPolicy: 'no-referrer' }],
        [
          '/',
          { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.ListQueues', authorization: 'AWS4-HMAC-SHA256' } },
        ],
      ];
      return Promise.all(requests.map(async ([path, init]) => (await fetch(path, init)).status));
    }, send('rebound'));
    expect(statuses).toEqual([403, 403, 403, 403]);
    expect(await sent()).toEqual([]);
    await page.close();
  });

  it('a page of an allowed origin can use the AWS SDK', async () => {
    const { port } = site.address() as AddressInfo;
    const { squab } = await withQueue({ allowedOrigins: [`http://app.example:${port}`] });
    const page = await pageOf('app.example');
    await page.addScriptTag({ content: await sdkForBrowsers() });
    const seen = await inPage(page, 'useSdk', `http://localhost:${squab.port}`);
    expect(seen).toEqual({
      bodies: ['from a browser'],
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      refusal: 'QueueDoesNotExist',
      code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
    await page.close();
  });

  it('a page of an allowed origin follows events, as docs/control.md shows', async () => {
    const origin = `http://localhost:${(site.address() as AddressInfo).port}`;
    const { squab, client } = await withQueue({ allowedOrigins: [origin] });
    const html = /^```html\n([\s\S]*?)^```$/m.exec(readFileSync('docs/control.md', 'utf8'))![1]!;
    pages.set('/events', html.replace('http://127.0.0.1:9324', squab.url));
    const page = await browser.newPage();
    const shown = page.waitForEvent('console');
    const opened = page.waitForResponse((response) => response.url().includes('/_squab/events'));
    await page.goto(`${origin}/events`);
    await opened;
    await client('JSON').call('CreateQueue', { QueueName: 'orders' });
    expect((await shown).text()).toMatch(/orders/);
    await page.close();
  });

  it('the user can open a URL of Squab', async () => {
    const { squab } = await withQueue();
    const page = await browser.newPage();
    expect((await page.goto(`${squab.url}/`))?.status()).toBe(200);
    expect((await page.goto(`${squab.url}/?Action=ListQueues`))?.status()).toBe(200);
    await page.close();
  });
});
