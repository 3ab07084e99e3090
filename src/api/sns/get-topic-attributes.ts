import { reportTopic } from '../../topics/topic-attributes.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { attributes } from './shapes.ts';
import { topicOperation } from './sns-operation.ts';

export const getTopicAttributes = topicOperation({
  name: 'GetTopicAttributes',
  summary: 'Returns the attributes of a topic.',
  input: structure({ TopicArn: required(string) }),
  output: structure({ Attributes: optional(attributes) }),
  async handle(topic, _input, { env }) {
    const subscriptions = await env.topics.subscriptionsOf(topic.id);
    const confirmed = subscriptions.filter((subscription) => subscription.confirmed).length;
    return { Attributes: reportTopic(topic, { confirmed, pending: subscriptions.length - confirmed }) };
  },
});
