/** The plots of a queue. */

import { expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';
import { screenshot } from './screenshot.ts';

inChromium('the plots of a queue', () => {
  it.each(looks)('show its depth by state, its traffic and the age of its oldest message, $look', async (look) => {
    const { call, clock, page, open } = await openConsole({ look });
    await call('CreateQueue', { QueueName: 'orders' });
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'one' });
    await clock.advance(90_000);
    await open('/queues/us-east-1/000000000000/orders/plots');
    const plot = (title: string) => page.getByRole('img', { name: new RegExp(`^${title} over the last 15 minutes`) });
    const says = (title: string, text: string) =>
      page.getByRole('img', { name: new RegExp(`^${title} over the last 15 minutes\\. .*${text}`) }).waitFor();
    await says('Messages', 'Visible: 1, In flight: 0, Delayed: 0');
    await page.getByText(/^Collecting since \d\d:\d\d:\d\d, when this page first saw the queue\./).waitFor();
    await says('Age of the oldest message', 'Oldest message: 1 min 30 s');
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'late', DelaySeconds: 60 });
    await call('ReceiveMessage', { QueueUrl: 'orders' });
    await says('Messages', 'Visible: 0, In flight: 1, Delayed: 1');
    await says('Traffic', 'In: [\\d.]+/s, Received: [\\d.]+/s, Out: 0/s');
    await says('Traffic', 'In: 0/s, Received: 0/s, Out: 0/s');
    expect(await plot('Traffic').locator('canvas').count()).toBe(1);
    const [width, page_] = [(await plot('Messages').boundingBox())!.width, page.viewportSize()!.width];
    expect(width).toBeLessThan(page_);
    await expectAccessible(page);
    await screenshot(page, 'plots', look);
  });

  it('keep what the page has seen while another screen is open', async () => {
    const { call, page, open } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' });
    await open('/queues');
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Faults' }).click();
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'x' });
    await open('/queues/us-east-1/000000000000/orders/plots');
    // A rate needs two samples: the first is from before.
    await page.getByRole('img', { name: /^Traffic over .* In: 0\.\d\/s|^Traffic over .* In: [1-9]/ }).waitFor();
  });
});
