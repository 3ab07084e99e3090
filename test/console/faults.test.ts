/** The screen Faults. */

import { expect, it } from 'vitest';
import { snsOperations } from '../../src/api/sns/table.ts';
import { operations } from '../../src/api/sqs/index.ts';
import { CODES, OPERATIONS } from '../../src/console/screens/fault-words.ts';
import { errorTable } from '../../src/errors.ts';
import { control } from '../control/client.ts';
import { Refusal } from '../helpers.ts';
import { expectAccessible } from './accessible.ts';
import { inChromium, looks, openConsole } from './page.ts';
import { screenshot } from './screenshot.ts';

it('the form for fault rules offers all operations, and only error codes of SQS', () => {
  expect(OPERATIONS.toSorted()).toEqual([...new Set([...operations.keys(), ...snsOperations.keys()])].toSorted());
  expect(CODES.filter((code) => !(code in errorTable))).toEqual([]);
});

inChromium('the screen Faults', () => {
  it.each(looks)(
    'adds a rule, shows how often it is triggered, switches it off and removes it, $look',
    async (look) => {
      const { call, squab, page, open } = await openConsole({ look });
      const { get } = control(squab.url);
      await call('CreateQueue', { QueueName: 'orders' });
      await open('/faults');
      await page.getByRole('heading', { name: 'All requests are carried out' }).waitFor();
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Add rule' }).click();
      const form = page.getByRole('dialog', { name: 'Add a fault rule' });
      await form.getByLabel('Error code').fill('OverLimit');
      await form.getByRole('button', { name: 'SendMessage', exact: true }).click();
      await form.getByLabel('Queue').fill('orders');
      await form.getByLabel('At most').fill('1');
      await expectAccessible(page);
      await screenshot(page, 'fault-form', look);
      await form.getByRole('button', { name: 'Add rule' }).click();
      const row = page.getByRole('row', { name: /Fails with OverLimit/ });
      await row.getByText('SendMessage · queue orders · once').waitFor();
      const send = () => call('SendMessage', { QueueUrl: 'orders', MessageBody: 'x' });
      await expect(send()).rejects.toThrow(Refusal);
      await row.getByText('used up').waitFor();
      await expectAccessible(page);
      await screenshot(page, 'faults', look);

      await row.getByRole('button', { name: 'Switch fault-1 off' }).click();
      await row.getByText('off', { exact: true }).waitFor();
      expect((await get('/faults')).rules).toEqual([]);
      await send();
      await row.getByRole('button', { name: 'Switch fault-1 on' }).click();
      await row.getByRole('button', { name: 'Switch fault-1 off' }).waitFor();
      await expect(send()).rejects.toThrow(Refusal);
      await row.getByText('used up').waitFor();
      await row.getByRole('button', { name: 'Remove fault-1' }).click();
      const question = page.getByRole('dialog', { name: 'Remove the rule fault-1?' });
      await question.getByText('it has been triggered 1 time').waitFor();
      await question.getByRole('button', { name: 'Remove rule' }).click();
      await row.waitFor({ state: 'detached' });
      expect((await get('/faults')).rules).toEqual([]);
    },
  );

  it('begins with an example, which can be changed later', async () => {
    const { squab, page, open } = await openConsole();
    const { get } = control(squab.url);
    await open('/faults');
    await page.getByRole('button', { name: 'Answer receives up to 3 seconds late' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('table').getByText('Answers 1 s to 3 s late').waitFor();
    await page.getByRole('button', { name: 'Edit fault-1' }).click();
    const form = page.getByRole('dialog', { name: 'Change the rule fault-1' });
    expect(await form.getByRole('button', { name: 'ReceiveMessage', exact: true }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    await form.getByLabel('Up to').fill('');
    await form.getByLabel('Probability').fill('50');
    await form.getByRole('button', { name: 'Change rule' }).click();
    await page.getByText('with a probability of 50 %').waitFor();
    expect((await get('/faults')).rules).toMatchObject([
      { id: 'fault-1', operation: ['ReceiveMessage'], probability: 0.5, effect: { type: 'latency', clock: 'machine' } },
    ]);
  });

  it.each([
    ['Error code', 'NoSuchCode', /NoSuchCode/],
    ['Every', 'x', /"every" is invalid/],
    ['Probability', '200', /"probability" is invalid/],
    ['Queue', 'arn:aws:sns:us-east-1:000000000000:topic', /is not the ARN of a queue/],
  ])('says beside the field %s why %j is refused, and keeps what was typed', async (label, value, problem) => {
    const { page, open, allowErrors } = await openConsole();
    allowErrors(/400/);
    await open('/faults');
    await page.getByRole('button', { name: 'Add rule' }).click();
    const form = page.getByRole('dialog', { name: 'Add a fault rule' });
    await form.getByLabel(label).fill(value);
    await form.getByRole('button', { name: 'Add rule' }).click();
    await form.getByText(problem).waitFor();
    expect(await form.getByLabel(label).inputValue()).toBe(value);
    expect(await form.getByLabel(label).getAttribute('aria-invalid')).toBe('true');
  });

  it('removes all rules at once', async () => {
    const { squab, page, open } = await openConsole();
    for (const type of ['duplicate', 'reorder'] as const) squab.control.faults.add({ effect: { type } });
    await open('/faults');
    await page.getByText('Delivers out of order').waitFor();
    await page.getByRole('button', { name: 'Remove all' }).click();
    await page.getByRole('dialog', { name: 'Remove all 2 rules?' }).getByRole('button', { name: 'Remove all' }).click();
    await page.getByRole('heading', { name: 'All requests are carried out' }).waitFor();
    expect(squab.control.faults.list()).toEqual([]);
  });
});
