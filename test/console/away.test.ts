/** What is typed into a form is kept while Squab is away, while its user looks something up, and if SQS refuses it. */

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { inChromium, looks, openConsole } from './page.ts';
import { openProxy } from './proxy.ts';

const home = { account: '000000000000' };
const ORDERS = '/queues/us-east-1/000000000000/orders';

const AWAY = 'Squab does not answer. Is it still running?';

/** A page that can lose its Squab, with a queue `orders`. */
async function besideProxy(look: (typeof looks)[number] = looks[0]) {
  const made = await openConsole({ look });
  made.allowErrors(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
  await made.call('CreateQueue', { QueueName: 'orders' }, home);
  const proxy = await openProxy(made.squab.port);
  const open = async (address: string) => {
    await made.page.goto(`http://127.0.0.1:${proxy.port}/#${address}`);
  };
  const banner = made.page.getByRole('alert').filter({ hasText: 'The page shows what it last knew' });
  const leave = async () => {
    await proxy.close();
    await banner.waitFor();
  };
  const comeBack = async () => {
    await proxy.open();
    await banner.waitFor({ state: 'detached' });
  };
  return { ...made, open, proxy, leave, comeBack };
}

const typedIn = (page: Page, label: string) => page.getByLabel(label, { exact: true }).inputValue();

inChromium('what is typed', () => {
  it.each(looks)('is still there when Squab returns, in the form that sends, $look', async (look) => {
    const { page, call, open, leave, comeBack, proxy } = await besideProxy(look);
    await open(`/send${ORDERS.slice('/queues'.length)}`);
    await page.getByLabel('Body').fill('while it is here');
    await leave();
    await page.getByLabel('Body').fill('while it is away');
    await page.getByLabel('Delay').fill('5');
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByRole('alert').getByText(AWAY).waitFor();
    await comeBack();
    expect(await page.getByLabel('Body').inputValue()).toBe('while it is away');
    expect(await page.getByLabel('Delay').inputValue()).toBe('5');
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByRole('region', { name: 'Response' }).getByText('Message ID').waitFor();
    const { Attributes } = await call(
      'GetQueueAttributes',
      { QueueUrl: 'orders', AttributeNames: ['ApproximateNumberOfMessagesDelayed'] },
      home,
    );
    expect(Attributes).toEqual({ ApproximateNumberOfMessagesDelayed: '1' });
    await proxy.close();
  });

  it('is still there when Squab returns, in the form for a queue', async () => {
    const { page, open, leave, comeBack, proxy } = await besideProxy();
    await open('/queues');
    await page.getByRole('button', { name: 'Create queue' }).click();
    const form = page.getByRole('dialog', { name: 'Create a queue' });
    await form.getByLabel('Name', { exact: true }).fill('refunds');
    await leave();
    await form.getByLabel('Visibility timeout').fill('77');
    await form.getByRole('button', { name: 'Add tag' }).click();
    await form.getByLabel('Key of tag 1').fill('team');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await form.getByText(AWAY).waitFor();
    await comeBack();
    expect(await typedIn(page, 'Name')).toBe('refunds');
    expect(await typedIn(page, 'Visibility timeout')).toBe('77');
    expect(await typedIn(page, 'Key of tag 1')).toBe('team');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await page.getByRole('heading', { name: 'refunds', level: 1 }).waitFor();
    await proxy.close();
  });

  it('is still there when Squab returns, in the forms for attributes, faults and snapshots', async () => {
    const { squab, page, open, leave, comeBack, proxy } = await besideProxy();
    await open(`${ORDERS}/settings`);
    await page.getByRole('button', { name: 'Edit attributes and tags' }).click();
    await page.getByLabel('Visibility timeout').fill('78');
    await leave();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(AWAY).waitFor();
    await comeBack();
    expect(await typedIn(page, 'Visibility timeout')).toBe('78');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Changed orders.').waitFor();

    await open('/faults');
    await page.getByRole('button', { name: 'Add rule' }).click();
    const form = page.getByRole('dialog', { name: 'Add a fault rule' });
    await form.getByLabel('Error code').fill('OverLimit');
    await leave();
    await form.getByRole('button', { name: 'Add rule' }).click();
    await page.getByText(AWAY).first().waitFor();
    await comeBack();
    expect(await typedIn(page, 'Error code')).toBe('OverLimit');
    await form.getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('table').getByText('Fails with OverLimit').waitFor();

    await open('/snapshots');
    await page.getByLabel('New snapshot').fill('fixture');
    await leave();
    await page.getByRole('button', { name: 'Take snapshot' }).click();
    await page.getByText(AWAY).first().waitFor();
    await comeBack();
    expect(await typedIn(page, 'New snapshot')).toBe('fixture');
    await page.getByRole('button', { name: 'Take snapshot' }).click();
    await page.getByText('Took the snapshot fixture').waitFor();
    expect(squab.control.snapshots.list()).toMatchObject([{ name: 'fixture' }]);
    await proxy.close();
  });

  it('is kept while its user looks something up on another screen', async () => {
    const { page, open, call } = await openConsole();
    for (const QueueName of ['orders', 'q.fifo']) {
      await call(
        'CreateQueue',
        { QueueName, ...(QueueName === 'q.fifo' && { Attributes: { FifoQueue: 'true' } }) },
        home,
      );
    }
    const screens = page.getByRole('navigation', { name: 'Screens' });
    await open(`/send${ORDERS.slice('/queues'.length)}`);
    await page.getByLabel('Body').fill('half a thought');
    await page.getByLabel('Delay').fill('7');
    await screens.getByRole('link', { name: 'Clock' }).click();
    await page.goBack();
    expect(await page.getByLabel('Body').inputValue()).toBe('half a thought');
    expect(await page.getByLabel('Delay').inputValue()).toBe('7');
    // Another queue gets it too, without what such a queue does not have.
    await page.getByLabel('Queue', { exact: true }).fill('q.fifo');
    await page.getByRole('button', { name: 'Choose' }).click();
    await page.getByLabel('Deduplication ID').fill('d');
    await page.getByLabel('Message group ID').fill('g');
    expect(await page.getByLabel('Body').inputValue()).toBe('half a thought');
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByRole('region', { name: 'Response' }).getByText('Sequence number').waitFor();

    await open(`${ORDERS}/settings`);
    await page.getByRole('button', { name: 'Edit attributes and tags' }).click();
    await page.getByLabel('Visibility timeout').fill('79');
    await page.getByRole('link', { name: 'Explain' }).click();
    await page.getByRole('heading', { name: 'A receive now would come back empty' }).waitFor();
    await page.getByRole('link', { name: 'Attributes and tags' }).click();
    expect(await typedIn(page, 'Visibility timeout')).toBe('79');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Edit attributes and tags' }).click();
    expect(await typedIn(page, 'Visibility timeout')).toBe('30');
  });

  it('is kept if a dialog is closed by mistake, and forgotten if it is cancelled', async () => {
    const { page, open } = await openConsole();
    const reopened = async (address: string, button: string, label: string) => {
      await open(address);
      await page.getByRole('button', { name: button }).first().click();
      const field = page.getByRole('dialog').getByLabel(label, { exact: true });
      await field.fill('AccessDenied');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: button }).first().click();
      expect(await field.inputValue()).toBe('AccessDenied');
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click();
      await page.getByRole('button', { name: button }).first().click();
      expect(await field.inputValue()).not.toBe('AccessDenied');
    };
    await reopened('/queues', 'Create queue', 'Name');
    await page.keyboard.press('Escape');
    await reopened('/faults', 'Add rule', 'Error code');
  });
});
