/** Topics with the AWS SDK for JavaScript, over a socket: to queues, to an HTTP endpoint, and to a function. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, globalAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  InvalidParameterException,
  NotFoundException,
  PublishBatchCommand,
  PublishCommand,
  paginateListSubscriptionsByTopic,
  paginateListTopics,
  SNSClient,
  SubscribeCommand,
  TooManyEntriesInBatchRequestException,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import MessageValidator from 'sns-validator';
import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../../src/index.ts';
import { functionServer } from '../../functions/function-server.ts';
import { ATTRIBUTES, atEnd, sdk, squabWith } from '../javascript.ts';
import { KEY } from '../programs.ts';
import { WatchedClock } from '../watched-clock.ts';

const arnOf = (queue: string) => `arn:aws:sqs:us-east-1:000000000000:${queue}`;
const tls = join(import.meta.dirname, '../../data/tls');
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:resize';
const TEXT = 'line 1\r\nline 2\t<&>"\' é 漢 🐟 +%20';

/** `ca`: the certificate of a Squab that serves HTTPS. */
async function fixture(options: StartOptions = {}, ca?: Buffer) {
  const clock = new WatchedClock();
  const squab = await squabWith({ clock, ...options });
  const sns = new SNSClient({
    ...{ endpoint: squab.url, region: 'us-east-1', credentials: KEY, maxAttempts: 1 },
    ...(ca && { requestHandler: { httpsAgent: new Agent({ ca }) } }),
  });
  atEnd(() => sns.destroy());
  const sqs = sdk({ endpoint: squab.url });
  const topic = async (Name = 'orders', Attributes?: Record<string, string>) =>
    (await sns.send(new CreateTopicCommand({ Name, Attributes }))).TopicArn!;
  /** Creates and subscribes a queue. Resolves to a function that receives up to ten messages. */
  const subscribed = async (TopicArn: string, QueueName: string, Attributes: Record<string, string> = {}) => {
    const settings = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: settings }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arnOf(QueueName), Attributes }));
    return async (WaitTimeSeconds = 0) => {
      const input = { QueueUrl, WaitTimeSeconds, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
      return (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? [];
    };
  };
  return { squab, clock, sns, sqs, topic, subscribed };
}

