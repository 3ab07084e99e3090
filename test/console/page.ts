/**
 * The console in Chromium, for tests. Every test gets a Squab with a frozen clock and a page of its own. A test fails if
 * the page violates its content security policy, logs an error or throws one.
 */

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { type Client, type Setup, type SetupOptions, setup } from '../helpers.ts';

const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => place && existsSync(place));

/** The two sizes and the two themes in which each screen is shown to work. */
export const looks = [
  { look: 'wide and light', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { look: 'narrow and dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
] as const;

export type Look = (typeof looks)[number];

export interface Console extends Setup {
  page: Page;
  call: Client['call'];
  /** Opens a screen by its address: `/queues`. */
  open(address?: string): Promise<void>;
  /** Texts of errors of the page that the test expects; all others fail it. */
  allowErrors(pattern: RegExp): void;
}

let browser: Browser | undefined;
const contexts: BrowserContext[] = [];
const problems: string[] = [];
let allowed: RegExp[] = [];

/** Declares tests of the console, which are skipped if no Chromium is found. */
export function inChromium(title: string, tests: () => void): void {
  const lacking = executablePath ? '' : ' (skipped: no Chromium)';
  describe.skipIf(lacking)(`${title}, in Chromium${lacking}`, () => {
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: executablePath! });
    });
    afterAll(() => browser?.close());
    afterEach(async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
      const unexpected = problems.splice(0).filter((problem) => !allowed.some((pattern) => pattern.test(problem)));
      allowed = [];
      expect(unexpected).toEqual([]);
    });
    tests();
  });
}

/** Starts a Squab and a page, which shows the list of queues unless the test opens another screen. */
export async function openConsole({
  look = looks[0],
  options = {},
}: {
  look?: Look;
  options?: SetupOptions;
} = {}): Promise<Console> {
  const started = await setup(options);
  const { viewport, colorScheme } = look;
  const context = await browser!.newContext({ viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC' });
  contexts.push(context);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  return {
    ...started,
    page,
    call: started.client('JSON').call,
    async open(address = '/queues') {
      await page.goto(`${started.squab.url}/#${address}`);
    },
    allowErrors(pattern) {
      allowed.push(pattern);
    },
  };
}
