import { optional, required, string, structure } from '../wires/shape.ts';
import { tags } from './shapes.ts';
import { needsOn, resourceOf, snsOperation } from './sns-operation.ts';

export const listTagsForResource = snsOperation({
  name: 'ListTagsForResource',
  summary: 'Lists the tags of a topic.',
  input: structure({ ResourceArn: required(string) }),
  output: structure({ Tags: optional(tags) }),
  needs: ({ ResourceArn }, call) => needsOn('ListTagsForResource', ResourceArn, call),
  async handle({ ResourceArn }, call) {
    const topic = await resourceOf(call, ResourceArn);
    return { Tags: [...topic.tags].map(([Key, Value]) => ({ Key, Value })) };
  },
});
