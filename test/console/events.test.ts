/** The screen Events. */

import { expect, it } from 'vitest';
import { start } from '../../src/index.ts';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';
import { screenshot } from './screenshot.ts';

inChromium('the screen Events', () => {
  it.each(looks)('shows events as they happen, and leads to their messages, $look', async (look) => {
    const { call, page, open } = await openConsole({ look });
    await open('/events');
    await page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
    await expectAccessible(page);
    await call('CreateQueue', { QueueName: 'orders' });
    const { MessageId } = await call('SendMessage', {
      QueueUrl: 'orders',
      MessageBody: '<img src=x onerror=alert(1)>',
    });
    await call('ReceiveMessage', { QueueUrl: 'orders' });
    const rows = page.getByRole('table', { name: 'Events' }).getByRole('row');
    await rows.filter({ hasText: 'Received for the 1st time' }).waitFor();
    await rows.filter({ hasText: '<img src=x onerror=alert(1)>' }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(await rows.nth(1).innerText()).toContain('Received for the 1st time');
    await expectAccessible(page);
    await screenshot(page, 'events', look);
    await page.getByRole('link', { name: 'Sent to orders.' }).click();
    await page.waitForURL(`**/#/queues/us-east-1/000000000000/orders/messages/${MessageId}`);
  });

  it('starts with what has happened lately', async () => {
    const { call, page, open } = await openConsole();
    for (const QueueName of ['a', 'b']) await call('CreateQueue', { QueueName });
    await open('/events');
    await page.getByText('The queue b was created.').waitFor();
    await page.getByText('The queue a was created.').waitFor();
  });

  it('filters by queue, message and kind, which are part of the address', async () => {
    const { call, page, open } = await openConsole();
    for (const QueueName of ['a', 'b']) await call('CreateQueue', { QueueName });
    const { MessageId } = await call('SendMessage', { QueueUrl: 'a', MessageBody: 'x' });
    await call('SendMessage', { QueueUrl: 'b', MessageBody: 'y' });
    await open('/events');
    const texts = async () => (await page.locator('.event-text > a').allInnerTexts()).map((text) => text.trim());
    await page.getByText('Sent to b.').waitFor();
    await page.getByLabel('Only events of this queue').fill('a');
    await page.getByLabel('Only events of this queue').blur();
    await page.getByText('Sent to b.').waitFor({ state: 'detached' });
    await page.getByText('Sent to a.').waitFor();
    await page.getByRole('button', { name: 'received', exact: true }).click();
    await page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
    await call('ReceiveMessage', { QueueUrl: 'a' });
    await page.getByText('Received for the 1st time').waitFor();
    expect(await texts()).toHaveLength(1);
    await page.getByRole('button', { name: 'all', exact: true }).click();
    await page.getByText('Sent to a.').waitFor();
    await open(`/events?message=${MessageId}`);
    await page.getByText('Sent to a.').waitFor();
    expect(await page.getByLabel('Only events of this message').inputValue()).toBe(MessageId);
    await page.getByText('The queue a was created.').waitFor({ state: 'detached' });
  });

  it('holds new events back while paused, or while the reader has scrolled down', async () => {
    const { call, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' });
    const send = (MessageBody: string) => call('SendMessage', { QueueUrl: 'orders', MessageBody });
    for (let index = 0; index < 40; index++) await send(`past ${index}`);
    await open('/events');
    await page.getByText('past 39').waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await send('while paused');
    await page.getByRole('button', { name: '1 new event' }).waitFor();
    expect(await page.getByText('while paused').count()).toBe(0);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('while paused').waitFor();

    await page.getByText('past 5', { exact: true }).scrollIntoViewIfNeeded();
    const place = await page.getByText('past 5', { exact: true }).boundingBox();
    await send('while reading');
    await page.getByRole('button', { name: '1 new event' }).waitFor();
    expect(await page.getByText('past 5', { exact: true }).boundingBox()).toEqual(place);
    await page.getByRole('button', { name: '1 new event' }).click();
    await page.getByText('while reading').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
  });

  it('keeps up with many events, of which it shows some and counts the others', async () => {
    const { call, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' });
    await open('/events');
    await page.getByText('The queue orders was created.').waitFor();
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: 'x' }));
    await Promise.all(Array.from({ length: 40 }, () => call('SendMessageBatch', { QueueUrl: 'orders', Entries })));
    await page
      .getByText(/^[\d,]+ more events in this moment/)
      .first()
      .waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(502);
  });

  it('asks nothing while updates are paused in the header, and continues afterwards', async () => {
    const { squab, call, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' });
    await open('/events');
    await page.getByText('The queue orders was created.').waitFor();
    const created = squab.control.events.lastId;
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'in between' });
    const resumed = page.waitForRequest((request) => request.url().includes('/_squab/events?'));
    await page.getByRole('button', { name: 'Paused' }).click();
    expect((await resumed).url()).toContain(`lastEventId=${created}`);
    await page.getByText('in between').waitFor();
    expect(await page.getByText('The queue orders was created.').count()).toBe(1);
  });

  it('asks nothing while the page is hidden', async () => {
    const { squab, call, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' });
    await open('/events');
    await page.getByText('The queue orders was created.').waitFor();
    const created = squab.control.events.lastId;
    const hide = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
        document.dispatchEvent(new Event('visibilitychange'));`);
    await hide(true);
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'meanwhile' });
    const asked = page.waitForRequest((request) => request.url().includes('/_squab/events?'));
    await hide(false);
    expect((await asked).url()).toContain(`lastEventId=${created}`);
    await page.getByText('meanwhile').waitFor();
  });

  it('continues after Squab has stopped and is back', async () => {
    const { squab, page, open, allowErrors } = await openConsole();
    allowErrors(/ERR_/);
    await open('/events');
    await page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
    await squab.stop();
    await page.getByRole('alert').getByText('Squab does not answer.').waitFor();
    const again = await start({ port: squab.port, queues: [{ name: 'new' }] });
    try {
      await page.getByText('The queue new was created.').waitFor();
      await page.getByRole('alert').waitFor({ state: 'detached' });
    } finally {
      await again.stop();
    }
  });
});
