import { missingParameter } from '../../errors.ts';
import { addPermission } from '../../queues/policies/permissions.ts';
import { queueOperation } from '../operation.ts';
import { list, required, string, structure } from '../wires/shape.ts';

export const addPermissionOperation = queueOperation({
  name: 'AddPermission',
  summary: "Allows other accounts to perform actions on a queue, by adding a statement to the queue's policy.",
  input: structure({
    QueueUrl: required(string),
    Label: required(string),
    AWSAccountIds: required(list(string, 'AWSAccountId')),
    Actions: required(list(string, 'ActionName')),
  }),
  missing: { Actions: () => missingParameter('ActionName') },
  async handle(queue, { Label: label, AWSAccountIds: accounts, Actions: actions }, { env }) {
    await addPermission(env, queue, { label, accounts, actions });
  },
});
