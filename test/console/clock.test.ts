/** The screen Clock. */

import { expect, it } from 'vitest';
import { control } from '../control/client.ts';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';
import { screenshot } from './screenshot.ts';

inChromium('the screen Clock', () => {
  it.each(looks)('freezes, moves and resumes the clock, $look', async (look) => {
    const { squab, page, open, clock } = await openConsole({ look });
    clock.resume();
    await open('/clock');
    await page.getByRole('button', { name: 'Freeze' }).click();
    await page.getByRole('link', { name: 'Clock frozen' }).waitFor();
    const { post, get } = control(squab.url);
    for (const [step, ms] of [
      ['30 s', 30_000],
      ['5 min', 300_000],
      ['1 h', 3_600_000],
      ['12 h', 43_200_000],
      ['14 d', 1_209_600_000],
    ] as const) {
      const from = (await get('/clock')).millis;
      await page.getByRole('button', { name: step, exact: true }).click();
      await page.getByText(`Moved the clock forward by ${step}.`).waitFor();
      expect((await get('/clock')).millis - from).toBe(ms);
    }
    await expectAccessible(page);
    await screenshot(page, 'clock', look);
    await page.getByLabel('Another duration').fill('1h 30m');
    await page.getByRole('button', { name: 'Advance', exact: true }).click();
    await page.getByText('Moved the clock forward by 1h 30m.').waitFor();
    await page.getByLabel('Set to').fill('2026-01-01T00:00:00');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('2026-01-01T00:00:00Z').waitFor();
    expect((await get('/clock')).millis).toBe(Date.UTC(2026, 0, 1));
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Freeze' }).waitFor();
    await post('/clock/set', { to: new Date(Date.now() + 86_400_000).toISOString() });
    await page.getByRole('link', { name: /^Clock .* ahead$/ }).waitFor();
    await page.getByRole('button', { name: "Back to this machine's time" }).click();
    await page.getByText("as this machine's clock", { exact: true }).waitFor();
    await page.getByRole('link', { name: /^Clock / }).waitFor({ state: 'detached' });
  });

  it('keeps a duration that is refused, and says why beside it', async () => {
    const { page, open, allowErrors } = await openConsole();
    allowErrors(/400/);
    await open('/clock');
    const field = page.getByLabel('Another duration');
    await field.fill('5 parsecs');
    await field.press('Enter');
    await page.getByText('"5 parsecs" is not a valid duration.').waitFor();
    expect(await field.inputValue()).toBe('5 parsecs');
    expect(await field.getAttribute('aria-invalid')).toBe('true');
  });

  it('shows what happens next, and moves the clock there', async () => {
    const { call, squab, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' });
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'late', DelaySeconds: 90 });
    await open('/clock');
    const table = page.getByRole('table', { name: 'What happens next' });
    await table.getByText('in 1 min 30 s').waitFor();
    await page.getByRole('button', { name: 'Go there: A delayed message becomes visible, orders' }).click();
    await table.getByText('A delayed message becomes visible').waitFor({ state: 'detached' });
    expect(await control(squab.url).get('/queues/orders')).toMatchObject({ messages: { visible: 1, delayed: 0 } });
    await page.getByRole('link', { name: 'The oldest message expires' }).click();
    await page.waitForURL(/#\/queues\/us-east-1\/000000000000\/orders\/messages\/[0-9a-f-]+$/);
  });

  it('says that nothing is due where there are no messages', async () => {
    const { page, open } = await openConsole();
    await open('/clock');
    await page.getByRole('heading', { name: 'Nothing is due' }).waitFor();
    await expectAccessible(page);
  });
});
