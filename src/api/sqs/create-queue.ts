import { createQueue } from '../../queues/catalog.ts';
import { operation } from '../operation.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { noQueueName, queueAttributes, tags } from './shapes.ts';

export const createQueueOperation = operation({
  name: 'CreateQueue',
  summary: 'Creates a queue, or returns the existing queue of this name if it has the same attributes.',
  input: structure({
    QueueName: required(string),
    Attributes: optional(queueAttributes),
    tags: optional(tags),
  }),
  output: structure({ QueueUrl: optional(string) }),
  missing: { QueueName: noQueueName },
  needs: ({ QueueName = '' }, { caller }) => [{ action: 'CreateQueue', queue: { ...caller, name: QueueName } }],
  async handle({ QueueName, Attributes, tags }, { env, caller, urls }) {
    const key = { ...caller, name: QueueName };
    const queue = await createQueue(env, key, { attributes: Attributes ?? new Map(), tags: tags ?? new Map() });
    return { QueueUrl: urls(queue) };
  },
});
