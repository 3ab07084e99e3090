/** What delivering needs to know of a subscription. */

import type { TopicKey } from '../../storage/topics.ts';
import type { EffectivePolicy } from './delivery-policy.ts';

export interface Subscriber {
  /** The last part of the subscription's ARN. */
  id: string;
  arn: string;
  topic: TopicKey;
  topicArn: string;
  protocol: 'http' | 'https' | 'lambda';
  /** A URL, or the ARN of a function. */
  endpoint: string;
  confirmed: boolean;
  policy: EffectivePolicy;
  /** From the subscription's redrive policy. */
  deadLetterArn: string | undefined;
}
