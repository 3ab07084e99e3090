/** Whether an event source mapping may feed a function from a queue, if policies are enforced. */

import { accountArn } from '../queues/arn.ts';
import { policyAllows } from '../queues/policies/own-requests.ts';
import { principalOf } from '../queues/policies/principal.ts';
import type { Queue } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';

/** "The execution role needs permission to" do these on the queue. Lambda developer guide, "Using Lambda with Amazon SQS". */
export const NEEDED = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

/**
 * Returns whether the queue allows the mappings of an account to receive and delete its messages. A queue of the account
 * itself always does. Another one must allow it for as long as the mapping exists, and must allow the account as a whole:
 * functions have no roles here that a policy could name.
 */
export function mayFeed(queue: Queue, account: string, now: Millis): boolean {
  if (queue.account === account) return true;
  const principal = principalOf(accountArn(account, queue.region));
  return policyAllows(queue, { principal, actions: NEEDED }, now);
}
