/** Writes screenshots of screens into the folder that SQUAB_SCREENSHOTS names, for whoever wants to look at them. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Look } from './page.ts';

const folder = process.env.SQUAB_SCREENSHOTS;

/** Writes `clock-wide-and-light.png`. Without a folder, does nothing. */
export async function screenshot(page: Page, name: string, { look }: Pick<Look, 'look'>): Promise<void> {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}-${look.replaceAll(' ', '-')}.png`) });
}
