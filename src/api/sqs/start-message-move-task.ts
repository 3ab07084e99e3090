import { needsToStart, startMoveTask } from '../../queues/redrive/move-tasks.ts';
import { operation } from '../operation.ts';
import { integer, optional, required, string, structure } from '../wires/shape.ts';

export const startMessageMoveTaskOperation = operation({
  name: 'StartMessageMoveTask',
  summary: "Starts moving a dead-letter queue's messages back to their source queues, or to another queue.",
  input: structure({
    SourceArn: required(string),
    DestinationArn: optional(string),
    MaxNumberOfMessagesPerSecond: optional(integer),
  }),
  output: structure({ TaskHandle: optional(string) }),
  needs: ({ SourceArn: sourceArn, DestinationArn: destinationArn }, { env }) =>
    needsToStart(env, { sourceArn, destinationArn }),
  async handle({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond }, { env, caller }) {
    const input = { sourceArn: SourceArn, destinationArn: DestinationArn, perSecond: MaxNumberOfMessagesPerSecond };
    return { TaskHandle: await startMoveTask(env, caller.region, input) };
  },
});
