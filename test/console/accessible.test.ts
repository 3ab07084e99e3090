/** Every screen is accessible according to axe, in both themes and at both sizes. */

import { expect, it } from 'vitest';
import { fillShop } from '../../scripts/demo.ts';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';

const PLACE = '/us-east-1/000000000000';
const [wide, narrow] = looks;
const all = [
  ...looks,
  { ...wide, look: 'wide and dark', colorScheme: narrow.colorScheme },
  { ...narrow, look: 'narrow and light', colorScheme: wide.colorScheme },
] as const;

inChromium('every screen', () => {
  it.each(all)('has no violations that axe finds, $look', async ({ look: _look, ...look }) => {
    const { squab, clock, page, open, allowErrors } = await openConsole({
      look: { ...wide, ...look } as (typeof looks)[number],
    });
    // One of the screens is of a queue that does not exist, and one of a topic.
    allowErrors(/404/);
    await open('/queues');
    await page.getByRole('heading', { name: 'There are no queues yet' }).waitFor();
    await expectAccessible(page);
    const { failed } = await fillShop(squab, clock);
    for (const [address, text] of [
      ['/queues', 'payments.fifo'],
      [`/queues${PLACE}/orders`, 'in flight'],
      [`/queues${PLACE}/payments.fifo`, 'blocked'],
      [`/queues${PLACE}/payments.fifo/explain`, 'A receive now would'],
      [`/queues${PLACE}/orders/plots`, 'Traffic'],
      [`/queues${PLACE}/orders/settings`, 'Tags'],
      [`/queues${PLACE}/orders-dlq/redrive`, 'Messages per second'],
      [`/queues${PLACE}/orders-dlq/messages/${failed}`, 'System attributes'],
      [`/queues${PLACE}/nothing`, 'There is no queue nothing'],
      [`/send${PLACE}/orders`, 'Add attribute'],
      [`/send${PLACE}/payments.fifo`, 'Deduplication ID'],
      ['/topics', 'payment-events.fifo'],
      [`/topics${PLACE}/order-events`, 'warehouse@example.com'],
      [`/topics${PLACE}/order-events/deliveries`, 'Delivered to the queue search-index.'],
      [`/topics${PLACE}/order-events/publish`, 'Who would get it?'],
      [`/topics${PLACE}/order-events/settings`, 'EffectiveDeliveryPolicy'],
      [`/topics${PLACE}/payment-events.fifo`, 'No subscriptions yet'],
      [`/topics${PLACE}/payment-events.fifo/publish`, 'Message group'],
      [`/topics${PLACE}/nothing`, 'There is no topic nothing'],
      ['/events', 'What happened'],
      ['/clock', 'What happens next'],
      ['/faults', 'ThrottlingException'],
      ['/snapshots', 'black-friday'],
    ] as const) {
      await open(address);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await expectAccessible(page);
      const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(excess, `${address} is too wide`).toBeLessThanOrEqual(0);
    }
    await open('/queues');
    await page.getByRole('button', { name: 'Create queue' }).click();
    await page.getByRole('dialog', { name: 'Create a queue' }).waitFor();
    await expectAccessible(page);
  });
});
