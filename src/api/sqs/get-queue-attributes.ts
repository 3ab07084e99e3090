import { queueDoesNotExist } from '../../errors.ts';
import { asksForCounts, reportAttributes } from '../../queues/attributes.ts';
import { queueOperation } from '../operation.ts';
import { list, optional, required, string, structure } from '../wires/shape.ts';
import { queueAttributes } from './shapes.ts';

const NO_COUNTS = { visible: 0, inFlight: 0, delayed: 0 };

export const getQueueAttributes = queueOperation({
  name: 'GetQueueAttributes',
  summary: 'Returns the requested attributes of a queue.',
  input: structure({ QueueUrl: required(string), AttributeNames: optional(list(string, 'AttributeName')) }),
  output: structure({ Attributes: optional(queueAttributes) }),
  async handle(queue, { AttributeNames: names = [] }, { env }) {
    const counts = asksForCounts(names) ? await env.store.counts(queue.id, env.clock.now()) : NO_COUNTS;
    if (!counts) throw queueDoesNotExist();
    return { Attributes: reportAttributes(queue, names, counts) };
  },
});
