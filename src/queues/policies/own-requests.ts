/** What Squab itself does with a queue, for a topic or an event source mapping: whether the queue's policy allows that. */

import type { Queue } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import { queueArn } from '../arn.ts';
import { Steps } from './answers.ts';
import { contextOf, principalKeys, timeKeys, withResource } from './context.ts';
import { allows, denies, policyOf } from './evaluation.ts';
import type { Principal } from './principal.ts';

export interface OwnRequest {
  principal: Principal;
  /** SQS's names of the actions, all of which must be allowed. */
  actions: readonly string[];
  /** Condition keys besides those of the principal, the time and the queue. */
  keys?: readonly (readonly [key: string, value: string])[];
}

/** Returns whether the policy allows the request, whoever owns the queue: without a policy, it does not. */
export function policyAllows(queue: Queue, { principal, actions, keys = [] }: OwnRequest, now: Millis): boolean {
  const text = queue.attributes.get('Policy');
  if (text === undefined) return false;
  const policy = policyOf(text);
  const own = contextOf([...principalKeys(principal), ...timeKeys(now), ['aws:SecureTransport', 'true'], ...keys]);
  const common = { principal, resource: queueArn(queue), context: withResource(own, queue), steps: new Steps() };
  return actions.every((action) => !denies(policy, { ...common, action }) && allows(policy, { ...common, action }));
}
