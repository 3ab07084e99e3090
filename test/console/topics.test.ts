/** The screens of topics. */

import { expect, it } from 'vitest';
import { snsClient } from '../sns-client.ts';
import { startEndpoint, status } from '../topics/deliveries/endpoint.ts';
import { expectAccessible } from './accessible.ts';
import { type Console, inChromium, looks, openConsole } from './page.ts';
import { screenshot } from './screenshot.ts';

const PLACE = '/us-east-1/000000000000';
const TopicArn = 'arn:aws:sns:us-east-1:000000000000:orders';
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

async function expectToFit({ page }: Console): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  await expectAccessible(page);
}

inChromium('the screens of topics', () => {
  it.each(looks)(
    'create a topic, subscribe queues, publish, and say what became of the message, $look',
    async (look) => {
      const made = await openConsole({ look });
      const { call, squab, page, open, allowErrors } = made;
      // SNS refuses a name, and the page may ask for the topic once more after it was deleted.
      allowErrors(/status of 40[04]/);
      for (const QueueName of ['all', 'refunds']) await call('CreateQueue', { QueueName });
      await open('/topics');
      await page.getByRole('heading', { name: 'There are no topics yet' }).waitFor();
      await expectToFit(made);
      await page.getByRole('button', { name: 'Create topic' }).click();
      const create = page.getByRole('dialog', { name: 'Create a topic' });
      await create.getByLabel('Name').fill('no spaces');
      await create.getByRole('button', { name: 'Create topic' }).click();
      await create.getByText('Invalid parameter: Topic Name').waitFor();
      await create.getByLabel('Name').fill('orders');
      await expectAccessible(page);
      await create.getByRole('button', { name: 'Create topic' }).click();
      await page.getByRole('heading', { name: 'orders' }).waitFor();
      await page.getByRole('heading', { name: 'No subscriptions yet' }).waitFor();

      const subscribe = page.getByRole('dialog', { name: 'Subscribe a queue to orders' });
      for (const [queue, policy] of [
        ['all', ''],
        ['refunds', '{"kind": ["refund"]}'],
      ] as const) {
        await page.getByRole('button', { name: 'Subscribe a queue' }).click();
        await subscribe.getByLabel('Queue', { exact: true }).fill(queue);
        await subscribe.getByLabel('Filter policy', { exact: true }).fill(policy);
        await expectAccessible(page);
        await subscribe.getByRole('button', { name: 'Subscribe' }).click();
        await page.getByRole('link', { name: queue }).waitFor();
      }
      await page.getByText('Filter on attributes: {"kind": ["refund"]}').waitFor();
      await expectToFit(made);
      await screenshot(page, 'topic', look);

      await page.getByRole('link', { name: 'Publish' }).click();
      await page.getByLabel('Message', { exact: true }).fill('Order 7');
      await page.getByRole('button', { name: 'Add attribute' }).click();
      await page.getByLabel('Name of attribute 1').fill('kind');
      await page.getByLabel('Value of attribute 1').fill('order');
      await page.getByRole('button', { name: 'Who would get it?' }).click();
      await page.getByText('It would be published to 2 subscriptions: 1 delivered, 1 filtered.').waitFor();
      await page.getByText('no rule of "kind" matches "order"').waitFor();
      await expectToFit(made);
      expect((await squab.control.queues.get('all')).messages.visible).toBe(0);
      await page.getByRole('button', { name: 'Publish' }).click();
      await page.getByRole('link', { name: 'See its deliveries' }).click();
      await page.getByText('Delivered to the queue all.').waitFor();
      await page.getByText('Filtered, and not delivered to the queue refunds').waitFor();
      await expectToFit(made);
      await screenshot(page, 'deliveries', look);
      await page.getByLabel('State').selectOption('filtered');
      await page.getByText('Delivered to the queue all.').waitFor({ state: 'detached' });

      const [message] = (await squab.control.messages.peek('all')).messages;
      expect(JSON.parse(message!.body)).toMatchObject({ Message: 'Order 7', TopicArn });
      await open(`/queues${PLACE}/all/messages/${message!.messageId}`);
      await page.getByText('published to the topic orders as message').waitFor();
      await page.getByRole('link', { name: 'Its deliveries' }).click();
      await page.getByText('Delivered to the queue all.').waitFor();

      await page.getByRole('link', { name: 'Attributes and tags' }).click();
      await page.getByText('EffectiveDeliveryPolicy').waitFor();
      await expectToFit(made);
      await page.getByRole('button', { name: 'Delete' }).click();
      const question = page.getByRole('dialog', { name: 'Delete orders?' });
      await question.getByText('ends its 2 subscriptions').waitFor();
      await question.getByRole('button', { name: 'Delete topic' }).click();
      await page.getByRole('heading', { name: 'There are no topics yet' }).waitFor();
      expect((await squab.control.topics.list()).total).toBe(0);
    },
  );

  it('confirm, deliver now and unsubscribe', async () => {
    const { squab, page, open } = await openConsole();
    const sns = snsClient(squab.url);
    await sns('CreateTopic', { Name: 'orders' });
    const endpoint = await startEndpoint(status(503));
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: endpoint.url });
    await open(`/topics${PLACE}/orders`);
    await page
      .getByRole('button', { name: `Confirm ${endpoint.url}` })
      .filter({ visible: true })
      .click();
    await page.getByText('confirmed', { exact: true }).waitFor();
    await sns('Publish', { TopicArn, Message: 'm' });
    await page
      .getByRole('button', { name: `Deliver now to ${endpoint.url}` })
      .filter({ visible: true })
      .waitFor();
    await open(`/topics${PLACE}/orders/deliveries`);
    await page.getByText('the endpoint answered with status 503').waitFor();
    endpoint.answer = status(200);
    await open(`/topics${PLACE}/orders`);
    await page
      .getByRole('button', { name: `Deliver now to ${endpoint.url}` })
      .filter({ visible: true })
      .click();
    await open(`/topics${PLACE}/orders/deliveries`);
    await page.getByText(`Delivered to ${endpoint.url} after 2 attempts.`).waitFor();
    await open(`/topics${PLACE}/orders`);
    await page
      .getByRole('button', { name: `Unsubscribe ${endpoint.url}` })
      .filter({ visible: true })
      .click();
    await page.getByRole('button', { name: 'Unsubscribe', exact: true }).click();
    await page.getByRole('heading', { name: 'No subscriptions yet' }).waitFor();
  });

  it.each(looks)('show what is hostile as text, and fit, $look', async (look) => {
    const made = await openConsole({ look });
    const { squab, page, open, call } = made;
    const sns = snsClient(squab.url);
    const hostile = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
    await sns('CreateTopic', { Name: 'orders', Attributes: { DisplayName: hostile } });
    await call('CreateQueue', { QueueName: 'q' });
    const FilterPolicy = JSON.stringify({ [hostile]: [hostile.repeat(20)] });
    const Attributes = { FilterPolicy, FilterPolicyScope: 'MessageBody' };
    await sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: queueArn('q'), Attributes });
    await sns('Subscribe', { TopicArn, Protocol: 'email', Endpoint: `${'x'.repeat(200)}@example.com` });
    await sns('Publish', { TopicArn, Message: JSON.stringify({ [hostile]: hostile }), Subject: '<b>bold</b>' });
    await sns('CreateTopic', { Name: 'n'.repeat(256) });
    for (const [address, text] of [
      ['/topics', 'orders'],
      [`/topics${PLACE}/orders`, '<script>'],
      [`/topics${PLACE}/orders/deliveries`, 'Filtered'],
      [`/topics${PLACE}/orders/settings`, '<script>'],
      [`/topics${PLACE}/${'n'.repeat(256)}`, 'No subscriptions yet'],
      ['/events', 'Published to the topic'],
    ] as const) {
      await open(address);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await expectToFit(made);
      expect(await page.title()).not.toBe('taken');
    }
  });

  it('offer no changes on a read-only page', async () => {
    const { squab, page, open } = await openConsole({ options: { readOnlyConsole: true } });
    const sns = snsClient(squab.url);
    await sns('CreateTopic', { Name: 'orders' });
    await sns('Subscribe', { TopicArn, Protocol: 'http', Endpoint: 'http://127.0.0.1:9/' });
    await open('/topics');
    await page.getByRole('link', { name: 'orders' }).waitFor();
    expect(await page.getByRole('button', { name: 'Create topic' }).count()).toBe(0);
    await open(`/topics${PLACE}/orders`);
    await page.getByText('pending', { exact: true }).waitFor();
    for (const name of ['Subscribe a queue', 'Delete', 'Confirm']) {
      expect(await page.getByRole('button', { name }).count(), name).toBe(0);
    }
    await open(`/topics${PLACE}/orders/publish`);
    await page.getByLabel('Message', { exact: true }).fill('m');
    expect(await page.getByRole('button', { name: 'Publish' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Who would get it?' }).click();
    await page.getByText('It would be published to 1 subscription: 1 unconfirmed.').waitFor();
  });
});
