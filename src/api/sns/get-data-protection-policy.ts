import { DATA_PROTECTION_POLICY } from '../../topics/topic-attributes.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { needsOn, snsOperation, topicOf } from './sns-operation.ts';

export const getDataProtectionPolicy = snsOperation({
  name: 'GetDataProtectionPolicy',
  summary: 'Returns the data protection policy of a topic, which has no effect in Squab.',
  input: structure({ ResourceArn: required(string) }),
  output: structure({ DataProtectionPolicy: optional(string) }),
  needs: ({ ResourceArn }, call) => needsOn('GetDataProtectionPolicy', ResourceArn, call),
  async handle({ ResourceArn }, call) {
    const { attributes } = await topicOf(call, ResourceArn, 'ResourceArn');
    return { DataProtectionPolicy: attributes.get(DATA_PROTECTION_POLICY) };
  },
});
