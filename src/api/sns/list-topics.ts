import { topicArn } from '../../topics/topic-arn.ts';
import { listTopics } from '../../topics/topic-catalog.ts';
import { memberList, nested, optional, string, structure } from '../wires/shape.ts';
import { snsOperation } from './sns-operation.ts';

export const listTopicsOperation = snsOperation({
  name: 'ListTopics',
  summary: "Lists the ARNs of the caller's topics, a page at a time.",
  input: structure({ NextToken: optional(string) }),
  output: structure({
    Topics: optional(memberList(nested({ TopicArn: optional(string) }))),
    NextToken: optional(string),
  }),
  async handle({ NextToken }, { env, caller }) {
    const { items, nextToken } = await listTopics(env, caller, NextToken);
    return { Topics: items.map((topic) => ({ TopicArn: topicArn(topic) })), NextToken: nextToken };
  },
});
