/**
 * The ARNs of topics and subscriptions: `arn:{partition}:sns:{region}:{account}:{name}`, and for a subscription the
 * same with `:{id}`. Source: AWS General Reference, "Amazon Resource Names (ARNs)"; error texts as observed on the
 * service.
 */

import { arnOf } from '../queues/arn.ts';
import type { Subscription, TopicKey } from '../storage/topics.ts';
import { invalid } from './refusals.ts';

/** "An ARN must have at least 6 elements." */
const ELEMENTS_MIN = 6;
/** One more than an ARN of a subscription has. A text of millions of colons would take seconds to split. */
const ELEMENTS_MAX = 8;

/** Returns the ARN of a topic, whether or not the topic exists. */
export function topicArn(key: TopicKey): string {
  return arnOf('sns', key);
}

/** Returns the ARN of a subscription, whether or not it exists. */
export function subscriptionArn({ topic, id }: Pick<Subscription, 'topic' | 'id'>): string {
  return `${topicArn(topic)}:${id}`;
}

/**
 * Returns the topic that an ARN names. `region` is that of the endpoint, undefined for an endpoint without one. Throws
 * `InvalidParameter`; `parameter` is the name of the parameter.
 */
export function topicKeyIn(arn: string, parameter: string, region: string | undefined): TopicKey {
  const { service, name, ...place } = elementsOf(arn, parameter);
  const [topicName = '', ...more] = name;
  const isHere = region === undefined || place.region === region;
  if (service !== 'sns' || topicName === '' || more.length > 0 || !isHere) throw invalid(parameter);
  return { ...place, name: topicName };
}

/** Returns the ID in the ARN of a subscription. Throws `InvalidParameter`. */
export function subscriptionIdIn(arn: string): string {
  const { name } = elementsOf(arn, 'SubscriptionArn');
  const [, id = ''] = name;
  if (id === '') throw invalid('SubscriptionId');
  return id;
}

function elementsOf(arn: string, parameter: string) {
  const elements = arn.split(':', ELEMENTS_MAX);
  if (elements.length < ELEMENTS_MIN) {
    throw invalid(`${parameter} Reason: An ARN must have at least ${ELEMENTS_MIN} elements, not ${elements.length}`);
  }
  const [, , service = '', region = '', account = '', ...name] = elements;
  return { service, region, account, name };
}
