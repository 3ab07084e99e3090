import { optional, required, string, structure } from '../wires/shape.ts';
import { tags } from './shapes.ts';
import { resourceOf, snsOperation } from './sns-operation.ts';

export const listTagsForResource = snsOperation({
  name: 'ListTagsForResource',
  summary: 'Lists the tags of a topic.',
  input: structure({ ResourceArn: required(string) }),
  output: structure({ Tags: optional(tags) }),
  async handle({ ResourceArn }, call) {
    const topic = await resourceOf(call, ResourceArn);
    return { Tags: [...topic.tags].map(([Key, Value]) => ({ Key, Value })) };
  },
});
