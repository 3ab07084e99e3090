import { checkTopicTags, tagTopic } from '../../topics/topic-tags.ts';
import { required, string, structure } from '../wires/shape.ts';
import { tagInputs, tags } from './shapes.ts';
import { needsOn, resourceOf, snsOperation } from './sns-operation.ts';

export const tagResource = snsOperation({
  name: 'TagResource',
  summary: 'Adds tags to a topic; a tag with the same key is overwritten.',
  input: structure({ ResourceArn: required(string), Tags: required(tags) }),
  output: structure({}),
  needs: ({ ResourceArn }, call) => needsOn('TagResource', ResourceArn, call),
  async handle({ ResourceArn, Tags }, call) {
    const added = checkTopicTags(tagInputs(Tags));
    await tagTopic(call.env, await resourceOf(call, ResourceArn), added);
    return {};
  },
});
