/** How the AWS SDK for JavaScript reports errors, and how it addresses Squab and its queues. */

import {
  CreateQueueCommand,
  DeleteMessageCommand,
  EmptyBatchRequest,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { atEnd, fixture, sdk } from './javascript.ts';
import { KEY } from './programs.ts';

describe('errors, with the AWS SDK for JavaScript', () => {
  const caught = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.unreachable('the request should fail'),
      (error: unknown) => error as SQSServiceException & { Code?: string; Type?: string },
    );

  it('have the class and name from the model, and the code of the Query protocol', async () => {
    const { sqs, squab } = await fixture();
    const QueueUrl = `${squab.url}/000000000000/nowhere`;
    const error = await caught(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })));
    expect(error).toBeInstanceOf(QueueDoesNotExist);
    expect(error).toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
      Type: 'Sender',
      $fault: 'client',
      message: 'The specified queue does not exist.',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[\da-f-]{36}$/) },
    });
  });

  it('have distinct classes', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    expect(await caught(queue('orders', { DelaySeconds: '1' }))).toBeInstanceOf(QueueNameExists);
    expect(await caught(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })))).toBeInstanceOf(
      EmptyBatchRequest,
    );
    const invalid = await caught(sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'nonsense' })));
    expect(invalid).toBeInstanceOf(ReceiptHandleIsInvalid);
    expect(invalid.$metadata.httpStatusCode).toBe(404);
  });

  it('that are not in the model are service exceptions', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    const error = await caught(sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 11 })));
    expect(error).toBeInstanceOf(SQSServiceException);
    expect(error).toMatchObject({
      name: 'InvalidParameterValue',
      Code: 'InvalidParameterValue',
      message: 'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    });
  });
});

describe('addresses, with the AWS SDK for JavaScript', () => {
  it('a queue URL is enough when no endpoint is configured', async () => {
    const { queue } = await fixture();
    const QueueUrl = await queue();
    const configured = process.env.AWS_ENDPOINT_URL_SQS;
    delete process.env.AWS_ENDPOINT_URL_SQS;
    atEnd(() => {
      if (configured !== undefined) process.env.AWS_ENDPOINT_URL_SQS = configured;
    });
    const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    const sqs = sdk({ logger: quiet });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages).toMatchObject([{ Body: 'x' }]);
    const missing = sqs.send(new ReceiveMessageCommand({ QueueUrl: `${QueueUrl}-2` }));
    await expect(missing).rejects.toBeInstanceOf(QueueDoesNotExist);
  });

  it('queues of the same name in two regions are separate', async () => {
    const { squab } = await fixture();
    const here = sdk({ endpoint: squab.url, region: 'us-east-1' });
    const there = sdk({ endpoint: squab.url, region: 'eu-central-1' });
    const { QueueUrl } = await here.send(new CreateQueueCommand({ QueueName: 'orders' }));
    await there.send(new CreateQueueCommand({ QueueName: 'orders' }));
    await here.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    expect((await there.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    const AttributeNames = ['QueueArn' as const];
    const { Attributes } = await there.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    expect(Attributes).toEqual({ QueueArn: 'arn:aws:sqs:eu-central-1:000000000000:orders' });
    expect((await here.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toHaveLength(1);
  });

  it('an access key of 12 digits is an account with its own queues', async () => {
    const { squab } = await fixture();
    const one = sdk({ endpoint: squab.url, credentials: { ...KEY, accessKeyId: '111111111111' } });
    const other = sdk({ endpoint: squab.url, credentials: { ...KEY, accessKeyId: '222222222222' } });
    const { QueueUrl } = await one.send(new CreateQueueCommand({ QueueName: 'orders' }));
    expect(QueueUrl).toBe(`${squab.url}/111111111111/orders`);
    expect((await other.send(new ListQueuesCommand({}))).QueueUrls).toBeUndefined();
    const lookup = other.send(new GetQueueUrlCommand({ QueueName: 'orders' }));
    await expect(lookup).rejects.toBeInstanceOf(QueueDoesNotExist);
  });

  it('several Squabs in one process share nothing', async () => {
    const [one, other] = [await fixture(), await fixture()];
    await one.queue('orders');
    await other.queue('invoices');
    const names = async ({ sqs }: typeof one) => (await sqs.send(new ListQueuesCommand({}))).QueueUrls;
    expect(await names(one)).toEqual([`${one.squab.url}/000000000000/orders`]);
    expect(await names(other)).toEqual([`${other.squab.url}/000000000000/invoices`]);
  });
});
