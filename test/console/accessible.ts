/** Checks the accessibility of what a page shows, with axe. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Results {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** Fails if axe finds something that keeps people from using the page: labels, contrast, roles. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(source);
  // What is still moving has not reached its colors yet.
  await page.evaluate('Promise.allSettled(document.getAnimations().map((animation) => animation.finished))');
  const { violations } = (await page.evaluate('axe.run(document)')) as Results;
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );
  expect(found).toEqual([]);
}
