import { removePermission } from '../../queues/policies/permissions.ts';
import { queueOperation } from '../operation.ts';
import { required, string, structure } from '../wires/shape.ts';

export const removePermissionOperation = queueOperation({
  name: 'RemovePermission',
  summary: "Removes the statement with a given label from a queue's policy.",
  input: structure({ QueueUrl: required(string), Label: required(string) }),
  async handle(queue, { Label }, { env }) {
    await removePermission(env, queue, Label);
  },
});
