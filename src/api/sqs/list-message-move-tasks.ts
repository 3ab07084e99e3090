import { listMoveTasks, needsAtSource } from '../../queues/redrive/move-tasks.ts';
import { operation } from '../operation.ts';
import { integer, list, nested, optional, required, string, structure } from '../wires/shape.ts';

const moveTask = nested({
  TaskHandle: optional(string),
  Status: optional(string),
  SourceArn: optional(string),
  DestinationArn: optional(string),
  MaxNumberOfMessagesPerSecond: optional(integer),
  ApproximateNumberOfMessagesMoved: optional(integer),
  ApproximateNumberOfMessagesToMove: optional(integer),
  FailureReason: optional(string),
  StartedTimestamp: optional(integer),
});

export const listMessageMoveTasksOperation = operation({
  name: 'ListMessageMoveTasks',
  summary: 'Lists the most recent message move tasks of a source queue, latest first.',
  input: structure({ SourceArn: required(string), MaxResults: optional(integer) }),
  output: structure({ Results: optional(list(moveTask, 'ListMessageMoveTasksResultEntry')) }),
  needs: ({ SourceArn }) => needsAtSource('ListMessageMoveTasks', SourceArn),
  async handle({ SourceArn, MaxResults }, { env, caller }) {
    const tasks = await listMoveTasks(env, caller.region, SourceArn, MaxResults);
    return {
      Results: tasks.map(({ task, sourceArn, handle }) => ({
        TaskHandle: handle,
        Status: task.status,
        SourceArn: sourceArn,
        DestinationArn: task.destinationArn,
        MaxNumberOfMessagesPerSecond: task.perSecond,
        ApproximateNumberOfMessagesMoved: task.moved,
        ApproximateNumberOfMessagesToMove: task.toMove,
        FailureReason: task.failureReason,
        StartedTimestamp: task.startedAt,
      })),
    };
  },
});
