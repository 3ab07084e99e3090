import { untagTopic } from '../../topics/topic-tags.ts';
import { memberList, required, string, structure } from '../wires/shape.ts';
import { needsOn, resourceOf, snsOperation } from './sns-operation.ts';

export const untagResource = snsOperation({
  name: 'UntagResource',
  summary: 'Removes tags from a topic.',
  input: structure({ ResourceArn: required(string), TagKeys: required(memberList(string)) }),
  output: structure({}),
  needs: ({ ResourceArn }, call) => needsOn('UntagResource', ResourceArn, call),
  async handle({ ResourceArn, TagKeys }, call) {
    await untagTopic(call.env, await resourceOf(call, ResourceArn), TagKeys);
    return {};
  },
});
