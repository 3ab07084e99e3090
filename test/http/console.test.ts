/** How the console is served: to navigations of browsers, from memory, and with headers that keep foreign code out. */

import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { setup } from '../helpers.ts';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** The headers of a browser that opens a URL. */
const NAVIGATION = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en',
  'user-agent': 'Mozilla/5.0',
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};

/** Sends a GET with exactly these headers, which `fetch` does not allow. */
function get(url: string, headers: Record<string, string> = NAVIGATION): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const filesIn = (page: string) => [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);

describe('the console', () => {
  it('is the page at / for a browser, and for nothing else', async () => {
    const { squab } = await setup();
    const page = await get(`${squab.url}/`);
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.text).toContain('<title>Squab</title>');
    for (const accept of ['*/*', 'application/json', '']) {
      expect(await get(`${squab.url}/`, accept ? { accept } : {})).toMatchObject({ status: 404 });
    }
    expect((await get(`${squab.url}/?Action=ListQueues`)).text).toContain('<ListQueuesResponse');
    expect(await get(`${squab.url}/000000000000/q`)).toMatchObject({ status: 404 });
  });

  it('has no code in the page, and lets it load none from elsewhere', async () => {
    const { squab } = await setup();
    const { headers, text } = await get(`${squab.url}/`);
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'self';/);
    expect(policy).not.toMatch(/unsafe|\*/);
    for (const part of ["object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) {
      expect(policy).toContain(part);
    }
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
    expect(text).not.toMatch(/<script[^>]*>[^<]|<style|\son\w+=|\sstyle=/);
  });

  it('has files that browsers keep for ever, and a page that they ask for again', async () => {
    const { squab } = await setup();
    const page = await get(`${squab.url}/`);
    const { etag } = page.headers;
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(await get(`${squab.url}/`, { ...NAVIGATION, 'if-none-match': String(etag) })).toMatchObject({
      status: 304,
      text: '',
    });
    const paths = filesIn(page.text);
    expect(paths.map((path) => path.replace(/-\w+\./, '.')).sort()).toEqual([
      ...['_squab/console/console.css', '_squab/console/console.js', '_squab/console/icon.svg'],
    ]);
    for (const path of paths) {
      const file = await get(`${squab.url}/${path}`, {});
      expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(file.headers['x-content-type-options']).toBe('nosniff');
      expect(file).toMatchObject({ status: 200 });
      const again = await get(`${squab.url}/${path}`, { 'if-none-match': String(file.headers.etag) });
      expect(again).toMatchObject({ status: 304, text: '' });
    }
    expect(await get(`${squab.url}/_squab/console/..%2Findex.js`)).toMatchObject({ status: 404 });
    expect(await get(`${squab.url}/_squab/console/nothing.js`)).toMatchObject({ status: 404 });
  });

  it('is told what it must know of its Squab', async () => {
    const { squab } = await setup({ region: 'eu-central-1', readOnlyConsole: true, journal: 0 });
    const { text } = await get(`${squab.url}/`);
    const [, settings = ''] = /<meta name="squab" content="([^"]+)">/.exec(text) ?? [];
    expect(JSON.parse(settings.replaceAll('&quot;', '"'))).toMatchObject({
      ...{ account: '000000000000', region: 'eu-central-1', readOnly: true, signed: false, journal: 0 },
    });
  });

  it.each([{ console: false }, { control: false }])('is turned off by %o', async (options) => {
    const { squab } = await setup(options);
    expect(await get(`${squab.url}/`)).toMatchObject({ status: 404, headers: { 'content-type': 'text/xml' } });
  });

  it('is for this machine only if requests are authenticated', async () => {
    const credentials = [{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', accountId: '000000000000' }];
    const { squab } = await setup({ auth: 'sigv4', credentials });
    expect(await get(`${squab.url}/`)).toMatchObject({ status: 200 });
    const proxied = await get(`${squab.url}/`, { ...NAVIGATION, 'x-forwarded-for': '192.0.2.1' });
    expect(proxied).toMatchObject({ status: 403, text: expect.stringContaining('browsers on this machine') });
  });

  it('cannot be reached at a name that an attacker can point to this machine', async () => {
    const { squab } = await setup();
    const rebound = await get(`${squab.url}/`, { ...NAVIGATION, host: 'evil.example:9324' });
    expect(rebound).toMatchObject({ status: 403 });
  });
});
