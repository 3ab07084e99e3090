import { removeTopicPermission } from '../../topics/topic-policy.ts';
import { required, string, structure } from '../wires/shape.ts';
import { topicOperation } from './sns-operation.ts';

export const removePermissionOperation = topicOperation({
  name: 'RemovePermission',
  summary: "Removes a statement from a topic's policy.",
  input: structure({ TopicArn: required(string), Label: required(string) }),
  async handle(topic, { Label }, { env }) {
    await removeTopicPermission(env, topic, Label);
  },
});
