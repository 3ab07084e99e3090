import { purgeQueue } from '../../queues/catalog.ts';
import { queueOperation } from '../operation.ts';
import { required, string, structure } from '../wires/shape.ts';

export const purgeQueueOperation = queueOperation({
  name: 'PurgeQueue',
  summary: 'Deletes every message in a queue: visible, in flight and delayed.',
  input: structure({ QueueUrl: required(string) }),
  async handle(queue, _input, { env }) {
    await purgeQueue(env, queue);
  },
});