/** Starts an HTTP endpoint. `next` resolves to the next request that it has answered with 200. */
async function endpoint() {
  const requests: { headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
  let wake = () => {};
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end();
    requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    wake();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const next = async () => {
    while (requests.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return requests.shift()!;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, next };
}

describe('topics, with the AWS SDK for JavaScript', () => {
  it('deliver to all queues whose filter policies match, in envelopes or raw', async () => {
    const { sns, topic, subscribed } = await fixture();
    const TopicArn = await topic();
    const all = await subscribed(TopicArn, 'all');
    const refunds = await subscribed(TopicArn, 'refunds', {
      FilterPolicy: '{"kind":["refund"]}',
      RawMessageDelivery: 'true',
    });
    const publish = (kind: string) => {
      const MessageAttributes = { ...ATTRIBUTES, kind: { DataType: 'String', StringValue: kind } };
      return sns.send(new PublishCommand({ TopicArn, Message: TEXT, MessageAttributes }));
    };
    const { MessageId } = await publish('order');
    await publish('refund');
    const [order, refund] = (await all()).map(({ Body }) => JSON.parse(Body!));
    expect(order).toMatchObject({ MessageId, Message: TEXT, MessageAttributes: { kind: { Value: 'order' } } });
    expect(refund.MessageAttributes.kind).toEqual({ Type: 'String', Value: 'refund' });
    const kind = { DataType: 'String', StringValue: 'refund' };
    expect(await refunds()).toMatchObject([{ Body: TEXT, MessageAttributes: { ...ATTRIBUTES, kind } }]);
  });

  it('wake the long polls of their queues', async () => {
    const { sns, clock, topic, subscribed } = await fixture();
    const TopicArn = await topic();
    const receive = await subscribed(TopicArn, 'all', { RawMessageDelivery: 'true' });
    const polled = clock.untilPolled(20);
    const received = receive(20);
    await polled;
    await sns.send(new PublishCommand({ TopicArn, Message: 'at last' }));
    expect(await received).toMatchObject([{ Body: 'at last' }]);
  });

  it('that are FIFO deliver each message once, in order', async () => {
    const { sns, topic, subscribed } = await fixture();
    const TopicArn = await topic('orders.fifo', { FifoTopic: 'true', ContentBasedDeduplication: 'true' });
    const receive = await subscribed(TopicArn, 'orders.fifo', { RawMessageDelivery: 'true' });
    const PublishBatchRequestEntries = ['1', '2', '1', '3'].map((Message, at) => ({
      ...{ Id: `${at}`, Message, MessageGroupId: 'g' },
    }));
    const { Successful } = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
    expect(Successful![2]).toEqual({ ...Successful![0], Id: '2' });
    expect((await receive()).map(({ Body }) => Body)).toEqual(['1', '2', '3']);
  });

  it('are listed, with their subscriptions, page by page', async () => {
    const { sns, topic } = await fixture();
    const arns = await Promise.all(Array.from({ length: 101 }, (_, number) => topic(`t${number}`)));
    const listed: string[] = [];
    for await (const { Topics } of paginateListTopics({ client: sns }, {})) {
      listed.push(...Topics!.map((one) => one.TopicArn!));
    }
    expect(listed.toSorted()).toEqual(arns.toSorted());
    for await (const page of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: arns[0] })) {
      expect(page.Subscriptions).toEqual([]);
    }
  });

  it('deliver to an HTTP endpoint that confirms, with signatures that sns-validator accepts', async () => {
    // The library fetches certificates over HTTPS only.
    const ca = readFileSync(join(tls, 'cert.pem'));
    globalAgent.options.ca = ca;
    atEnd(() => delete globalAgent.options.ca);
    const options = { tlsCert: join(tls, 'cert.pem'), tlsKey: join(tls, 'key.pem'), host: 'localhost' };
    const { sns, topic } = await fixture(options, ca);
    const validator = new MessageValidator(/^localhost:\d+$/);
    const validated = promisify(validator.validate.bind(validator));
    const { url, next } = await endpoint();
    for (const SignatureVersion of ['1', '2']) {
      const TopicArn = await topic(`signed-${SignatureVersion}`, { SignatureVersion });
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: url }));
      const confirmation = JSON.parse((await next()).body);
      expect(await validated(confirmation)).toMatchObject({ Type: 'SubscriptionConfirmation', SignatureVersion });
      const { Token } = confirmation;
      const { SubscriptionArn } = await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
      await sns.send(new PublishCommand({ TopicArn, Message: TEXT, Subject: 'Größe' }));
      const { headers, body } = await next();
      expect(headers['x-amz-sns-subscription-arn']).toBe(SubscriptionArn);
      const notification = JSON.parse(body);
      expect(await validated(notification)).toMatchObject({ Message: TEXT, Subject: 'Größe', SignatureVersion });
      await expect(validated({ ...notification, Message: 'forged' })).rejects.toThrow(/signature is invalid/);
      await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
      const gone = sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
      await expect(gone).rejects.toThrow(NotFoundException);
    }
  });

  it('invoke functions like a Runtime Interface Emulator, whose errors are no failed deliveries', async () => {
    const functions = await functionServer();
    const { sns, clock, topic } = await fixture({ functions: { resize: functions.emulator } });
    functions.handle = () => ({ body: { errorType: 'Error', errorMessage: 'no' } });
    const TopicArn = await topic();
    const { SubscriptionArn } = await sns.send(
      new SubscribeCommand({ TopicArn, Protocol: 'lambda', Endpoint: FUNCTION_ARN }),
    );
    await sns.send(new PublishCommand({ TopicArn, Message: TEXT, Subject: 's' }));
    const { event, headers } = await functions.next();
    expect(headers['x-amz-invocation-type']).toBe('Event');
    expect(event.Records).toMatchObject([
      { EventSource: 'aws:sns', EventSubscriptionArn: SubscriptionArn, Sns: { Message: TEXT, Subject: 's' } },
    ]);
    await clock.advance(3600_000);
    expect(functions.invocations).toHaveLength(1);
  });

  it('invoke a function again that was busy, until it takes the event', async () => {
    const functions = await functionServer();
    const { sns, topic } = await fixture({ functions: { resize: functions.url } });
    const TopicArn = await topic();
    let attempts = 0;
    functions.handle = () => ({ status: ++attempts < 3 ? 503 : 202 });
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'lambda', Endpoint: FUNCTION_ARN }));
    await sns.send(new PublishCommand({ TopicArn, Message: 'x' }));
    for (let attempt = 1; attempt <= 3; attempt++) await functions.next();
    expect(new Set(functions.invocations.map(({ event }) => event.Records[0].Sns.MessageId)).size).toBe(1);
  });

  it('refuse with errors of the classes of the SDK', async () => {
    const { sns, topic } = await fixture();
    const TopicArn = await topic();
    const empty = sns.send(new PublishCommand({ TopicArn, Message: '' }));
    await expect(empty).rejects.toThrow(InvalidParameterException);
    await expect(empty).rejects.toThrow('Invalid parameter: Empty message');
    const PublishBatchRequestEntries = Array.from({ length: 11 }, (_, at) => ({ Id: `${at}`, Message: 'x' }));
    const tooMany = sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
    await expect(tooMany).rejects.toThrow(TooManyEntriesInBatchRequestException);
    await sns.send(new DeleteTopicCommand({ TopicArn }));
    await sns.send(new DeleteTopicCommand({ TopicArn }));
    const missing = sns.send(new PublishCommand({ TopicArn, Message: 'x' }));
    await expect(missing).rejects.toThrow(NotFoundException);
    await expect(missing).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });
});
