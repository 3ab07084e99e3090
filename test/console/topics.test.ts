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

      const subscribe = page.getByRole('dialog', { name: 'Subscribe to orders' });
      for (const [queue, policy] of [
        ['all', ''],
        ['refunds', '{"kind": ["refund"]}'],
      ] as const) {
        await page.getByRole('button', { name: 'Create subscription' }).click();
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

  it('subscribe HTTP endpoints and functions, and say which subscribers never get a message', async () => {
    const functions = await startEndpoint((response) => void response.writeHead(200).end('null'));
    const endpoint = await startEndpoint();
    const { squab, page, open, call, allowErrors } = await openConsole({
      options: { functions: { resize: functions.url } },
    });
    allowErrors(/status of 400/);
    const sns = snsClient(squab.url);
    await sns('CreateTopic', { Name: 'orders' });
    await sns('CreateTopic', { Name: 'orders.fifo', Attributes: { FifoTopic: 'true' } });
    await call('CreateQueue', { QueueName: 'dlq' });
    const form = page.getByRole('dialog', { name: /^Subscribe to orders/ });
    const begin = () => page.getByRole('button', { name: 'Create subscription' }).click();
    const submit = () => form.getByRole('button', { name: 'Subscribe' }).click();

    await open(`/topics${PLACE}/orders`);
    await begin();
    await form.getByLabel('Without envelope').check();
    await form.getByLabel('Deliver to').selectOption('a function');
    await form.getByLabel('Without envelope').waitFor({ state: 'detached' });
    await form.getByLabel('Function', { exact: true }).fill('resize');
    await form.getByLabel('Dead-letter queue').fill('dlq');
    await expectAccessible(page);
    await submit();
    await page.getByText('arn:aws:lambda:us-east-1:000000000000:function:resize', { exact: true }).waitFor();

    await begin();
    await form.getByLabel('Deliver to').selectOption('an HTTP endpoint');
    await form.getByLabel('URL').fill('ftp://127.0.0.1/');
    await submit();
    await form.getByText('Endpoint must match the specified protocol').waitFor();
    // The form keeps what was typed.
    await form.getByRole('button', { name: 'Close' }).click();
    await begin();
    expect(await form.getByLabel('URL').inputValue()).toBe('ftp://127.0.0.1/');
    await form.getByLabel('URL').fill(endpoint.url);
    await form.getByLabel('Without envelope').check();
    await expectAccessible(page);
    await submit();
    await page.getByText(`Subscribed ${endpoint.url}, which must confirm it.`).waitFor();
    await begin();
    await form.getByLabel('Deliver to').selectOption('an HTTP endpoint');
    await form.getByLabel('URL').fill('HTTPS://127.0.0.1:9/');
    await submit();
    await page.getByText('HTTPS://127.0.0.1:9/', { exact: true }).waitFor();

    const { subscriptions } = await squab.control.topics.subscriptions('orders');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn('dlq') });
    expect(subscriptions).toMatchObject([
      { protocol: 'lambda', state: 'confirmed', attributes: { RawMessageDelivery: 'false', RedrivePolicy } },
      { protocol: 'http', state: 'pending', attributes: { RawMessageDelivery: 'true' } },
      { protocol: 'https', state: 'pending', attributes: { RawMessageDelivery: 'false' } },
    ]);
    await sns('Publish', { TopicArn, Message: 'm' });
    await functions.arrived(1);

    for (const [Protocol, Endpoint] of [
      ['email', 'ada@example.com'],
      ['email-json', 'grace@example.com'],
      ['sms', '+15555550100'],
      ['application', 'arn:aws:sns:us-east-1:000000000000:endpoint/APNS/app/1'],
      ['firehose', 'arn:aws:firehose:us-east-1:000000000000:deliverystream/s'],
    ] as const) {
      const Attributes = Protocol === 'firehose' ? { SubscriptionRoleArn: 'arn:aws:iam::000000000000:role/r' } : {};
      await sns('Subscribe', { TopicArn, Protocol, Endpoint, Attributes });
      await page.getByText(`Squab never delivers to ${Protocol} endpoints.`).waitFor();
    }
    expect(await page.getByText('Squab never delivers').count()).toBe(5);
    await expectAccessible(page);
    await sns('Publish', { TopicArn, Message: 'm' });
    await open(`/topics${PLACE}/orders/deliveries?state=unsupported`);
    await page.getByText('Squab never delivers to sms endpoints').first().waitFor();
    expect(await page.getByLabel('State').inputValue()).toBe('unsupported');

    // SNS subscribes only queues to FIFO topics.
    await open(`/topics${PLACE}/orders.fifo`);
    await begin();
    await form.getByLabel('Queue', { exact: true }).waitFor();
    expect(await form.getByLabel('Deliver to').count()).toBe(0);
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
    for (const name of ['Create subscription', 'Delete', 'Confirm']) {
      expect(await page.getByRole('button', { name }).count(), name).toBe(0);
    }
    await open(`/topics${PLACE}/orders/publish`);
    await page.getByLabel('Message', { exact: true }).fill('m');
    expect(await page.getByRole('button', { name: 'Publish' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Who would get it?' }).click();
    await page.getByText('It would be published to 1 subscription: 1 unconfirmed.').waitFor();
  });
});
