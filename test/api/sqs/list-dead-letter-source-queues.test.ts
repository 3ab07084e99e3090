import { describe, expect, it } from 'vitest';
import { type Fixture, overBothWires } from '../../helpers.ts';

const ARN = 'arn:aws:sqs:us-east-1:000000000000:dead';
const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: ARN, maxReceiveCount: 3 });

/** Creates a dead-letter queue with source queues of these names. */
async function deadLetterQueue({ queue }: Fixture, ...sources: string[]): Promise<{ dead: string; urls: string[] }> {
  const dead = await queue('dead');
  const urls: string[] = [];
  for (const name of sources) urls.push(await queue(name, { RedrivePolicy }));
  return { dead, urls };
}

overBothWires('ListDeadLetterSourceQueues', (fixture) => {
  describe('behaviour', () => {
    it("lists a dead-letter queue's source queues, by name", async () => {
      const made = await fixture();
      const { dead, urls } = await deadLetterQueue(made, 'b', 'a', 'c');
      await made.queue('other-dead');
      await made.queue('other', { RedrivePolicy: RedrivePolicy.replace('dead"', 'other-dead"') });
      expect(await made.call('ListDeadLetterSourceQueues', { QueueUrl: dead })).toEqual({ queueUrls: urls.sort() });
    });

    it('omits queueUrls if there are none', async () => {
      const made = await fixture();
      const { dead } = await deadLetterQueue(made);
      expect(await made.call('ListDeadLetterSourceQueues', { QueueUrl: dead })).toEqual({});
    });

    it('lists a queue that is its own dead-letter queue', async () => {
      const made = await fixture();
      const { dead } = await deadLetterQueue(made);
      await made.call('SetQueueAttributes', { QueueUrl: dead, Attributes: { RedrivePolicy } });
      expect((await made.call('ListDeadLetterSourceQueues', { QueueUrl: dead })).queueUrls).toEqual([dead]);
    });

    it('does not list a source queue that was deleted, or that no longer has a redrive policy', async () => {
      const made = await fixture();
      const { dead, urls } = await deadLetterQueue(made, 'a', 'b', 'c');
      await made.call('DeleteQueue', { QueueUrl: urls[0] });
      await made.call('SetQueueAttributes', { QueueUrl: urls[1], Attributes: { RedrivePolicy: '' } });
      expect((await made.call('ListDeadLetterSourceQueues', { QueueUrl: dead })).queueUrls).toEqual([urls[2]]);
    });

    it('finds a source queue among thousands of queues', async () => {
      const made = await fixture();
      const { dead } = await deadLetterQueue(made);
      await Promise.all(Array.from({ length: 1500 }, (_, index) => made.queue(`e-${index}`)));
      const last = await made.queue('f', { RedrivePolicy });
      expect((await made.call('ListDeadLetterSourceQueues', { QueueUrl: dead })).queueUrls).toEqual([last]);
    });

    it('returns pages, as ListQueues does', async () => {
      const { call, ...made } = await fixture();
      const { dead, urls } = await deadLetterQueue({ call, ...made }, 'a', 'b', 'c', 'd');
      const page = { QueueUrl: dead, MaxResults: 2 };
      const first = await call('ListDeadLetterSourceQueues', page);
      expect(first).toEqual({ queueUrls: urls.slice(0, 2), NextToken: expect.any(String) });
      const second = await call('ListDeadLetterSourceQueues', { ...page, NextToken: first.NextToken });
      expect(second).toEqual({ queueUrls: urls.slice(2) });
    });
  });

  describe('rejects', () => {
    it('a token without MaxResults', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await expect(call('ListDeadLetterSourceQueues', { QueueUrl, NextToken: 'x' })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message: 'MaxResults is a mandatory parameter when you provide a value for NextToken.',
      });
    });

    it.each([0, -1, 1001])('MaxResults of %i', async (MaxResults) => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await expect(call('ListDeadLetterSourceQueues', { QueueUrl, MaxResults })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message: 'Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.',
      });
    });

    it('an invalid token, or one of another queue', async () => {
      const made = await fixture();
      const { dead } = await deadLetterQueue(made, 'a', 'b');
      const { NextToken } = await made.call('ListDeadLetterSourceQueues', { QueueUrl: dead, MaxResults: 1 });
      const other = await made.queue('other');
      for (const input of [
        { QueueUrl: dead, NextToken: 'garbage' },
        { QueueUrl: other, NextToken },
      ]) {
        await expect(made.call('ListDeadLetterSourceQueues', { ...input, MaxResults: 1 })).rejects.toMatchObject({
          status: 400,
          code: 'InvalidParameterValue',
          message:
            'Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.',
        });
      }
    });

    it('a queue that does not exist', async () => {
      const { call } = await fixture();
      await expect(call('ListDeadLetterSourceQueues', { QueueUrl: 'none' })).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });
});
