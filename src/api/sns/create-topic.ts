import { topicArn } from '../../topics/topic-arn.ts';
import { createTopic } from '../../topics/topic-catalog.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { attributes, tagInputs, tags } from './shapes.ts';
import { snsOperation } from './sns-operation.ts';

export const createTopicOperation = snsOperation({
  name: 'CreateTopic',
  summary: 'Creates a topic, or returns the existing topic of this name if it has the same attributes and tags.',
  input: structure({
    Name: required(string),
    Attributes: optional(attributes),
    Tags: optional(tags),
    DataProtectionPolicy: optional(string),
  }),
  output: structure({ TopicArn: optional(string) }),
  async handle({ Name: name, Attributes, Tags = [], DataProtectionPolicy }, { env, caller }) {
    const { account, region } = caller;
    const topic = await createTopic(
      env,
      { account, region, name },
      { attributes: Attributes ?? new Map(), tags: tagInputs(Tags), dataProtectionPolicy: DataProtectionPolicy },
    );
    return { TopicArn: topicArn(topic) };
  },
});
