/** Whether an event source mapping may feed a function from a queue, if policies are enforced. */

import { accountArn, queueArn } from '../queues/arn.ts';
import { Steps } from '../queues/policies/answers.ts';
import { contextOf } from '../queues/policies/context.ts';
import { allows, denies, policyOf } from '../queues/policies/evaluation.ts';
import { principalOf } from '../queues/policies/principal.ts';
import type { Queue } from '../storage/store.ts';

/** "The execution role needs permission to" do these on the queue. Lambda developer guide, "Using Lambda with Amazon SQS". */
const NEEDED = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

/**
 * Returns whether the queue allows the mappings of an account to receive and delete its messages. A queue of the account
 * itself always does. Another one must allow it for as long as the mapping exists, and must allow the account as a whole:
 * functions have no roles here that a policy could name.
 */
export function mayFeed(queue: Queue, account: string): boolean {
  if (queue.account === account) return true;
  const text = queue.attributes.get('Policy');
  if (text === undefined) return false;
  const policy = policyOf(text);
  const principal = principalOf(accountArn(account, queue.region));
  const common = {
    ...{ principal, resource: queueArn(queue), steps: new Steps() },
    context: contextOf([
      ['aws:PrincipalArn', principal.arn],
      ['aws:PrincipalAccount', account],
      ['aws:SecureTransport', 'true'],
      ['aws:RequestedRegion', queue.region],
    ]),
  };
  return NEEDED.every((action) => !denies(policy, { ...common, action }) && allows(policy, { ...common, action }));
}
