import { describe, expect, it } from 'vitest';
import { type Input, overBothWires } from '../../helpers.ts';
import { arnOf, bodiesIn, deadLetters, latestTask } from '../../queues/redrive/dead-letters.ts';

const SourceArn = arnOf('dlq');
const handleOf = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64');

overBothWires('CancelMessageMoveTask', (fixture) => {
  describe('behaviour', () => {
    it('stops a task, and does not move back what it has moved', async () => {
      const f = await fixture();
      const dlq = await deadLetters(f, { orders: ['a', 'b', 'c', 'd'] });
      const { TaskHandle } = await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
      await f.clock.advance(1000);
      expect(await f.call('CancelMessageMoveTask', { TaskHandle })).toEqual({ ApproximateNumberOfMessagesMoved: 2 });
      const task = await latestTask(f);
      expect(task).toMatchObject({ Status: 'CANCELLED', ApproximateNumberOfMessagesMoved: 2 });
      expect(task.TaskHandle).toBeUndefined();
      await f.clock.advance(10_000);
      expect(await bodiesIn(f, await f.queue('orders'))).toEqual(['a', 'b']);
      expect(await bodiesIn(f, dlq)).toEqual(['c', 'd']);
    });

    it('accepts the handle from ListMessageMoveTasks', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a', 'b'] });
      await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
      const { TaskHandle } = await latestTask(f);
      expect(await f.call('CancelMessageMoveTask', { TaskHandle })).toEqual({ ApproximateNumberOfMessagesMoved: 1 });
    });

    it('allows another task of the source to start', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a', 'b'] });
      const { TaskHandle } = await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
      // Lets it move the first message.
      await f.clock.advance(0);
      await f.call('CancelMessageMoveTask', { TaskHandle });
      await f.clock.advance(0);
      await f.call('StartMessageMoveTask', { SourceArn });
      await f.clock.advance(0);
      expect(await latestTask(f)).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 });
    });
  });

  describe('rejects', () => {
    it.each<[Input, number, string, string]>([
      [{}, 400, 'MissingParameter', 'The request must contain the parameter TaskHandle.'],
      ...[
        'x',
        '%%%',
        handleOf([]),
        handleOf({ taskId: 'a' }),
        handleOf({ taskId: 1, sourceArn: SourceArn }),
        handleOf({ taskId: 'a', sourceArn: 'dlq' }),
        handleOf({ taskId: 'a', sourceArn: SourceArn, more: ' '.repeat(1024) }),
        Buffer.from(`{"taskId":"a","taskId":"b","sourceArn":"${SourceArn}"}`).toString('base64'),
      ].map((TaskHandle): [Input, number, string, string] => [
        { TaskHandle },
        400,
        'InvalidParameterValue',
        'Value for parameter TaskHandle is invalid.',
      ]),
      [
        { TaskHandle: handleOf({ taskId: 'a', sourceArn: arnOf('missing') }) },
        404,
        'ResourceNotFoundException',
        "The resource that you specified for the SourceArn parameter doesn't exist.",
      ],
      [
        { TaskHandle: handleOf({ taskId: 'a', sourceArn: SourceArn }) },
        404,
        'ResourceNotFoundException',
        'Task does not exist.',
      ],
    ])('%o', async (input, status, code, message) => {
      const { call, queue } = await fixture();
      await queue('dlq');
      await expect(call('CancelMessageMoveTask', input)).rejects.toMatchObject({ status, code, message });
    });

    it('a handle that names a different source from that of its task', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a', 'b'] });
      const { TaskHandle } = await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
      const { taskId } = JSON.parse(Buffer.from(TaskHandle, 'base64').toString());
      const foreign = handleOf({ taskId, sourceArn: arnOf('orders') });
      await expect(f.call('CancelMessageMoveTask', { TaskHandle: foreign })).rejects.toMatchObject({
        message: 'Task does not exist.',
      });
      expect(await latestTask(f)).toMatchObject({ Status: 'RUNNING' });
    });

    it('a task that has ended', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a'] });
      const { TaskHandle } = await f.call('StartMessageMoveTask', { SourceArn });
      await f.clock.advance(0);
      await expect(f.call('CancelMessageMoveTask', { TaskHandle })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message: 'Only active tasks can be cancelled.',
      });
      expect(await latestTask(f)).toMatchObject({ Status: 'COMPLETED' });
    });
  });
});
