import { deadLetterSources } from '../../queues/redrive/redrive.ts';
import { queueOperation } from '../operation.ts';
import { integer, list, optional, required, string, structure } from '../wires/shape.ts';

export const listDeadLetterSourceQueues = queueOperation({
  name: 'ListDeadLetterSourceQueues',
  summary: "Lists the URLs of a dead-letter queue's source queues, all of them or a page.",
  input: structure({ QueueUrl: required(string), NextToken: optional(string), MaxResults: optional(integer) }),
  // The only list in SQS whose name starts in lower case.
  output: structure({ queueUrls: required(list(string, 'QueueUrl')), NextToken: optional(string) }),
  async handle(queue, { NextToken, MaxResults }, { env, urls }) {
    const page = { maxResults: MaxResults, nextToken: NextToken };
    const { queues, nextToken } = await deadLetterSources(env, queue, page);
    return { queueUrls: queues.map(urls), NextToken: nextToken };
  },
});
