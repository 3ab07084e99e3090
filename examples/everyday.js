/** A typical job with the AWS SDK for JavaScript: create a queue, then send, receive, process and delete an order. */

import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

const sqs = new SQSClient();

const { QueueUrl } = await sqs.send(
  new CreateQueueCommand({
    QueueName: 'orders',
    Attributes: { DelaySeconds: '2', MessageRetentionPeriod: '86400' },
  }),
);

await sqs.send(
  new SendMessageCommand({
    QueueUrl,
    MessageBody: JSON.stringify({ order: 17, item: 'squid rings', quantity: 3 }),
  }),
);
console.log(`Sent an order to ${QueueUrl}`);

// Waits up to 20 seconds. The queue delays each message by 2 seconds.
const { Messages = [] } = await sqs.send(
  new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }),
);

for (const { Body, ReceiptHandle } of Messages) {
  const { order, item, quantity } = JSON.parse(Body);
  console.log(`Processing order ${order}: ${quantity} x ${item}`);
  // Without this, the message would be delivered again after its visibility timeout.
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}

console.log('Done');
