import { checkTopicTags, tagTopic } from '../../topics/topic-tags.ts';
import { required, string, structure } from '../wires/shape.ts';
import { tagInputs, tags } from './shapes.ts';
import { resourceOf, snsOperation } from './sns-operation.ts';

export const tagResource = snsOperation({
  name: 'TagResource',
  summary: 'Adds tags to a topic; a tag with the same key is overwritten.',
  input: structure({ ResourceArn: required(string), Tags: required(tags) }),
  output: structure({}),
  async handle({ ResourceArn, Tags }, call) {
    const added = checkTopicTags(tagInputs(Tags));
    await tagTopic(call.env, await resourceOf(call, ResourceArn), added);
    return {};
  },
});
