/**
 * Requests to HTTP subscribers. Source: developer guide, "HTTP/HTTPS headers"; recorded requests of the service.
 */

import type { Due } from './backlog.ts';
import { contentTypeOf, DEFAULT_CONTENT_TYPE } from './content-types.ts';
import type { PostRequest } from './http-client.ts';
import type { Subscriber } from './subscriber.ts';

export type MessageType = Due['type'] | 'UnsubscribeConfirmation';

/** Returns the request that carries a message to its subscriber. */
export function requestTo(
  { endpoint, arn, topicArn, policy }: Subscriber,
  { type, messageId, raw, body }: Omit<Due, 'type' | 'attributes'> & { type: MessageType },
): PostRequest {
  const isNotification = type === 'Notification';
  const headers = {
    'x-amz-sns-message-type': type,
    'x-amz-sns-message-id': messageId,
    'x-amz-sns-topic-arn': topicArn,
    ...(type !== 'SubscriptionConfirmation' && { 'x-amz-sns-subscription-arn': arn }),
    ...(isNotification && raw && { 'x-amz-sns-rawdelivery': 'true' }),
    'Content-Type': isNotification ? contentTypeOf(policy.requestPolicy.headerContentType, raw) : DEFAULT_CONTENT_TYPE,
    'User-Agent': 'Amazon Simple Notification Service Agent',
    'Accept-Encoding': 'gzip,deflate',
  };
  return { url: endpoint, headers, body };
}
