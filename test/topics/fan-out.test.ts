/** Publications that are multiplied by many subscribers. */

import { expect, it } from 'vitest';
import { ACCOUNT, withSns } from '../sns-client.ts';

it('that would need more memory or time than one request may take are refused, and do nothing', async () => {
  const { sns, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  const raw = { RawMessageDelivery: 'true', FilterPolicyScope: 'MessageBody', FilterPolicy: '{"many":[true]}' };
  await subscribed(TopicArn, target);
  // Those of queues that do not exist and of functions cost as much.
  const many = Array.from({ length: 1010 }, (_, index) =>
    index % 2 === 0
      ? { Protocol: 'sqs', Endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:q${index}`, Attributes: raw }
      : {
          Protocol: 'lambda',
          Endpoint: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f${index}`,
          Attributes: { FilterPolicyScope: 'MessageBody', FilterPolicy: '{"many":[true]}' },
        },
  );
  await Promise.all(many.map((one) => sns('Subscribe', { TopicArn, ...one })));
  const text = (isForMany: boolean) => `{"many":${isForMany},"x":"${'x'.repeat(262_000)}"}`;
  await expect(sns('Publish', { TopicArn, Message: text(true) })).rejects.toMatchObject({
    status: 400,
    code: 'InvalidParameter',
    message: expect.stringMatching(
      /^Invalid parameter: Message Reason: The subscribers together would get 1011 messages/,
    ),
  });
  expect(await taken(target)).toEqual([]);
  await sns('Publish', { TopicArn, Message: text(false) });
  await sns('Publish', { TopicArn, Message: '{"many":true}' });
  expect(await taken(target)).toHaveLength(2);
}, 30_000);
