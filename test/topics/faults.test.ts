/** Fault rules for operations of SNS. */

import { expect, it } from 'vitest';
import { withSns } from '../sns-client.ts';

it('an error is returned in the format of SNS', async () => {
  const { sns, squab, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  await subscribed(TopicArn, target);
  squab.control.faults.add({ operation: 'Publish', times: 1, effect: { type: 'error', code: 'Throttled' } });
  await expect(sns('Publish', { TopicArn, Message: 'm' })).rejects.toMatchObject({ status: 429, code: 'Throttled' });
  expect(await taken(target)).toEqual([]);
  expect(await sns('Publish', { TopicArn, Message: 'm' })).toHaveProperty('MessageId');
  expect(await taken(target)).toHaveLength(1);
});

it('an error after the request lets the message arrive, so that the publisher sends it twice', async () => {
  const { sns, squab, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  await subscribed(TopicArn, target);
  const effect = { type: 'error', code: 'InternalError', when: 'after' } as const;
  squab.control.faults.add({ operation: 'Publish', times: 1, effect });
  await expect(sns('Publish', { TopicArn, Message: 'm' })).rejects.toMatchObject({
    status: 500,
    code: 'InternalError',
  });
  await sns('Publish', { TopicArn, Message: 'm' });
  expect(await taken(target)).toHaveLength(2);
});

it('entries of a batch can fail', async () => {
  const { sns, squab, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  await subscribed(TopicArn, target, { RawMessageDelivery: 'true' });
  const effect = { type: 'fail-entries' as const, ids: ['b'], code: 'InternalError' };
  squab.control.faults.add({ operation: 'PublishBatch', effect });
  const PublishBatchRequestEntries = ['a', 'b'].map((Id) => ({ Id, Message: Id }));
  const { Successful, Failed } = await sns('PublishBatch', { TopicArn, PublishBatchRequestEntries });
  expect(Successful).toMatchObject([{ Id: 'a' }]);
  expect(Failed).toMatchObject([{ Id: 'b', Code: 'InternalError', SenderFault: 'false' }]);
  expect(await taken(target)).toMatchObject([{ Body: 'a' }]);
});

it('a rule for a queue does not apply to a topic of the same name', async () => {
  const { sns, squab, topic } = await withSns();
  const TopicArn = await topic('orders');
  squab.control.faults.add({ queue: 'orders', effect: { type: 'error', code: 'ServiceUnavailable' } });
  expect(await sns('Publish', { TopicArn, Message: 'm' })).toHaveProperty('MessageId');
});
