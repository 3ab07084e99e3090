import { untagQueue } from '../../queues/tags.ts';
import { queueOperation } from '../operation.ts';
import { list, required, string, structure } from '../wires/shape.ts';

export const untagQueueOperation = queueOperation({
  name: 'UntagQueue',
  summary: 'Removes tags from a queue.',
  input: structure({ QueueUrl: required(string), TagKeys: required(list(string, 'TagKey')) }),
  async handle(queue, { TagKeys }, { env }) {
    await untagQueue(env, queue, TagKeys);
  },
});
