/**
 * A user's first quarter of an hour with SQS, by keyboard alone: create a queue with a dead-letter queue, send a
 * message, find out why a consumer did not process it, and give it another chance.
 */

import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { inChromium, looks, openConsole } from './page.ts';

const TABS_MAX = 80;

/** Moves the focus with the Tab key until the element has it. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let count = 0; count < TABS_MAX; count++) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  expect.fail(`${target} is not reached in ${TABS_MAX} presses of Tab`);
}

inChromium('the first quarter of an hour', () => {
  it.each(looks)('leads from an empty page to a message that is redriven, $look', async (look) => {
    const { squab, clock, page, open } = await openConsole({ look });
    const press = async (target: Locator) => {
      await tabTo(page, target);
      await page.keyboard.press('Enter');
    };
    await open('');
    await press(page.getByRole('button', { name: 'Create queue' }).first());
    const form = page.getByRole('dialog', { name: 'Create a queue' });
    await form.waitFor();
    await page.keyboard.type('orders');
    await tabTo(page, form.getByLabel('Messages that keep failing go to'));
    await page.keyboard.type('Create orders');
    await tabTo(page, form.getByLabel('Maximum receive count'));
    expect(await form.getByLabel('Maximum receive count').inputValue()).toBe('3');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();

    await press(page.getByRole('link', { name: 'Send message' }).first());
    await tabTo(page, page.getByLabel('Body'));
    await page.keyboard.type('order 7');
    await press(page.getByRole('button', { name: 'Send message' }));
    await page.getByRole('region', { name: 'Response' }).getByText('Message ID').waitFor();

    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const sdk = new SQSClient({ endpoint: squab.url, region: 'us-east-1', credentials });
    const QueueUrl = `${squab.url}/000000000000/orders`;
    const receive = async () => (await sdk.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? [];
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await receive()).toMatchObject([{ Body: 'order 7' }]);
      await clock.advance(31_000);
    }
    expect(await receive()).toEqual([]);

    await press(page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Queues' }));
    await press(page.getByRole('link', { name: 'orders-dlq', exact: true }).first());
    await press(page.getByRole('table', { name: 'Messages' }).getByRole('link', { name: 'order 7' }));
    const panel = page.getByRole('complementary', { name: 'Message' });
    await panel.getByText('Sent to orders.').waitFor();
    for (const time of ['1st', '2nd', '3rd']) await panel.getByText(`Received for the ${time} time`).waitFor();
    await panel.getByRole('listitem').filter({ hasText: 'orders-dlq' }).first().waitFor();

    await press(page.getByRole('link', { name: 'Redrive' }));
    await press(page.getByRole('button', { name: 'Start redrive' }));
    await page.getByText('completed').waitFor();
    await press(page.getByRole('link', { name: 'orders', exact: true }).first());
    await page.getByRole('table', { name: 'Messages' }).getByRole('link', { name: 'order 7' }).waitFor();
    expect(await receive()).toMatchObject([{ Body: 'order 7' }]);
    sdk.destroy();
  });
});
