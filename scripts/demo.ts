/** Fills a Squab with the queues and topics of a shop, for pictures and tests of the console. */

import type { Squab } from '../src/index.ts';
import type { VirtualClock } from '../src/time/virtual-clock.ts';

const account = '000000000000';
const arn = (name: string) => `arn:aws:sqs:us-east-1:${account}:${name}`;
const SECOND_MS = 1000;

const CUSTOMERS = ['ada', 'grace', 'linus', 'margaret', 'ken', 'barbara'];

/**
 * Creates the queues and topics, and messages in every state. Resolves to the ID of a message that failed three times.
 */
export async function fillShop(squab: Squab, clock: VirtualClock): Promise<{ failed: string }> {
  const call = callerOf(squab.url);
  const create = (QueueName: string, Attributes: Record<string, string> = {}, tags: Record<string, string> = {}) =>
    call('CreateQueue', { QueueName, Attributes, tags });
  const redrive = (name: string, maxReceiveCount: number) => ({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount }),
  });
  const send = (QueueUrl: string, body: unknown, rest: Record<string, unknown> = {}): Promise<{ MessageId: string }> =>
    call('SendMessage', { QueueUrl, MessageBody: JSON.stringify(body), ...rest });

  await create('orders-dlq', { MessageRetentionPeriod: '1209600' });
  await create('orders', redrive('orders-dlq', 3), { team: 'checkout', stage: 'local' });
  await create('payments-dlq.fifo', { FifoQueue: 'true' });
  const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
  await create('payments.fifo', { ...fifo, ...redrive('payments-dlq.fifo', 5) });
  for (const name of ['emails', 'invoices', 'search-index', 'stock-levels', 'thumbnails']) await create(name);

  const order = (number: number) => ({
    order: number,
    customer: CUSTOMERS[number % CUSTOMERS.length],
    items: [{ sku: `MUG-${number % 7}`, quantity: 1 + (number % 3) }],
    total: { amount: (1995 + (number % 5) * 500) / 100, currency: 'EUR' },
  });
  const source = { source: { DataType: 'String', StringValue: 'web-shop' } };

  // An order that no consumer can process.
  const { MessageId: failed } = await send(
    'orders',
    { ...order(1042), address: null },
    { MessageAttributes: { ...source, attempt: { DataType: 'Number', StringValue: '1' } } },
  );
  for (let attempt = 0; attempt < 4; attempt++) {
    await call('ReceiveMessage', { QueueUrl: 'orders', VisibilityTimeout: 20 });
    await clock.advance(21 * SECOND_MS);
  }
  await send('orders', { ...order(1043), items: [] });
  for (let attempt = 0; attempt < 4; attempt++) {
    await call('ReceiveMessage', { QueueUrl: 'orders', VisibilityTimeout: 20 });
    await clock.advance(21 * SECOND_MS);
  }

  for (let number = 1044; number < 1059; number++) {
    await send('orders', order(number), { MessageAttributes: source });
    await send('payments.fifo', { order: number, state: 'authorised' }, { MessageGroupId: `customer-${number % 4}` });
    await send('emails', { to: `${CUSTOMERS[number % 6]}@example.com`, template: 'order-confirmed', order: number });
    if (number % 3 === 0) await send('emails', { template: 'review-request', order: number }, { DelaySeconds: 900 });
    if (number % 4 === 0) await send('orders', { ...order(number + 100), gift: true }, { DelaySeconds: 120 });
    if (number % 2 === 0) await send('invoices', { order: number, format: 'pdf' });
    await clock.advance(4 * SECOND_MS);
  }
  await call('ReceiveMessage', { QueueUrl: 'orders', MaxNumberOfMessages: 4, VisibilityTimeout: 120 });
  await call('ReceiveMessage', { QueueUrl: 'payments.fifo', MaxNumberOfMessages: 2, VisibilityTimeout: 90 });
  await call('ReceiveMessage', { QueueUrl: 'emails', MaxNumberOfMessages: 3, VisibilityTimeout: 60 });
  await clock.advance(7 * SECOND_MS);
  await fillTopics(squab);

  const { faults, snapshots } = squab.control;
  faults.add({
    operation: ['SendMessage'],
    queue: 'emails',
    every: 10,
    effect: { type: 'error', code: 'ThrottlingException' },
  });
  faults.add({ operation: ['ReceiveMessage'], effect: { type: 'latency', duration: '200ms', upTo: '800ms' } });
  await snapshots.take('before-checkout');
  await snapshots.take('black-friday');
  return { failed };
}

/** Creates topics with a subscription of each kind, and publishes messages, which are not all delivered. */
async function fillTopics(squab: Squab): Promise<void> {
  const sns = snsCallerOf(squab.url);
  const attribute = (name: string, value: string) => ({
    'Attributes.entry.1.key': name,
    'Attributes.entry.1.value': value,
  });
  const tag = { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'checkout' };
  await sns('CreateTopic', { Name: 'order-events', ...attribute('DisplayName', 'Order events'), ...tag });
  await sns('CreateTopic', { Name: 'payment-events.fifo', ...attribute('FifoTopic', 'true') });

  const TopicArn = `arn:aws:sns:us-east-1:${account}:order-events`;
  const subscribe = (Protocol: string, Endpoint: string, attributes: Record<string, string> = {}) =>
    sns('Subscribe', { TopicArn, Protocol, Endpoint, ...attributes });
  await subscribe('sqs', arn('search-index'), attribute('RawMessageDelivery', 'true'));
  await subscribe('sqs', arn('stock-levels'), attribute('FilterPolicy', '{"kind": ["placed", "cancelled"]}'));
  await subscribe('sqs', arn('a-queue-that-was-deleted'));
  await subscribe('lambda', `arn:aws:lambda:us-east-1:${account}:function:loyalty-points`);
  await subscribe('sms', '+15555550100');
  await subscribe('email', 'warehouse@example.com');
  // Nothing listens on this port, so that messages wait to be delivered again.
  await subscribe('http', 'http://127.0.0.1:9/shipping');
  const { subscriptions } = await squab.control.topics.subscriptions('order-events');
  const { id } = subscriptions.find(({ protocol }) => protocol === 'http')!;
  await squab.control.topics.confirm('order-events', id);

  for (const [order, kind] of [
    [1057, 'placed'],
    [1057, 'paid'],
    [1058, 'placed'],
  ] as const) {
    await sns('Publish', {
      ...{ TopicArn, Message: JSON.stringify({ order, kind }) },
      'MessageAttributes.entry.1.Name': 'kind',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': kind,
    });
  }
}

/** A client that calls SQS as any program does. */
function callerOf(url: string) {
  return async (operation: string, input: Record<string, unknown>) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'user-agent': 'aws-sdk-js/3.1169.0 checkout-worker',
        'x-amz-target': `AmazonSQS.${operation}`,
      },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(`${operation} failed: ${await response.text()}`);
    const text = await response.text();
    return text === '' ? {} : JSON.parse(text);
  };
}

/** A client that calls SNS, with parameters as they are spelled in forms. */
function snsCallerOf(url: string) {
  return async (operation: string, parameters: Record<string, string>): Promise<void> => {
    const body = new URLSearchParams({ Action: operation, Version: '2010-03-31', ...parameters });
    const response = await fetch(url, { method: 'POST', body });
    if (!response.ok) throw new Error(`${operation} failed: ${await response.text()}`);
  };
}
