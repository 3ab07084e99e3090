import { noAccessToQueue } from '../../errors.ts';
import { findOrCreateQueue } from '../../queues/catalog.ts';
import { operation } from '../operation.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { noQueueName } from './shapes.ts';

export const getQueueUrl = operation({
  name: 'GetQueueUrl',
  summary: 'Returns the URL of the queue with a given name.',
  input: structure({ QueueName: required(string), QueueOwnerAWSAccountId: optional(string) }),
  output: structure({ QueueUrl: optional(string) }),
  missing: { QueueName: noQueueName },
  needs: ({ QueueName = '', QueueOwnerAWSAccountId: owner }, { caller }) => [
    { action: 'GetQueueUrl', queue: { ...caller, account: owner || caller.account, name: QueueName } },
  ],
  async handle({ QueueName, QueueOwnerAWSAccountId: owner }, { env, caller, urls }) {
    const key = { region: caller.region, account: owner || caller.account, name: QueueName };
    if (key.account !== caller.account && !(await env.store.findQueue(key))) {
      throw noAccessToQueue();
    }
    return { QueueUrl: urls(await findOrCreateQueue(env, key)) };
  },
});
