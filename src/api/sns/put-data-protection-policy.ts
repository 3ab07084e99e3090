import { putDataProtectionPolicy } from '../../topics/topic-catalog.ts';
import { required, string, structure } from '../wires/shape.ts';
import { needsOn, snsOperation, topicOf } from './sns-operation.ts';

export const putDataProtectionPolicyOperation = snsOperation({
  name: 'PutDataProtectionPolicy',
  summary: 'Keeps a data protection policy for a topic, which has no effect in Squab.',
  input: structure({ ResourceArn: required(string), DataProtectionPolicy: required(string) }),
  needs: ({ ResourceArn }, call) => needsOn('PutDataProtectionPolicy', ResourceArn, call),
  async handle({ ResourceArn, DataProtectionPolicy }, call) {
    await putDataProtectionPolicy(call.env, await topicOf(call, ResourceArn, 'ResourceArn'), DataProtectionPolicy);
  },
});
