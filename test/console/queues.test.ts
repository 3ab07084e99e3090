/** The list of queues: finding, creating, purging and deleting them. */

import { expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { type Console, inChromium, looks, openConsole } from './page.ts';

const home = { account: '000000000000' };

/** The names of the queues in the list, in its order. */
async function names({ page }: Console): Promise<string[]> {
  const rows = page.getByRole('table', { name: 'Queues' }).getByRole('row');
  await rows.nth(1).waitFor();
  const texts = await rows.getByRole('cell').first().locator('xpath=../../..').getByRole('link').allTextContents();
  return texts.filter((text) => /^[\w.-]+$/.test(text) && !/^\d+$/.test(text));
}

async function withQueues(queues: Record<string, number>, look = looks[0] as (typeof looks)[number]): Promise<Console> {
  const made = await openConsole({ look });
  for (const [QueueName, count] of Object.entries(queues)) {
    await made.call('CreateQueue', { QueueName }, home);
    for (let sent = 0; sent < count; sent++) {
      await made.call('SendMessage', { QueueUrl: QueueName, MessageBody: String(sent) }, home);
    }
  }
  return made;
}

inChromium('the list of queues', () => {
  it.each(looks)('shows how to begin while there are none, $look', async (look) => {
    const { squab, call, page, open } = await openConsole({ look });
    await open();
    await page.getByRole('heading', { name: 'There are no queues yet' }).waitFor();
    for (const client of ['JavaScript', 'Python', 'AWS CLI']) {
      await page.getByRole('button', { name: `Copy the line for ${client}` }).click();
      expect(await page.evaluate('navigator.clipboard.readText()')).toContain(squab.url);
    }
    await call('CreateQueue', { QueueName: 'orders' }, home);
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor();
  });

  it.each(looks)('creates a queue with a dead-letter queue, $look', async (look) => {
    const { call, page, open } = await openConsole({ look });
    await open();
    await page.getByRole('button', { name: 'Create queue' }).first().click();
    const form = page.getByRole('dialog', { name: 'Create a queue' });
    await form.getByLabel('Name', { exact: true }).fill('orders');
    await form.getByLabel('FIFO queue').check();
    await form.getByLabel('Messages that keep failing go to').selectOption({ label: 'Create orders-dlq.fifo' });
    await form.getByLabel('Maximum receive count').fill('5');
    await form.getByLabel('Visibility timeout').fill('99999');
    await form.getByText('Invalid value for the parameter VisibilityTimeout.').waitFor();
    await form.getByLabel('Visibility timeout').fill('45');
    await form.getByRole('button', { name: 'Add tag' }).click();
    await form.getByLabel('Key of tag 1').fill('team');
    await form.getByLabel('Value of tag 1').fill('checkout');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await page.getByRole('heading', { name: 'orders.fifo', level: 1 }).waitFor();
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: 'orders.fifo', AttributeNames: ['All'] }, home);
    expect(Attributes).toMatchObject({
      VisibilityTimeout: '45',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:orders-dlq.fifo',
        maxReceiveCount: 5,
      }),
    });
    expect(await call('ListQueueTags', { QueueUrl: 'orders.fifo' }, home)).toEqual({ Tags: { team: 'checkout' } });
  });

  it('shows the refusal of SQS beside the field, and keeps what was typed', async () => {
    const { page, open, allowErrors } = await openConsole();
    allowErrors(/400/);
    await open();
    await page.getByRole('button', { name: 'Create queue' }).first().click();
    const form = page.getByRole('dialog', { name: 'Create a queue' });
    await form.getByLabel('Name', { exact: true }).fill('a b');
    await form.getByText('Can only include alphanumeric characters, hyphens, or underscores.').waitFor();
    await form.getByLabel('Name', { exact: true }).fill('orders');
    await form.getByLabel('Messages that keep failing go to').selectOption('existing');
    await form.getByLabel('Name of the dead-letter queue').fill('missing');
    await form.getByRole('button', { name: 'Create queue' }).click();
    await form.getByText('Dead letter target does not exist').waitFor();
    expect(await form.getByLabel('Name', { exact: true }).inputValue()).toBe('orders');
  });

  it('searches, sorts and hides', async () => {
    const made = await withQueues({ audit: 0, emails: 1, orders: 3 });
    const { page, open } = made;
    await open();
    expect(await names(made)).toEqual(['audit', 'emails', 'orders']);
    await page.getByRole('button', { name: 'Visible' }).click();
    await expect.poll(() => names(made)).toEqual(['orders', 'emails', 'audit']);
    await page.getByLabel('Hide empty queues').check();
    await expect.poll(() => names(made)).toEqual(['orders', 'emails']);
    await page.getByLabel('Search queues').fill('MAIL');
    await expect.poll(() => names(made)).toEqual(['emails']);
    // All of that is in the address.
    await page.reload();
    await expect.poll(() => names(made)).toEqual(['emails']);
    await page.getByLabel('Search queues').fill('nothing');
    await page.getByRole('button', { name: 'Show all queues' }).click();
    await expect.poll(() => names(made)).toEqual(['orders', 'emails', 'audit']);
  });

  it('offers accounts and regions where there are several', async () => {
    const made = await withQueues({ orders: 0 });
    const { call, page, open } = made;
    await call('CreateQueue', { QueueName: 'elsewhere' }, { account: '111111111111', region: 'eu-west-1' });
    await open();
    expect(await names(made)).toHaveLength(1);
    await page.getByLabel('Region').selectOption('us-east-1');
    await expect.poll(() => names(made)).toEqual(['orders']);
    await page.getByLabel('Region').selectOption('');
    await page.getByLabel('Account').selectOption('111111111111');
    await page.getByRole('link', { name: /^elsewhere/ }).click();
    await page.getByText('/ eu-west-1 / 111111111111').waitFor();
  });

  it.each(looks)('names what a purge or a deletion destroys, $look', async (look) => {
    const { call, page, open, allowErrors } = await withQueues({ orders: 3 }, look);
    // The page may ask for the queue once more before it leaves it.
    allowErrors(/404/);
    await call('ReceiveMessage', { QueueUrl: 'orders' }, home);
    await open('/queues/us-east-1/000000000000/orders');
    await page.getByRole('button', { name: 'Purge' }).click();
    const purge = page.getByRole('dialog', { name: 'Purge orders?' });
    await purge.getByText('3 messages (2 visible, 1 in flight)').waitFor();
    await purge.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Purge' }).click();
    await purge.waitFor();
    await page.keyboard.press('Escape');
    await purge.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Purge' }).click();
    await purge.getByRole('button', { name: 'Delete 3 messages' }).click();
    await page.getByText('Purged orders.').waitFor();
    await page.getByRole('heading', { name: 'The queue is empty' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const deletion = page.getByRole('dialog', { name: 'Delete orders?' });
    await deletion.getByRole('button', { name: 'Delete queue and 0 messages' }).click();
    await page.getByRole('heading', { name: 'There are no queues yet' }).waitFor();
    expect(await call('ListQueues', {}, home)).toEqual({});
  });

  it.each(looks)('keeps favourites at hand, with their counts, $look', async (look) => {
    const { call, page, open } = await withQueues({ orders: 3, emails: 0 }, look);
    await open('/queues/us-east-1/000000000000/orders');
    const star = page.getByRole('button', { name: 'Favourite: orders' });
    await star.click();
    expect(await star.getAttribute('aria-pressed')).toBe('true');
    await open('/queues?text=emails');
    const favourites = page.getByRole('navigation', { name: 'Favourites' });
    await favourites.getByRole('link', { name: 'orders 3' }).waitFor();
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'one more' }, home);
    await favourites.getByRole('link', { name: 'orders 4' }).waitFor();
    await expectAccessible(page);
    await page.reload();
    await favourites.getByRole('link', { name: 'orders 4' }).click();
    await star.click();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('link', { name: 'emails', exact: true }).waitFor();
    expect(await favourites.count()).toBe(0);
  });

  it('is a page of many queues at a time', async () => {
    const made = await openConsole();
    const { page, open } = made;
    await Promise.all(
      Array.from({ length: 10 }, async (_, part) => {
        for (let number = 0; number < 100; number++) {
          const QueueName = `q-${String(part * 100 + number).padStart(4, '0')}`;
          await made.call('CreateQueue', { QueueName }, home);
        }
      }),
    );
    await made.call('SendMessage', { QueueUrl: 'q-0777', MessageBody: 'one' }, home);
    await open();
    await page.getByText('1,000 queues').waitFor();
    expect((await names(made)).slice(0, 2)).toEqual(['q-0000', 'q-0001']);
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(async () => (await names(made))[0]).toBe('q-0050');
    await page.getByText('Page 2 of 20').waitFor();
    await page.getByRole('button', { name: 'Visible' }).click();
    await expect.poll(async () => (await names(made))[0]).toBe('q-0777');
    // Counts are fresher than the list, which is not answered any more.
    await page.route(/\/_squab\/queues\?/, () => {});
    await made.call('SendMessage', { QueueUrl: 'q-0777', MessageBody: 'two' }, home);
    await page.getByRole('link', { name: '2', exact: true }).waitFor();
  });
});
