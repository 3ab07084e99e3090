/** A request is carried out in the region that it was signed for, whatever its queue URL says. */

import { expect, it } from 'vitest';
import { fed, MAPPINGS } from '../../functions/fed.ts';
import { overBothWires, temporaryFolder } from '../../helpers.ts';
import { withSns } from '../../sns-client.ts';
import { ARN, callers, everything } from './callers.ts';
import { checked, OWNER, signedBy } from './signing.ts';

const elsewhere = [
  'http://sqs.eu-west-2.localhost.localstack.cloud:4566/111122223333/q',
  'http://SQS.EU-WEST-2.localhost:4566/111122223333/q',
  'http://eu-west-2.queue.localhost.localstack.cloud:4566/111122223333/q',
  'http://localhost:4566/queue/eu-west-2/111122223333/q',
];

overBothWires('a signed request', (fixture) => {
  it.each(elsewhere)('is refused if its queue URL is of another region: %s', async (QueueUrl) => {
    const { call } = await fixture(checked);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'q' }, { sign });
    const refusal = { status: 404, code: 'InvalidAddress' };
    const message = `The address ${QueueUrl} is not valid for this endpoint.`;
    for (const [operation, input] of [
      ['SendMessage', { MessageBody: 'm' }],
      ['DeleteQueue', {}],
    ] as const) {
      await expect(call(operation, { QueueUrl, ...input }, { sign })).rejects.toMatchObject({ ...refusal, message });
    }
    const local = QueueUrl.replace(/eu-west-2/i, 'us-east-1');
    await call('SendMessage', { QueueUrl: local, MessageBody: 'm' }, { sign });
  });

  it('is refused if its path names another region', async () => {
    const { call } = await fixture(checked);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'q' }, { sign });
    const send = (region: string) =>
      call('SendMessage', { MessageBody: 'm' }, { sign, path: `/queue/${region}/111122223333/q` });
    await expect(send('eu-west-2')).rejects.toMatchObject({ status: 404, code: 'InvalidAddress' });
    await send('us-east-1');
  });

  it('goes to its own region if its queue URL was copied from AWS', async () => {
    const { call } = await fixture(checked);
    const sign = signedBy(OWNER);
    await call('CreateQueue', { QueueName: 'q' }, { sign });
    const QueueUrl = 'https://sqs.eu-west-2.amazonaws.com/111122223333/q';
    await call('SendMessage', { QueueUrl, MessageBody: 'm' }, { sign });
  });
});

it('a signed request is refused for a subscription of another region, whatever region its ARN names', async () => {
  const data = temporaryFolder();
  const london = await withSns({ ...checked, data, region: 'eu-west-2' });
  const inLondon = { sign: signedBy(OWNER, { service: 'sns', region: 'eu-west-2' }) };
  const { TopicArn } = await london.sns('CreateTopic', { Name: 't' }, inLondon);
  const input = { TopicArn, Protocol: 'sqs', Endpoint: ARN };
  const { SubscriptionArn } = await london.sns('Subscribe', input, inLondon);
  await london.squab.stop();
  const { sns } = await withSns({ ...checked, data });
  const here = { sign: signedBy(OWNER, { service: 'sns' }) };
  const raw = { AttributeName: 'RawMessageDelivery', AttributeValue: 'true' };
  for (const arn of [SubscriptionArn, SubscriptionArn.replace('eu-west-2', 'us-east-1')]) {
    for (const operation of ['GetSubscriptionAttributes', 'SetSubscriptionAttributes', 'Unsubscribe']) {
      const change = { SubscriptionArn: arn, ...(operation.startsWith('Set') && raw) };
      await expect(sns(operation, change, here)).rejects.toMatchObject({ code: 'InvalidParameter' });
    }
  }
});

it('a signed request is refused if it creates an event source mapping for a queue of another region', async () => {
  const data = temporaryFolder();
  const london = await fed({ ...checked, data, region: 'eu-west-2' });
  await london.call('CreateQueue', { QueueName: 'q' }, { sign: signedBy(OWNER, { region: 'eu-west-2' }) });
  await london.squab.stop();
  const { squab } = await fed({ ...checked, data });
  const url = new URL(MAPPINGS, squab.url);
  const body = JSON.stringify({ EventSourceArn: ARN.replace('us-east-1', 'eu-west-2'), FunctionName: 'f' });
  const headers = await signedBy(OWNER, { service: 'lambda' })({ url, method: 'POST', headers: {}, body });
  const response = await fetch(url, { method: 'POST', headers, body });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ message: 'Unrecognized event source.' });
});

overBothWires('an unsigned request', (fixture) => {
  it.each(elsewhere)('goes to the region of its queue URL, which conditions can test: %s', async (QueueUrl) => {
    const data = temporaryFolder();
    const london = await callers(fixture, { data, region: 'eu-west-2' });
    const sign = signedBy(OWNER, { region: 'eu-west-2' });
    for (const [QueueName, region] of [
      ['q', 'eu-west-2'],
      ['closed', 'us-east-1'],
    ]) {
      const Condition = { StringEquals: { 'aws:RequestedRegion': region } };
      const Policy = JSON.stringify({ Statement: { ...everything, Resource: '*', Condition } });
      await london.call('CreateQueue', { QueueName, Attributes: { Policy } }, { sign });
    }
    await london.squab.stop();
    const { anonymous } = await callers(fixture, { data });
    await anonymous('SendMessage', { QueueUrl, MessageBody: 'm' });
    await expect(
      anonymous('SendMessage', { QueueUrl: QueueUrl.replace(/q$/, 'closed'), MessageBody: 'm' }),
    ).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});
