import { cancelMoveTask, needsToCancel } from '../../queues/redrive/move-tasks.ts';
import { operation } from '../operation.ts';
import { integer, optional, required, string, structure } from '../wires/shape.ts';

export const cancelMessageMoveTaskOperation = operation({
  name: 'CancelMessageMoveTask',
  summary: 'Cancels a message move task; messages that it has already moved stay where they are.',
  input: structure({ TaskHandle: required(string) }),
  output: structure({ ApproximateNumberOfMessagesMoved: optional(integer) }),
  needs: ({ TaskHandle }) => needsToCancel(TaskHandle),
  async handle({ TaskHandle }, { env, caller }) {
    return { ApproximateNumberOfMessagesMoved: await cancelMoveTask(env, caller.region, TaskHandle) };
  },
});
