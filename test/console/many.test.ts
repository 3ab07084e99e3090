/** The console stays quick with many queues and many messages: it shows, and asks for, a page of them. */

import { expect, it } from 'vitest';
import { inChromium, openConsole } from './page.ts';

/** The number of elements of the page, and of bytes in a response, must not depend on how much there is. */
const ELEMENTS_MAX = 3000;
const BYTES_MAX = 300_000;

inChromium('the console', () => {
  it('shows 10,000 queues and 100,000 messages page by page', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `q-${String(index).padStart(5, '0')}`);
    const messages = Array.from({ length: 100_000 }, (_, index) => `body ${index}`);
    const queues = names.map((name) => ({ name, ...(name === 'q-07777' && { messages }) }));
    const { page, open } = await openConsole({ options: { queues } });
    const sizes: Promise<number>[] = [];
    page.on('response', (response) => {
      if (!response.url().includes('/_squab/')) return;
      // A response that the page no longer wants has no body.
      sizes.push(
        response.body().then(
          ({ length }) => length,
          () => 0,
        ),
      );
    });
    const expectBounded = async () => {
      expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(ELEMENTS_MAX);
      const all = await Promise.all(sizes.splice(0));
      expect(all.length).toBeGreaterThan(0);
      expect(Math.max(...all)).toBeLessThan(BYTES_MAX);
    };
    await open();
    await page.getByText('10,000 queues').waitFor();
    await expectBounded();
    await page.getByRole('button', { name: 'Visible' }).click();
    await page.getByRole('row', { name: /q-07777 .*100,000/ }).waitFor();
    await page.getByLabel('Search queues').fill('q-0777');
    await page.getByRole('link', { name: 'q-07770', exact: true }).waitFor();
    await page.getByRole('link', { name: 'q-07777', exact: true }).click();
    await page.getByRole('link', { name: 'body 0', exact: true }).waitFor();
    await expectBounded();
    // Squab searches a part of a deep queue with each request; the page continues until it has found something.
    await page.getByLabel('Find by text or message ID').fill('body 99999');
    await page.getByRole('link', { name: 'body 99999', exact: true }).click();
    await page.getByRole('complementary', { name: 'Message' }).getByText('System attributes').waitFor();
    await expectBounded();
  }, 60_000);
});
