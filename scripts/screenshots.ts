/**
 * Writes pictures of the console's screens, in both themes and two sizes, into `build/screenshots/`, to look at. Two of
 * them belong in `docs/images/`. Needs a build and a Chromium; CHROMIUM names one that is not in /usr/bin.
 */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { start } from '../src/index.ts';
import { VirtualClock } from '../src/time/virtual-clock.ts';
import { fillShop } from './demo.ts';

const folder = process.argv[2] ?? join(import.meta.dirname, '../build/screenshots');
const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => place && existsSync(place));
if (!executablePath) throw new Error('No Chromium found. Set CHROMIUM to the path of one.');

/** The shop's day began a while ago, so that its messages are as old as they seem now. */
const SHOP_TAKES_MS = 240_000;
const clock = new VirtualClock(Date.now() - SHOP_TAKES_MS);
const squab = await start({ port: 0, clock, logLevel: 'silent' });
const empty = await start({ port: 0, logLevel: 'silent' });
const { failed } = await fillShop(squab, clock);
clock.resume();
await squab.control.clock.set(new Date());

const home = '/us-east-1/000000000000';
const settle = (page: Page) => page.waitForTimeout(600);

interface Picture {
  name: string;
  address: string;
  isEmpty?: boolean;
  act?(page: Page): Promise<unknown>;
}

const pictures: readonly Picture[] = [
  { name: 'queues', address: '/queues' },
  { name: 'queues-empty', address: '/queues', isEmpty: true },
  {
    name: 'create-queue',
    address: '/queues',
    act: async (page) => {
      await page.getByRole('button', { name: 'Create queue' }).first().click();
      await page.getByLabel('Name').first().fill('refunds');
      await page.getByLabel('Messages that keep failing go to').selectOption('new');
    },
  },
  { name: 'queue', address: `/queues${home}/orders` },
  { name: 'queue-fifo', address: `/queues${home}/payments.fifo` },
  { name: 'message', address: `/queues${home}/orders-dlq/messages/${failed}` },
  { name: 'explain', address: `/queues${home}/payments.fifo/explain` },
  { name: 'plots', address: `/queues${home}/orders/plots` },
  { name: 'settings', address: `/queues${home}/orders/settings` },
  { name: 'redrive', address: `/queues${home}/orders-dlq/redrive` },
  {
    name: 'purge',
    address: `/queues${home}/orders`,
    act: (page) => page.getByRole('button', { name: 'Purge' }).click(),
  },
  {
    name: 'send',
    address: `/send${home}/orders`,
    act: (page) => page.getByLabel('Body').fill('{\n  "order": 1060,\n  "customer": "ada"\n}'),
  },
  { name: 'topics', address: '/topics' },
  { name: 'topic', address: `/topics${home}/order-events` },
  { name: 'deliveries', address: `/topics${home}/order-events/deliveries` },
  {
    name: 'publish',
    address: `/topics${home}/order-events/publish`,
    act: async (page) => {
      await page.getByLabel('Message', { exact: true }).fill('{\n  "order": 1060,\n  "kind": "placed"\n}');
      await page.getByRole('button', { name: 'Who would get it?' }).click();
    },
  },
  { name: 'events', address: '/events' },
  { name: 'clock', address: '/clock' },
  { name: 'faults', address: '/faults' },
  { name: 'snapshots', address: '/snapshots' },
  {
    name: 'clock-frozen',
    address: '/clock',
    act: (page) => page.getByRole('button', { name: 'Freeze' }).click(),
  },
];

const browser = await chromium.launch({ executablePath });
mkdirSync(folder, { recursive: true });
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of [
    ['wide', { width: 1280, height: 800 }],
    ['narrow', { width: 390, height: 844 }],
  ] as const) {
    clock.resume();
    const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', reducedMotion: 'reduce' });
    for (const { name, address, isEmpty, act } of pictures) {
      const page = await context.newPage();
      await page.goto(`${isEmpty ? empty.url : squab.url}/#${address}`);
      await settle(page);
      await act?.(page);
      await settle(page);
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
await Promise.all([squab.stop(), empty.stop()]);
console.log(`Wrote ${pictures.length * 4} pictures into ${folder}`);
