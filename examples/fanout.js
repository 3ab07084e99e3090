/** A topic: every order goes to the queue of the warehouse, and refunds also to that of the accountants. */

import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

const sns = new SNSClient();
const sqs = new SQSClient();

const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'orders' }));

async function subscribe(QueueName, attributes) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const asked = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const Endpoint = asked.Attributes.QueueArn;
  // On AWS, the queue has to let the topic send to it.
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: Endpoint,
    Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  const Attributes = { RawMessageDelivery: 'true', ...attributes };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
  return QueueUrl;
}

const queues = {
  warehouse: await subscribe('warehouse', {}),
  accountants: await subscribe('accountants', { FilterPolicy: '{"kind": ["refund"]}' }),
};

for (const [kind, Message] of Object.entries({ sale: '3 x squid rings', refund: '1 x squid ring' })) {
  const MessageAttributes = { kind: { DataType: 'String', StringValue: kind } };
  await sns.send(new PublishCommand({ TopicArn, Message, MessageAttributes }));
}

for (const [name, QueueUrl] of Object.entries(queues)) {
  const options = { MaxNumberOfMessages: 10, WaitTimeSeconds: 20, MessageAttributeNames: ['All'] };
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...options }));
  for (const { Body, MessageAttributes, ReceiptHandle } of Messages) {
    console.log(`${name}: ${MessageAttributes.kind.StringValue} of ${Body}`);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}
