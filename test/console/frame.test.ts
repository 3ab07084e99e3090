/** The frame around the console's screens. */

import { expect, it } from 'vitest';
import { inChromium, looks, openConsole } from './page.ts';

inChromium('the console', () => {
  it.each(looks)('shows the queues, $look', async (look) => {
    const { call, page, open } = await openConsole({ look });
    await call('CreateQueue', { QueueName: 'orders' }, { account: '000000000000' });
    await open('');
    await page.getByRole('link', { name: 'orders' }).waitFor();
    expect(await page.title()).toBe('Queues · Squab');
  });
});
