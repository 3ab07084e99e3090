import { deleteQueue } from '../../queues/catalog.ts';
import { queueOperation } from '../operation.ts';
import { required, string, structure } from '../wires/shape.ts';

export const deleteQueueOperation = queueOperation({
  name: 'DeleteQueue',
  summary: 'Deletes a queue and every message in it.',
  input: structure({ QueueUrl: required(string) }),
  async handle(queue, _input, { env }) {
    await deleteQueue(env, queue);
  },
});
