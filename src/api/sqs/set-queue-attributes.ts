import { missingParameter } from '../../errors.ts';
import { setQueueAttributes } from '../../queues/catalog.ts';
import { queueOperation } from '../operation.ts';
import { required, string, structure } from '../wires/shape.ts';
import { queueAttributes } from './shapes.ts';

export const setQueueAttributesOperation = queueOperation({
  name: 'SetQueueAttributes',
  summary: 'Sets attributes of a queue: all of the given ones, or none if one is invalid.',
  input: structure({ QueueUrl: required(string), Attributes: required(queueAttributes) }),
  missing: { Attributes: () => missingParameter('Attribute.Name') },
  async handle(queue, { Attributes }, { env }) {
    await setQueueAttributes(env, queue, Attributes);
  },
});
