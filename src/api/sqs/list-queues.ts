import { listQueues } from '../../queues/catalog.ts';
import { operation } from '../operation.ts';
import { integer, list, optional, string, structure } from '../wires/shape.ts';

export const listQueuesOperation = operation({
  name: 'ListQueues',
  summary: "Lists the URLs of the caller's queues, all of them or a page.",
  input: structure({
    QueueNamePrefix: optional(string),
    NextToken: optional(string),
    MaxResults: optional(integer),
  }),
  output: structure({ NextToken: optional(string), QueueUrls: optional(list(string, 'QueueUrl')) }),
  async handle({ QueueNamePrefix, NextToken, MaxResults }, { env, caller, urls }) {
    const page = { prefix: QueueNamePrefix, maxResults: MaxResults, nextToken: NextToken };
    const { queues, nextToken } = await listQueues(env, caller, page);
    return { QueueUrls: queues.map(urls), NextToken: nextToken };
  },
});
