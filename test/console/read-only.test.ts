/** `--read-only-console`: the page offers nothing that changes something, and sends no such request. */

import { expect, it } from 'vitest';
import { fillShop } from '../../scripts/demo.ts';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';

const PLACE = '/us-east-1/000000000000';
/** Words for changes. A page that is only looked at has no button with one of them. */
const CHANGES = new RegExp(
  'purge|delete|send|edit|replay|move|make|create|add|start|take|restore|drop|freeze|advance|set|cancel|' +
    'publish|subscribe|confirm|deliver',
  'i',
);

inChromium('a read-only console', () => {
  it.each(looks)('shows every screen without a way to change anything, $look', async (look) => {
    const { squab, clock, page, open } = await openConsole({ look, options: { readOnlyConsole: true } });
    const { failed } = await fillShop(squab, clock);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
    for (const [address, text] of [
      ['/queues', 'payments.fifo'],
      [`/queues${PLACE}/orders`, 'in flight'],
      [`/queues${PLACE}/orders/explain`, 'A receive now would'],
      [`/queues${PLACE}/orders/plots`, 'Traffic'],
      [`/queues${PLACE}/orders/settings`, 'Tags'],
      [`/queues${PLACE}/orders-dlq/redrive`, 'Squab'],
      [`/queues${PLACE}/orders-dlq/messages/${failed}`, 'System attributes'],
      [`/send${PLACE}/orders`, 'This page is read-only'],
      ['/send', 'This page is read-only'],
      ['/topics', 'payment-events.fifo'],
      [`/topics${PLACE}/order-events`, 'warehouse@example.com'],
      [`/topics${PLACE}/order-events/deliveries`, 'Delivered to the queue search-index.'],
      [`/topics${PLACE}/order-events/settings`, 'EffectiveDeliveryPolicy'],
      ['/events', 'What happened'],
      ['/clock', 'What happens next'],
      ['/faults', 'ThrottlingException'],
      ['/snapshots', 'black-friday'],
    ] as const) {
      await open(address);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await page.getByText('read-only', { exact: true }).waitFor();
      const names = await page.getByRole('main').getByRole('button').allInnerTexts();
      const labels = await page
        .getByRole('main')
        .getByRole('button')
        .evaluateAll((all: { getAttribute(name: string): string | null }[]) =>
          all.map((one) => one.getAttribute('aria-label') ?? ''),
        );
      const filters = await page.getByRole('group', { name: 'Kinds of events' }).getByRole('button').allInnerTexts();
      const offered = [...names, ...labels].filter((name) => CHANGES.test(name) && !filters.includes(name));
      expect(offered, address).toEqual([]);
      expect(await page.getByRole('main').getByRole('link', { name: /^send/i }).count(), address).toBe(0);
      await expectAccessible(page);
    }
    expect(await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Send' }).count()).toBe(0);
    // Counts are asked for, and redrives listed, by POST.
    expect(requests.filter((request) => !/^(GET .*|POST \/_squab\/counts|POST \/)$/.test(request))).toEqual([]);
    expect((await squab.control.queues.list()).queues).toHaveLength(9);
  });
});
