import { describe, expect, it } from 'vitest';
import { type Input, overBothWires } from '../../helpers.ts';
import { arnOf, deadLetters } from '../../queues/redrive/dead-letters.ts';

const SourceArn = arnOf('dlq');

overBothWires('ListMessageMoveTasks', (fixture) => {
  describe('behaviour', () => {
    it('returns everything about a running task', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a', 'b', 'c'] });
      const asked = { SourceArn, DestinationArn: arnOf('orders'), MaxNumberOfMessagesPerSecond: 1 };
      const StartedTimestamp = f.clock.now();
      const { TaskHandle } = await f.call('StartMessageMoveTask', asked);
      await f.clock.advance(1500);
      expect(await f.call('ListMessageMoveTasks', { SourceArn })).toEqual({
        Results: [
          {
            ...asked,
            ...{ TaskHandle, Status: 'RUNNING', StartedTimestamp },
            ApproximateNumberOfMessagesMoved: 2,
            ApproximateNumberOfMessagesToMove: 3,
          },
        ],
      });
    });

    it('omits the handle of a task that has ended, and a destination or rate that was not given', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: [] });
      await f.call('StartMessageMoveTask', { SourceArn });
      await f.clock.advance(0);
      expect(await f.call('ListMessageMoveTasks', { SourceArn })).toEqual({
        Results: [
          {
            ...{ SourceArn, Status: 'COMPLETED', StartedTimestamp: f.clock.now() },
            ApproximateNumberOfMessagesMoved: 0,
            ApproximateNumberOfMessagesToMove: 0,
          },
        ],
      });
    });

    it('lists the latest task, or the requested number of tasks, latest first, ten at most', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: [] });
      const first = f.clock.now();
      for (let count = 0; count < 12; count++) {
        await f.call('StartMessageMoveTask', { SourceArn });
        await f.clock.advance(1);
      }
      const started = async (MaxResults?: number) => {
        const { Results } = await f.call('ListMessageMoveTasks', { SourceArn, MaxResults });
        return Results.map(({ StartedTimestamp }: { StartedTimestamp: number }) => StartedTimestamp - first);
      };
      expect(await started()).toEqual([11]);
      expect(await started(2)).toEqual([11, 10]);
      expect(await started(10)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    });

    it('lists the tasks of one queue only, and omits an empty list', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: [] });
      await f.call('StartMessageMoveTask', { SourceArn });
      expect(await f.call('ListMessageMoveTasks', { SourceArn: arnOf('orders'), MaxResults: 10 })).toEqual({});
    });
  });

  describe('rejects', () => {
    it.each<[Input, number, string, string]>([
      [{ MaxResults: 0 }, 400, 'MissingParameter', 'The request must contain the parameter SourceArn.'],
      [
        { SourceArn: 'http://localhost/000000000000/dlq' },
        400,
        'InvalidParameterValue',
        'You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>',
      ],
      [
        { SourceArn: arnOf('missing'), MaxResults: 0 },
        404,
        'ResourceNotFoundException',
        "The resource that you specified for the SourceArn parameter doesn't exist.",
      ],
      ...[-1, 0, 11].map((MaxResults): [Input, number, string, string] => [
        { SourceArn, MaxResults },
        400,
        'InvalidParameterValue',
        "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and 10.",
      ]),
    ])('%o', async (input, status, code, message) => {
      const { call, queue } = await fixture();
      await queue('dlq');
      await expect(call('ListMessageMoveTasks', input)).rejects.toMatchObject({ status, code, message });
    });
  });
});
