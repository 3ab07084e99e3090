/** ListTags, TagResource and UntagResource, for event source mappings. */

import { changeTags, mappingByArn } from '../../functions/mappings.ts';
import { memberList, required, string, structure } from '../wires/shape.ts';
import { lambdaOperation } from './lambda-operation.ts';
import { tagsShape } from './mapping-shapes.ts';

export const listTags = lambdaOperation({
  name: 'ListTags',
  summary: 'Lists the tags of an event source mapping.',
  input: structure({ Resource: required(string) }),
  async handle({ Resource }, { caller: { account, region } }, functions) {
    const { tags } = await mappingByArn(functions, { account, region }, Resource);
    return { Tags: Object.fromEntries(tags) };
  },
});

export const tagResource = lambdaOperation({
  name: 'TagResource',
  summary: 'Adds tags to an event source mapping.',
  input: structure({ Resource: required(string), Tags: required(tagsShape) }),
  handle({ Resource, Tags }, { caller: { account, region } }, functions) {
    return changeTags(functions, { account, region }, Resource, Tags);
  },
});

export const untagResource = lambdaOperation({
  name: 'UntagResource',
  summary: 'Removes tags from an event source mapping.',
  input: structure({ Resource: required(string), TagKeys: required(memberList(string)) }),
  handle({ Resource, TagKeys }, { caller: { account, region } }, functions) {
    return changeTags(functions, { account, region }, Resource, new Map(TagKeys.map((key) => [key, undefined])));
  },
});
