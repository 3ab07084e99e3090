import { tagQueue } from '../../queues/tags.ts';
import { queueOperation } from '../operation.ts';
import { required, string, structure } from '../wires/shape.ts';
import { tags } from './shapes.ts';

export const tagQueueOperation = queueOperation({
  name: 'TagQueue',
  summary: 'Adds tags to a queue; an existing key gets the new value.',
  input: structure({ QueueUrl: required(string), Tags: required(tags) }),
  async handle(queue, { Tags }, { env }) {
    await tagQueue(env, queue, Tags);
  },
});
