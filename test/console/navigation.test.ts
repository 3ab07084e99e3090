/** Addresses of the console: back and forward, bookmarks, and links to things that are gone. */

import { expect, it } from 'vitest';
import { inChromium, looks, openConsole } from './page.ts';

const home = { account: '000000000000' };
const ORDERS = '/queues/us-east-1/000000000000/orders';

async function withOrder(look: (typeof looks)[number] = looks[0], options = {}) {
  const made = await openConsole({ look, options });
  const call = (operation: string, input: Record<string, unknown> = {}) =>
    made.call(operation, { QueueUrl: 'orders', ...input }, home);
  await made.call('CreateQueue', { QueueName: 'orders' }, home);
  const { MessageId } = await call('SendMessage', { MessageBody: 'order 7' });
  const remove = async () => {
    const { Messages } = await call('ReceiveMessage');
    await call('DeleteMessage', { ReceiptHandle: Messages[0].ReceiptHandle });
  };
  return { ...made, call, id: MessageId as string, remove };
}

inChromium('addresses', () => {
  it.each(looks)('lead back and forward through queues, tabs, messages and filters, $look', async (look) => {
    const { page, open, id } = await withOrder(look);
    const panel = page.getByRole('complementary', { name: 'Message' });
    await open();
    await page.getByRole('link', { name: 'orders', exact: true }).click();
    await page.getByRole('link', { name: 'order 7' }).click();
    await panel.getByText('System attributes').waitFor();
    await page.getByRole('link', { name: 'Explain' }).click();
    const explained = page.getByRole('heading', { name: 'A receive now would return a message' });
    await explained.waitFor();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Clock' }).click();
    await page.getByRole('heading', { name: 'Clock', level: 1 }).waitFor();

    await page.goBack();
    await explained.waitFor();
    expect(await page.title()).toBe('orders · Squab');
    await page.goBack();
    await panel.getByText('System attributes').waitFor();
    expect(page.url()).toContain(id);
    await page.goBack();
    await panel.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'order 7' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Queues', level: 1 }).waitFor();
    expect(await page.title()).toBe('Queues · Squab');
    for (let step = 0; step < 2; step++) await page.goForward();
    await panel.getByText('System attributes').waitFor();
    for (let step = 0; step < 2; step++) await page.goForward();
    await page.getByRole('heading', { name: 'Clock', level: 1 }).waitFor();
  });

  it('keep the filters of a list, which a bookmark has too', async () => {
    const { page, open, call } = await withOrder();
    await call('SendMessage', { MessageBody: 'later', DelaySeconds: 60 });
    await open(ORDERS);
    await page.getByRole('button', { name: 'Delayed' }).click();
    await page.getByRole('link', { name: 'order 7' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'later' }).click();
    await page.getByRole('complementary', { name: 'Message' }).waitFor();
    await page.goBack();
    expect(await page.getByRole('button', { name: 'Delayed' }).getAttribute('aria-pressed')).toBe('true');
    await page.reload();
    await page.getByRole('link', { name: 'later' }).waitFor();
    expect(await page.getByRole('link', { name: 'order 7' }).count()).toBe(0);
    // Choosing a filter is no step: one step back leaves the queue.
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByRole('link', { name: 'order 7' }).waitFor();
  });

  it.each(looks)('of a message that was deleted show its history and content, $look', async (look) => {
    const { page, open, id, remove } = await withOrder(look);
    await remove();
    await open(`${ORDERS}/messages/${id}`);
    const panel = page.getByRole('complementary', { name: 'Message' });
    await panel.getByText('This message no longer exists.').waitFor();
    await panel.getByText('Deleted from orders.').waitFor();
    await panel.getByText('order 7').waitFor();
    expect(await panel.getByRole('button', { name: 'Delete' }).count()).toBe(0);
    await panel.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('Sent the message again.').waitFor();
  });

  it('of a message that is deleted while it is open say so at once', async () => {
    const { page, open, id, remove } = await withOrder();
    await open(`${ORDERS}/messages/${id}`);
    const panel = page.getByRole('complementary', { name: 'Message' });
    await panel.getByText('System attributes').waitFor();
    await remove();
    await panel.getByText('This message no longer exists.').waitFor();
    await panel.getByText('Deleted from orders.').waitFor();
  });

  it('of a message that Squab does not know say so, and lead on', async () => {
    const { page, open, id, remove, allowErrors } = await withOrder(looks[0], { journal: 0 });
    allowErrors(/404/);
    await remove();
    await open(`${ORDERS}/messages/${id}`);
    const panel = page.getByRole('complementary', { name: 'Message' });
    await panel.getByRole('alert').getByText(id).waitFor();
    await panel.getByRole('button', { name: 'Close the message' }).click();
    await page.getByRole('heading', { name: 'The queue is empty' }).waitFor();
  });

  it('of a queue that was deleted say so', async () => {
    const { page, open, call, allowErrors } = await withOrder();
    allowErrors(/404/);
    await open(ORDERS);
    await page.getByRole('link', { name: 'order 7' }).waitFor();
    await call('DeleteQueue');
    await page.getByRole('alert').getByText('There is no queue orders anymore.').waitFor();
    await page.getByRole('link', { name: 'order 7' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'There is no queue orders' }).waitFor();
  });
});
