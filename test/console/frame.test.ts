/** The frame around the console's screens: navigation, themes, and what it does when nobody looks or Squab is gone. */

import { expect, it } from 'vitest';
import { inChromium, looks, openConsole } from './page.ts';
import { openProxy } from './proxy.ts';

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
    // Nothing is wider than the screen, and no part of the navigation is cut off.
    const cut = await page
      .getByRole('navigation', { name: 'Screens' })
      .evaluate((nav: Sized) => nav.scrollWidth - nav.clientWidth);
    expect(cut).toBeLessThanOrEqual(0);
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
    // What was asked for before may take a while on a busy machine.
    await expect.poll(() => duringSeconds(2)).toBe(0);
    await page.getByRole('button', { name: 'Paused' }).click();
    await page.waitForRequest(() => true);
    // A slow answer is followed by a longer rest.
    expect(await duringSeconds(3)).toBeLessThanOrEqual(9);
    await page.evaluate(HIDE);
    await expect.poll(() => duringSeconds(2)).toBe(0);
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

type Sized = Record<'scrollWidth' | 'clientWidth', number>;

/** What a browser does when its tab goes to the background. */
const HIDE = `
  Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
`;
