/** The screen that sends messages. */

import { expect, it } from 'vitest';
import { inChromium, looks, openConsole } from './page.ts';

const home = { account: '000000000000' };
const SEND = '/send/us-east-1/000000000000';

inChromium('the screen that sends', () => {
  it.each(looks)('sends a message with attributes, and shows the response, $look', async (look) => {
    const { page, open, call } = await openConsole({ look });
    await call('CreateQueue', { QueueName: 'orders' }, home);
    await open('/send');
    await page.getByLabel('Queue', { exact: true }).fill('orders');
    await page.getByRole('button', { name: 'Choose' }).click();
    await page.getByLabel('Body').fill('{"a":[1,2]}');
    await page.getByRole('button', { name: 'Format JSON' }).click();
    await page.getByRole('button', { name: 'Add attribute' }).click();
    await page.getByLabel('Name of attribute 1').fill('size');
    await page.getByLabel('Type of attribute 1').selectOption('Number');
    await page.getByLabel('Value of attribute 1').fill('many');
    await page.getByText("Can't cast the value of message (user) attribute 'size' to a number.").waitFor();
    await page.getByLabel('Value of attribute 1').fill('7');
    await page.getByRole('button', { name: 'Send message' }).click();
    const response = page.getByRole('region', { name: 'Response' });
    await response.getByText('Message ID').waitFor();
    const { Messages } = await call('ReceiveMessage', { QueueUrl: 'orders', MessageAttributeNames: ['All'] }, home);
    expect(Messages).toMatchObject([
      {
        Body: JSON.stringify({ a: [1, 2] }, undefined, 2),
        MessageAttributes: { size: { DataType: 'Number', StringValue: '7' } },
      },
    ]);
    await response.getByText(Messages[0].MD5OfBody).waitFor();
    await response.getByRole('link', { name: Messages[0].MessageId }).click();
    await page.getByRole('complementary', { name: 'Message' }).getByText('"a": [').waitFor();
  });

  it('refuses what SQS would refuse before it is sent, and in any case after', async () => {
    const { page, open, call, allowErrors } = await openConsole();
    allowErrors(/400/);
    await call('CreateQueue', { QueueName: 'small', Attributes: { MaximumMessageSize: '1024' } }, home);
    await open(`${SEND}/small`);
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByText('The request must contain the parameter MessageBody.').waitFor();
    await page.getByLabel('Body').fill('x'.repeat(1025));
    await page.getByText('Message must be shorter than 1024 bytes.').waitFor();
    await page.getByLabel('Body').fill('short');
    await page.getByLabel('Delay').fill('901');
    await page.getByText('DelaySeconds must be >= 0 and <= 900.').waitFor();
    await page.getByRole('button', { name: 'Send message' }).click();
    await page.getByText('DelaySeconds must be >= 0 and <= 900.').waitFor();
    expect(await page.getByLabel('Body').inputValue()).toBe('short');
  });

  it('foresees a deduplication', async () => {
    const { page, open, call } = await openConsole();
    await call('CreateQueue', { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } }, home);
    const input = { QueueUrl: 'q.fifo', MessageBody: 'a', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    const { MessageId } = await call('SendMessage', input, home);
    await open(`${SEND}/q.fifo`);
    await page.getByLabel('Body').fill('b');
    await page.getByText(/MessageGroupId/).waitFor();
    await page.getByLabel('Message group ID').fill('g');
    await page.getByLabel('Deduplication ID').fill('d');
    await page.getByText('It would be deduplicated against').getByRole('link', { name: MessageId }).waitFor();
  });

  it.each(looks)('sends a batch, and says which entry was refused, $look', async (look) => {
    const { page, open, call } = await openConsole({ look });
    await call('CreateQueue', { QueueName: 'orders' }, home);
    await open(`${SEND}/orders`);
    await page.getByLabel('Body').fill('one');
    await page.getByRole('button', { name: 'Add to a batch' }).click();
    await page.getByLabel('Body').nth(1).fill('two');
    await page.getByLabel('Delay').nth(1).fill('1000');
    await page.getByRole('button', { name: 'Send 2 messages as a batch' }).click();
    const response = page.getByRole('region', { name: 'Response' });
    await response.getByRole('heading', { name: 'Entry 1' }).waitFor();
    await response.getByText(/InvalidParameterValue: .*DelaySeconds/).waitFor();
    const { Messages } = await call('ReceiveMessage', { QueueUrl: 'orders', MaxNumberOfMessages: 10 }, home);
    expect(Messages).toMatchObject([{ Body: 'one' }]);
  });

  it('remembers what was sent last, and starts from a message', async () => {
    const { page, open, call } = await openConsole();
    await call('CreateQueue', { QueueName: 'orders' }, home);
    await open(`${SEND}/orders`);
    for (const body of ['first', 'second']) {
      await page.getByLabel('Body').fill(body);
      await page.getByRole('button', { name: 'Send message' }).click();
      await page.getByRole('listitem').filter({ hasText: body }).waitFor();
    }
    await page.reload();
    await page.getByRole('listitem').getByRole('button', { name: /first/ }).click();
    expect(await page.getByLabel('Body').inputValue()).toBe('first');
    await page.getByRole('button', { name: 'Forget' }).click();
    expect(await page.getByRole('listitem').count()).toBe(0);
    await open('/queues/us-east-1/000000000000/orders');
    await page.getByRole('link', { name: 'second' }).click();
    await page.getByRole('button', { name: 'Duplicate and edit' }).click();
    await page.getByRole('heading', { name: 'Send' }).waitFor();
    expect(await page.getByLabel('Body').inputValue()).toBe('second');
  });
});
