/** The screen of a queue: its messages in every state, why a receive is empty, its attributes, and redrives. */

import { expect, it } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { type Console, inChromium, looks, openConsole } from './page.ts';

const home = { account: '000000000000' };
const ORDERS = '/queues/us-east-1/000000000000/orders';
const ARN = 'arn:aws:sqs:us-east-1:000000000000:';

/** A queue `orders` with the dead-letter queue `orders-dlq`. */
async function withOrders(look: (typeof looks)[number] = looks[0]) {
  const made = await openConsole({ look });
  const call = (operation: string, input: Record<string, unknown> = {}) =>
    made.call(operation, { QueueUrl: 'orders', ...input }, home);
  await made.call('CreateQueue', { QueueName: 'orders-dlq' }, home);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: `${ARN}orders-dlq`, maxReceiveCount: 2 });
  await made.call('CreateQueue', { QueueName: 'orders', Attributes: { RedrivePolicy } }, home);
  const send = async (MessageBody: string, rest = {}) =>
    (await call('SendMessage', { MessageBody, ...rest })).MessageId as string;
  return { ...made, call, send };
}

const panelOf = ({ page }: Pick<Console, 'page'>) => page.getByRole('complementary', { name: 'Message' });

inChromium('the screen of a queue', () => {
  it.each(looks)('shows messages in every state without receiving them, $look', async (look) => {
    const { page, open, call, send } = await withOrders(look);
    await send('first');
    await call('ReceiveMessage');
    await send('later', { DelaySeconds: 60 });
    await send('now');
    await open(ORDERS);
    const list = page.getByRole('table', { name: 'Messages' });
    await list.getByRole('row', { name: /in flight first/ }).waitFor();
    await list.getByRole('row', { name: /delayed later/ }).waitFor();
    await list.getByRole('row', { name: /visible now/ }).waitFor();
    await page.getByRole('group', { name: 'State' }).getByRole('button', { name: 'Delayed' }).click();
    await list.getByRole('row', { name: /visible now/ }).waitFor({ state: 'hidden' });
    await expect.poll(() => list.getByRole('row').count()).toBe(2);
    const { Attributes } = await call('GetQueueAttributes', { AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesNotVisible: '1' });
  });

  it.each(looks)('opens a message: body, attributes and history, $look', async (look) => {
    const { page, open, call, send, clock } = await withOrders(look);
    const id = await send('{"order":7,"paid":true}', {
      MessageAttributes: { kind: { DataType: 'String', StringValue: '<img src=x onerror=alert(1)>' } },
    });
    await call('ReceiveMessage');
    await clock.advance(12_000);
    await open(ORDERS);
    await page.getByRole('link', { name: '{"order":7' }).click();
    const panel = panelOf({ page });
    await panel.getByText('"order": 7').waitFor();
    await panel.getByRole('button', { name: 'Raw' }).click();
    await panel.getByText('{"order":7,"paid":true}').waitFor();
    await panel.getByRole('button', { name: 'Copy the body' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('{"order":7,"paid":true}');
    await panel.getByRole('row', { name: /kind String <img src=x onerror=alert\(1\)>/ }).waitFor();
    const history = panel.getByRole('listitem');
    await history.nth(1).waitFor();
    expect(await history.allTextContents()).toEqual([
      expect.stringContaining('Sent to orders.'),
      expect.stringMatching(/Received for the 1st time, by .*; hidden until .*\(in 18 s\)/),
    ]);
    // The address leads to the message.
    expect(page.url()).toContain(`${ORDERS}/messages/${id}`);
    await page.reload();
    await panel.getByText('"order": 7').waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
  });

  it.each(looks)('makes visible, dead-letters, moves back, replays and deletes, $look', async (look) => {
    const { page, open, call, send } = await withOrders(look);
    const id = await send('poison');
    await call('ReceiveMessage');
    await open(`${ORDERS}/messages/${id}`);
    const panel = panelOf({ page });
    await panel.getByRole('button', { name: 'Make visible now' }).click();
    await page.getByText('The message is visible now.').waitFor();
    await panel.getByRole('button', { name: 'Move to dead-letter queue' }).click();
    await page.getByText('Moved the message to orders-dlq.').waitFor();
    // The panel says where it is now, and leads there.
    await panel.getByText('This message is in another queue').getByRole('link', { name: 'orders-dlq' }).click();
    await panel.getByRole('button', { name: 'Move back to orders' }).click();
    await page.getByText('Moved the message back to orders.').waitFor();
    expect(await call('GetQueueAttributes', { AttributeNames: ['ApproximateNumberOfMessages'] })).toEqual({
      Attributes: { ApproximateNumberOfMessages: '1' },
    });
    await open(ORDERS);
    await page.getByRole('link', { name: 'poison' }).click();
    await panel.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('Sent the message again.').waitFor();
    await panel.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 1 message' }).click();
    await page.getByText('Deleted the message.').waitFor();
    expect((await call('ReceiveMessage', { MaxNumberOfMessages: 10 })).Messages).toHaveLength(1);
  });

  it('finds messages by text and by ID', async () => {
    const { page, open, send } = await withOrders();
    const ids = [];
    for (let number = 0; number < 60; number++) ids.push(await send(`order ${number}!`));
    await open(ORDERS);
    const find = page.getByLabel('Find by text or message ID');
    await find.fill('order 57!');
    await page.getByRole('row', { name: /order 57!/ }).waitFor();
    await expect.poll(() => page.getByRole('table', { name: 'Messages' }).getByRole('row').count()).toBe(2);
    await find.fill('nothing of the kind');
    await page.getByRole('heading', { name: 'No message contains this text' }).waitFor();
    await find.fill(ids[58]!);
    await panelOf({ page }).getByText('order 58!').waitFor();
  });

  it('is a page of messages at a time, in which nothing moves while the pointer is there', async () => {
    const { page, open, send, call } = await withOrders();
    for (let number = 0; number < 60; number++) await send(`number ${number}`);
    await open(ORDERS);
    const rows = page.getByRole('table', { name: 'Messages' }).getByRole('row');
    await page.getByRole('button', { name: 'Next' }).click();
    await rows.filter({ hasText: 'number 25' }).waitFor();
    await page.getByRole('button', { name: 'Previous' }).click();
    await rows.filter({ hasText: 'number 3' }).first().hover();
    const { Messages } = await call('ReceiveMessage', { MaxNumberOfMessages: 1 });
    await call('DeleteMessage', { ReceiptHandle: Messages[0].ReceiptHandle });
    await rows.filter({ hasText: /gone.*number/ }).waitFor();
    expect(await rows.nth(1).textContent()).toMatch(/gone/);
    await page.getByRole('heading', { level: 1 }).hover();
    await rows.filter({ hasText: 'gone' }).waitFor({ state: 'hidden' });
  });

  it.each(looks)('explains why a receive is empty, $look', async (look) => {
    const { page, open, call, send, clock } = await withOrders(look);
    await send('first');
    await call('ReceiveMessage', { VisibilityTimeout: 30 });
    await open(`${ORDERS}/explain`);
    await page.getByRole('heading', { name: 'A receive now would come back empty' }).waitFor();
    await page.getByText('A consumer has received them').waitFor();
    await clock.advance(31_000);
    await page.getByRole('heading', { name: 'A receive now would return a message' }).waitFor();
  });

  it.each(looks)('changes attributes and tags, $look', async (look) => {
    const { page, open, call, allowErrors } = await withOrders(look);
    allowErrors(/400/);
    await open(`${ORDERS}/settings`);
    await page.getByRole('button', { name: 'Edit attributes and tags' }).click();
    await page.getByLabel('Visibility timeout').fill('5');
    await page.getByLabel('Redrive allow policy').fill('{"redrivePermission":"maybe"}');
    await page.getByText('as it’s in an unsupported format').waitFor();
    await page.getByLabel('Redrive allow policy').fill('');
    await page.getByLabel('Access policy').fill('{');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Invalid value for the parameter Policy.').waitFor();
    await page.getByLabel('Access policy').fill('');
    await page.getByLabel('Messages that keep failing go to').selectOption('none');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await page.getByLabel('Key of tag 1').fill('team');
    await page.getByLabel('Value of tag 1').fill('a');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Changed orders.').waitFor();
    const { Attributes } = await call('GetQueueAttributes', { AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ VisibilityTimeout: '5' });
    expect(Attributes.RedrivePolicy).toBeUndefined();
    expect(await call('ListQueueTags')).toEqual({ Tags: { team: 'a' } });
  });

  it.each(looks)('redrives dead letters, $look', async (look) => {
    const { page, open, call, send } = await withOrders(look);
    await send('one');
    for (let time = 0; time < 3; time++) await call('ReceiveMessage', { VisibilityTimeout: 0 });
    await open('/queues/us-east-1/000000000000/orders-dlq/redrive');
    await page.getByRole('heading', { name: 'Move 1 message back' }).waitFor();
    await page.getByRole('button', { name: 'Start redrive' }).click();
    await page.getByText('1 of about 1 moved').waitFor();
    await page.getByText('completed').waitFor();
    expect((await call('ReceiveMessage')).Messages).toMatchObject([{ Body: 'one' }]);
  });

  it.each(looks)('redrives all dead letters at once, from the head of the queue, $look', async (look) => {
    const { page, open, call, send } = await withOrders(look);
    for (const body of ['one', 'two']) await send(body);
    for (let time = 0; time < 3; time++)
      await call('ReceiveMessage', { VisibilityTimeout: 0, MaxNumberOfMessages: 10 });
    await open('/queues/us-east-1/000000000000/orders');
    await page.getByRole('heading', { name: 'The queue is empty' }).waitFor();
    expect(await page.getByRole('button', { name: /^Redrive/ }).count()).toBe(0);
    await open('/queues/us-east-1/000000000000/orders-dlq');
    await page.getByRole('button', { name: 'Redrive 2 messages' }).click();
    await page.getByText('2 of about 2 moved').waitFor();
    await page.getByText('completed').waitFor();
    await page.getByRole('button', { name: /^Redrive/ }).waitFor({ state: 'detached' });
    const { Messages } = await call('ReceiveMessage', { MaxNumberOfMessages: 10 });
    expect(Messages).toHaveLength(2);
  });

  it.each(looks)('deletes, replays and moves back several messages that were chosen, $look', async (look) => {
    const made = await withOrders(look);
    const { page, open, call, send, allowErrors } = made;
    allowErrors(/404/);
    for (let number = 0; number < 4; number++) await send(`failing ${number}`);
    for (let time = 0; time < 3; time++)
      await call('ReceiveMessage', { VisibilityTimeout: 0, MaxNumberOfMessages: 10 });
    await call('SendMessage', { QueueUrl: 'orders-dlq', MessageBody: 'sent here' });
    await open('/queues/us-east-1/000000000000/orders-dlq');
    const row = (text: string) => page.getByRole('table', { name: 'Messages' }).getByRole('row', { name: text });
    const chosen = page.getByRole('region', { name: 'Chosen messages' });
    const bodies = async (queue: string) => {
      const { messages } = await made.squab.control.messages.peek(queue);
      return messages.map(({ body }) => body);
    };
    for (const text of ['failing 0', 'failing 1', 'sent here']) await row(text).getByRole('checkbox').check();
    await chosen.getByText('3 chosen').waitFor();
    await expectAccessible(page);
    // Only those that came from another queue can go back there.
    await chosen.getByRole('button', { name: 'Move 2 back' }).click();
    await page.getByText('Moved back 2 messages.').waitFor();
    await chosen.getByText('1 chosen').waitFor();
    expect(await bodies('orders')).toEqual(['failing 0', 'failing 1']);
    await chosen.getByRole('button', { name: 'Replay 1' }).click();
    await page.getByText('Sent again 1 message.').waitFor();
    await chosen.waitFor({ state: 'detached' });
    await page.getByLabel('Choose all messages of this page').check();
    // One of them is gone by the time that the others are deleted.
    await row('failing 3').waitFor();
    await chosen.getByText('4 chosen').waitFor();
    const ids = await page.getByRole('checkbox', { name: /^Choose [0-9a-f]{8}-/ }).all();
    const first = (await ids[0]!.getAttribute('aria-label'))!.replace('Choose ', '');
    await made.squab.control.messages.delete(first);
    await chosen.getByRole('button', { name: 'Delete 4' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 4 messages' }).click();
    await page.getByText('Deleted 3 messages. 1 no longer existed.').waitFor();
    await page.getByRole('heading', { name: 'The queue is empty' }).waitFor();
    expect(await bodies('orders-dlq')).toEqual([]);
  });

  it('folds objects and lists in JSON, and copies the whole of it', async () => {
    const { page, open, send } = await withOrders();
    const body = '{"items":[{"sku":"A"},{"sku":"B"}],"empty":[],"text":"a {","paid":true}';
    const id = await send(body);
    await open(`${ORDERS}/messages/${id}`);
    const panel = panelOf({ page });
    await panel.getByText('"sku": "B"').waitFor();
    const folds = () => panel.getByRole('button', { expanded: true }).allTextContents();
    expect(await folds()).toHaveLength(4);
    const fold = panel.getByRole('button', { name: '"items": [ 6 lines' });
    await fold.click();
    await panel.getByText('"sku": "B"').waitFor({ state: 'detached' });
    expect(await fold.getAttribute('aria-expanded')).toBe('false');
    expect(await panel.locator('pre').first().innerText()).toBe(
      '{\n  "items": [ 6 lines ],\n  "empty": [],\n  "text": "a {",\n  "paid": true\n}\n',
    );
    await panel.getByRole('button', { name: 'Copy the body' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(body);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: '{"items"' }).click();
    await panel.getByText('"sku": "B"').waitFor();
    await expectAccessible(page);
  });

  it('says that a queue does not exist, and shows it once it does', async () => {
    const { page, open, call, allowErrors } = await openConsole();
    allowErrors(/404/);
    await open('/queues/us-east-1/000000000000/later');
    await page.getByRole('heading', { name: 'There is no queue later' }).waitFor();
    await call('CreateQueue', { QueueName: 'later' }, home);
    await page.getByRole('heading', { name: 'later', level: 1 }).waitFor();
  });
});
