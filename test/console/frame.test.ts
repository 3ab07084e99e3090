/** The frame around the console's screens: navigation, themes, and what it does when nobody looks or Squab is gone. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { inChromium, looks, openConsole } from './page.ts';

inChromium('the console', () => {
  it.each(looks)('leads to every screen, $look', async (look) => {
    const { page, open } = await openConsole({ look });
    await open('');
    expect(await page.title()).toBe('Queues · Squab');
    for (const name of ['Send', 'Events', 'Clock', 'Faults', 'Snapshots', 'Queues']) {
      await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name }).click();
      await page.getByRole('heading', { name, level: 1 }).waitFor();
      expect(await page.title()).toBe(`${name} · Squab`);
    }
    await page.goBack();
    await page.getByRole('heading', { name: 'Snapshots', level: 1 }).waitFor();
    // Nothing is wider than the screen.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  it('can be used by keyboard alone', async () => {
    const { call, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' }, home);
    await open();
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Create a queue' });
    await dialog.waitFor();
    await page.keyboard.type('by-hand');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'by-hand', level: 1 }).waitFor();
  });

  it('remembers the theme', async () => {
    const { page, open } = await openConsole();
    await open();
    const theme = page.getByRole('button', { name: /^Colors/ });
    const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await background();
    await theme.click();
    expect(await background()).toBe(light);
    await theme.click();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    await theme.waitFor();
    expect(await background()).toBe(dark);
  });

  it('says that an address leads nowhere', async () => {
    const { page, open } = await openConsole();
    await open('/nothing/here');
    await page.getByRole('heading', { name: 'There is no such screen' }).waitFor();
    await page.getByRole('link', { name: 'the queues' }).click();
    await page.getByRole('heading', { name: 'Queues', exact: true }).waitFor();
  });

  it('asks for nothing while it is hidden or paused, and at most three times a second otherwise', async () => {
    const { call, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' }, home);
    let asked = 0;
    page.on('request', () => {
      asked++;
    });
    await open();
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    const duringSeconds = async (seconds: number) => {
      const before = asked;
      await page.waitForTimeout(seconds * 1000);
      return asked - before;
    };
    await page.waitForTimeout(300);
    expect(await duringSeconds(2)).toBe(0);
    await page.getByRole('button', { name: 'Paused' }).click();
    const live = await duringSeconds(3);
    expect(live).toBeGreaterThan(1);
    expect(live).toBeLessThanOrEqual(9);
    await page.evaluate(HIDE);
    await page.waitForTimeout(1200);
    expect(await duringSeconds(2)).toBe(0);
  });

  it('signs requests with the key that the user enters, if Squab checks signatures', async () => {
    const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
    const { squab, page, open, allowErrors } = await openConsole({ options: { auth: 'sigv4', credentials: [key] } });
    allowErrors(/403/);
    await open();
    await page.getByRole('button', { name: 'Create queue' }).first().click();
    const form = page.getByRole('dialog', { name: 'Create a queue' });
    await form.getByLabel('Name', { exact: true }).fill('orders');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await form.getByText('Enter an access key at the top of the page first.').waitFor();
    await page.keyboard.press('Escape');
    const enter = async (secret: string) => {
      await page.getByRole('button', { name: /access key|AKID/ }).click();
      await page.getByLabel('Access key ID').fill(key.accessKeyId);
      await page.getByLabel('Secret access key').fill(secret);
      await page.getByRole('button', { name: 'Use' }).click();
    };
    await enter('wrong');
    await page.getByRole('button', { name: 'Create queue' }).first().click();
    await form.getByLabel('Name', { exact: true }).fill('orders');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await form.getByText('The request signature we calculated does not match').waitFor();
    await page.keyboard.press('Escape');
    await enter(key.secretAccessKey);
    await page.getByRole('button', { name: 'Create queue' }).first().click();
    await form.getByLabel('Name', { exact: true }).fill('orders');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
    expect((await squab.control.queues.list()).queues).toMatchObject([{ name: 'orders' }]);
  });

  it('says that Squab is gone, and goes on when it is back', async () => {
    const { squab, call, page, allowErrors } = await openConsole();
    allowErrors(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
    await call('CreateQueue', { QueueName: 'orders' }, home);
    const proxy = await openProxy(squab.port);
    await page.goto(`http://127.0.0.1:${proxy.port}/`);
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor();
    await proxy.close();
    const banner = page.getByRole('alert').filter({ hasText: 'Squab does not answer' });
    await banner.waitFor();
    expect(await page.getByRole('link', { name: 'orders', exact: true }).isVisible()).toBe(true);
    await call('CreateQueue', { QueueName: 'later' }, home);
    await proxy.open();
    await banner.waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'later', exact: true }).waitFor();
    await proxy.close();
  });
});

const home = { account: '000000000000' };

/** What a browser does when its tab goes to the background. */
const HIDE = `
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
`;

/** A Squab behind a port that can be closed and opened again. */
async function openProxy(target: number) {
  let port = 0;
  let server: Server;
  const open = async () => {
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
      const init = { method: request.method!, headers: headers as Record<string, string> };
      const hasBody = request.method === 'POST';
      const answer = await fetch(`http://127.0.0.1:${target}${request.url}`, {
        ...init,
        ...(hasBody && { body: Buffer.concat(parts) }),
      }).catch(() => undefined);
      if (!answer) return response.destroy();
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await open();
  return { open, close, port };
}
