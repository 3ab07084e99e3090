import { topicKeyIn } from '../../topics/topic-arn.ts';
import { deleteTopic } from '../../topics/topic-catalog.ts';
import { required, string, structure } from '../wires/shape.ts';
import { needsOn, regionOf, snsOperation } from './sns-operation.ts';

export const deleteTopicOperation = snsOperation({
  name: 'DeleteTopic',
  summary: 'Deletes a topic. Succeeds if it does not exist.',
  input: structure({ TopicArn: required(string) }),
  needs: ({ TopicArn }, call) => needsOn('DeleteTopic', TopicArn, call),
  async handle({ TopicArn }, call) {
    await deleteTopic(call.env, topicKeyIn(TopicArn, 'TopicArn', regionOf(call)));
  },
});
