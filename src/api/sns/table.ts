/** SNS: the table of its operations, and its names on the Query wire, the only one that it has. */

import { operationTable, type Service } from '../service.ts';
import { addPermissionOperation } from './add-permission.ts';
import { confirmSubscriptionOperation } from './confirm-subscription.ts';
import { createTopicOperation } from './create-topic.ts';
import { deleteTopicOperation } from './delete-topic.ts';
import { getDataProtectionPolicy } from './get-data-protection-policy.ts';
import { getSubscriptionAttributes } from './get-subscription-attributes.ts';
import { getTopicAttributes } from './get-topic-attributes.ts';
import { listSubscriptionsOperation } from './list-subscriptions.ts';
import { listSubscriptionsByTopic } from './list-subscriptions-by-topic.ts';
import { listTagsForResource } from './list-tags-for-resource.ts';
import { listTopicsOperation } from './list-topics.ts';
import { publishBatchOperation, publishOperation } from './publish.ts';
import { putDataProtectionPolicyOperation } from './put-data-protection-policy.ts';
import { removePermissionOperation } from './remove-permission.ts';
import { setSubscriptionAttributes } from './set-subscription-attributes.ts';
import { setTopicAttributes } from './set-topic-attributes.ts';
import { subscribeOperation } from './subscribe.ts';
import { tagResource } from './tag-resource.ts';
import { unsubscribeOperation } from './unsubscribe.ts';
import { unsupported } from './unsupported.ts';
import { untagResource } from './untag-resource.ts';

/** The operations that Squab has. */
export const snsOperations = operationTable([
  addPermissionOperation,
  confirmSubscriptionOperation,
  createTopicOperation,
  deleteTopicOperation,
  getDataProtectionPolicy,
  getSubscriptionAttributes,
  getTopicAttributes,
  listSubscriptionsOperation,
  listSubscriptionsByTopic,
  listTagsForResource,
  listTopicsOperation,
  publishOperation,
  publishBatchOperation,
  putDataProtectionPolicyOperation,
  removePermissionOperation,
  setSubscriptionAttributes,
  setTopicAttributes,
  subscribeOperation,
  tagResource,
  unsubscribeOperation,
  untagResource,
]);

export const sns: Service = {
  name: 'sns',
  query: {
    version: '2010-03-31',
    namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    hasDetail: false,
    codesWithout: 'AWS.SimpleQueueService.',
  },
  operations: new Map([...snsOperations, ...unsupported]),
};
