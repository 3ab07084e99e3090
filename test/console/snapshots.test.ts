/** The screen Snapshots. */

import { expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';
import { screenshot } from './screenshot.ts';

inChromium('the screen Snapshots', () => {
  it.each(looks)('takes, restores and drops a snapshot, $look', async (look) => {
    const { call, squab, page, open } = await openConsole({ look });
    await call('CreateQueue', { QueueName: 'orders' });
    await call('SendMessage', { QueueUrl: 'orders', MessageBody: 'kept' });
    await open('/snapshots');
    await page.getByRole('heading', { name: 'No snapshots yet' }).waitFor();
    await expectAccessible(page);
    await page.getByLabel('New snapshot').fill('fixture');
    await page.getByRole('button', { name: 'Take snapshot' }).click();
    await page.getByText('Took the snapshot fixture: 1 queue and 1 message.').waitFor();
    await call('CreateQueue', { QueueName: 'later' });
    await call('PurgeQueue', { QueueUrl: 'orders' });

    await page.getByRole('button', { name: 'Restore fixture' }).click();
    const question = page.getByRole('dialog', { name: 'Restore the snapshot fixture?' });
    await question.getByText('The 2 queues that exist now, with all their messages, are replaced').waitFor();
    await expectAccessible(page);
    await screenshot(page, 'restore', look);
    await question.getByRole('button', { name: 'Cancel' }).click();
    expect((await squab.control.queues.list()).total).toBe(2);
    await page.getByRole('button', { name: 'Restore fixture' }).click();
    await question.getByRole('button', { name: 'Replace everything' }).click();
    await page.getByText('Restored 1 queue and 1 message of fixture.').waitFor();
    expect(await squab.control.queues.list()).toMatchObject({
      queues: [{ name: 'orders', messages: { visible: 1 } }],
      total: 1,
    });
    await screenshot(page, 'snapshots', look);

    await page.getByRole('button', { name: 'Drop fixture' }).click();
    const drop = page.getByRole('dialog', { name: 'Drop the snapshot fixture?' });
    await drop.getByText('It holds 1 queue and 1 message.').waitFor();
    await drop.getByRole('button', { name: 'Drop snapshot' }).click();
    await page.getByRole('heading', { name: 'No snapshots yet' }).waitFor();
    expect(squab.control.snapshots.list()).toEqual([]);
  });

  it('sets the clock only if asked', async () => {
    const { clock, squab, page, open } = await openConsole();
    await squab.control.snapshots.take('fixture');
    const takenAt = clock.now();
    await clock.advance(60_000);
    await open('/snapshots');
    const restore = async (withClock: boolean) => {
      await page.getByRole('button', { name: 'Restore fixture' }).click();
      await page.getByLabel('Also set the clock to the time of the snapshot').setChecked(withClock);
      await page.getByRole('button', { name: 'Replace everything' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      return clock.now() - takenAt;
    };
    expect(await restore(false)).toBe(60_000);
    expect(await restore(true)).toBe(0);
  });

  it('asks before it replaces a snapshot of the same name, and refuses to take one without a name', async () => {
    const { squab, page, open } = await openConsole();
    await squab.control.snapshots.take('fixture');
    await open('/snapshots');
    await page.getByRole('button', { name: 'Take snapshot' }).click();
    await page.getByText('Enter a name for the snapshot.').waitFor();
    await page.getByLabel('New snapshot').fill('fixture');
    await page.getByRole('button', { name: 'Take snapshot' }).click();
    const question = page.getByRole('dialog', { name: 'Replace the snapshot fixture?' });
    await question.getByRole('button', { name: 'Replace snapshot' }).click();
    await page.getByText('Took the snapshot fixture: 0 queues and 0 messages.').waitFor();
  });
});
