/** Functions that are subscribed to topics. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.ts';
import { ACCOUNT, withSns } from '../sns-client.ts';

const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;

/** Starts a function that answers with these statuses, then with 200. Resolves to its URL and its invocations. */
async function startFunction(...statuses: number[]) {
  const invocations: { headers: IncomingHttpHeaders; event: { Records: Record<string, unknown>[] } }[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    invocations.push({ headers: request.headers, event: JSON.parse(body) });
    response.statusCode = statuses.shift() ?? 200;
    response.end('{"errorType":"E","errorMessage":"of the function"}');
    waiting.shift()?.();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const invoked = () => new Promise<void>((resolve) => waiting.push(resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, invocations, invoked };
}

it('invokes a function with the event of SNS', async () => {
  const { url, invocations, invoked } = await startFunction();
  const { sns, topic } = await withSns({ functions: { f: url } });
  const TopicArn = await topic('t', { SignatureVersion: '2' });
  const { SubscriptionArn } = await sns('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint: FUNCTION });
  const done = invoked();
  const MessageAttributes = { color: { DataType: 'String', StringValue: 'blue' } };
  const { MessageId } = await sns('Publish', { TopicArn, Message: 'm', MessageAttributes });
  await done;
  const [{ headers, event }] = invocations as [(typeof invocations)[number]];
  expect(headers).toMatchObject({ 'x-amz-invocation-type': 'Event' });
  expect(event.Records).toEqual([
    {
      ...{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: SubscriptionArn },
      Sns: {
        ...{ Type: 'Notification', MessageId, TopicArn, Subject: null, Message: 'm', SignatureVersion: '1' },
        ...{ Timestamp: '2026-01-01T00:00:00.000Z', Signature: expect.any(String) },
        ...{ SigningCertUrl: expect.any(String), UnsubscribeUrl: expect.any(String) },
        MessageAttributes: { color: { Type: 'String', Value: 'blue' } },
      },
    },
  ]);
});

it('sends the message to the dead-letter queue only if the function cannot be had, not if it fails', async () => {
  const { url, invocations, invoked } = await startFunction();
  const { sns, sqs, topic, queue } = await withSns({ functions: { f: url } });
  const [TopicArn, dlq] = [await topic(), await queue('dlq')];
  const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dlq.arn }) };
  for (const Endpoint of [FUNCTION, FUNCTION.replace(/f$/, 'unknown')]) {
    await sns('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint, Attributes });
  }
  const done = invoked();
  await sns('Publish', { TopicArn, Message: 'm' });
  await done;
  const { Messages } = await sqs('ReceiveMessage', { QueueUrl: dlq.url, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 });
  expect(Messages).toHaveLength(1);
  expect(JSON.parse(Messages[0].Body)).toMatchObject({ Type: 'Notification', Message: 'm' });
  expect(invocations).toHaveLength(1);
});

it('tries again while the function cannot be had', async () => {
  const { url, invocations, invoked } = await startFunction(503, 500);
  const { sns, topic, clock } = await withSns({ functions: { f: url } });
  const TopicArn = await topic();
  await sns('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint: FUNCTION });
  const all = [invoked(), invoked(), invoked()];
  await sns('Publish', { TopicArn, Message: 'm' });
  await clock.advance(60_000);
  await Promise.all(all);
  expect(invocations.map(({ event }) => event)).toEqual(Array(3).fill(invocations[0]!.event));
});

it('cannot be led to another host or path by the name of a function', async () => {
  const { url, invocations } = await startFunction();
  const [{ port }, names] = [
    new URL(url),
    ['127.0.0.1', '..', 'a/b', 'a%2Fb', 'a@b', '*', '{name}', '', 'a'.repeat(141)],
  ];
  const { sns, topic, queue, taken } = await withSns({ functions: { '*': `http://{name}:${port}/{name}` } });
  const [TopicArn, dlq] = [await topic(), await queue('dlq')];
  const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dlq.arn }) };
  for (const Endpoint of [...names.map((name) => FUNCTION.replace(/f$/, name)), FUNCTION.replace(/:f$/, '')]) {
    await sns('Subscribe', { TopicArn, Protocol: 'lambda', Endpoint, Attributes });
  }
  await sns('Publish', { TopicArn, Message: 'm' });
  let letters = 0;
  await eventually(async () => {
    letters += (await taken(dlq)).length;
    expect(letters).toBe(names.length + 1);
  });
  expect(invocations).toEqual([]);
});
