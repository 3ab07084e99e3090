/** The unmodified AWS CLI with topics, configured only by environment variables. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serve } from '../../stores.ts';
import { environment, lack, output, run } from '../programs.ts';

/** On a busy machine, the CLI takes seconds to start. */
const TIMEOUT_MS = 180_000;
const lacking = lack('AWS CLI', 'aws', ['--version']);

describe.skipIf(lacking)(`the AWS CLI${lacking}`, { timeout: TIMEOUT_MS }, () => {
  let squab: Served;
  /** Returns the JSON that the CLI prints. The endpoint of SQS is given on the command line, as docs/clients.md says. */
  const aws = async (service: 'sns' | 'sqs', ...args: string[]) => {
    const endpoint = service === 'sqs' ? ['--endpoint-url', squab.url] : [];
    const text = await output('aws', [...endpoint, service, ...args, '--output', 'json'], {
      env: environment(squab.url),
    });
    return text === '' ? undefined : JSON.parse(text);
  };

  beforeAll(async () => {
    squab = await serve();
  });
  afterAll(() => squab.stop());

  it('subscribes a queue with a filter, publishes, and gets messages and errors', async () => {
    const { TopicArn } = await aws('sns', 'create-topic', '--name', 'orders', '--tags', 'Key=team,Value=fish');
    const topic = ['--topic-arn', TopicArn];
    const { QueueUrl } = await aws('sqs', 'create-queue', '--queue-name', 'refunds');
    const { SubscriptionArn } = await aws(
      'sns',
      ...['subscribe', ...topic, '--protocol', 'sqs', '--return-subscription-arn'],
      ...['--notification-endpoint', 'arn:aws:sqs:us-east-1:000000000000:refunds'],
      ...['--attributes', JSON.stringify({ RawMessageDelivery: 'True', FilterPolicy: '{"kind":["refund"]}' })],
    );
    const batch = 'Id=a,Message=one,MessageAttributes={kind={DataType=String,StringValue=refund}}';
    const published = await aws(
      'sns',
      ...['publish-batch', ...topic, '--publish-batch-request-entries', batch, 'Id=b,Message=two'],
    );
    expect(published).toMatchObject({ Successful: [{ Id: 'a' }, { Id: 'b' }], Failed: [] });
    const receive = ['receive-message', '--queue-url', QueueUrl, '--max-number-of-messages', '10'];
    expect((await aws('sqs', ...receive)).Messages).toMatchObject([{ Body: 'one' }]);
    const { Attributes } = await aws('sns', 'get-subscription-attributes', '--subscription-arn', SubscriptionArn);
    expect(Attributes).toMatchObject({ RawMessageDelivery: 'true', FilterPolicy: '{"kind":["refund"]}' });
    expect(await aws('sns', 'unsubscribe', '--subscription-arn', SubscriptionArn)).toBeUndefined();
    expect(await aws('sns', 'list-subscriptions-by-topic', ...topic)).toEqual({ Subscriptions: [] });
    const refused = await run('aws', ['sns', 'publish', ...topic, '--message', '', '--output', 'json'], {
      env: environment(squab.url),
    });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(
      '(InvalidParameter) when calling the Publish operation: Invalid parameter: Empty message',
    );
  });
});
