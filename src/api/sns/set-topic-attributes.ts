import { setTopicAttribute } from '../../topics/topic-catalog.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { topicOperation } from './sns-operation.ts';

export const setTopicAttributes = topicOperation({
  name: 'SetTopicAttributes',
  summary: 'Sets an attribute of a topic.',
  input: structure({
    TopicArn: required(string),
    AttributeName: required(string),
    AttributeValue: optional(string),
  }),
  async handle(topic, { AttributeName, AttributeValue }, { env }) {
    await setTopicAttribute(env, topic, AttributeName, AttributeValue);
  },
});
