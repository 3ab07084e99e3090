import { addTopicPermission } from '../../topics/topic-policy.ts';
import { memberList, required, string, structure } from '../wires/shape.ts';
import { topicOperation } from './sns-operation.ts';

export const addPermissionOperation = topicOperation({
  name: 'AddPermission',
  summary: "Allows other accounts to perform actions on a topic, by adding a statement to the topic's policy.",
  input: structure({
    TopicArn: required(string),
    Label: required(string),
    AWSAccountId: required(memberList(string)),
    ActionName: required(memberList(string)),
  }),
  async handle(topic, { Label: label, AWSAccountId: accounts, ActionName: actions }, { env }) {
    await addTopicPermission(env, topic, { label, accounts, actions });
  },
});
