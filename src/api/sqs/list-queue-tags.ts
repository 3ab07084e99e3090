import { queueOperation } from '../operation.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { tags } from './shapes.ts';

export const listQueueTags = queueOperation({
  name: 'ListQueueTags',
  summary: 'Returns the tags of a queue.',
  input: structure({ QueueUrl: required(string) }),
  output: structure({ Tags: optional(tags) }),
  async handle(queue) {
    return { Tags: queue.tags };
  },
});
