/**
 * Access checks. Callers from the account that owns a queue may do anything that the queue's policy does not deny,
 * since Squab has no identity-based policies. Other callers may do only what the queue's policy allows.
 * Source: developer guide, "Identity and access management in Amazon SQS"; error texts as observed on the service.
 */

import { noAccessToQueue, SqsError } from '../../errors.ts';
import type { Queue, QueueKey } from '../../storage/store.ts';
import { queueArn } from '../arn.ts';
import type { Env } from '../env.ts';
import { Steps } from './answers.ts';
import { type Context, contextOf } from './context.ts';
import { allows, denies, policyOf } from './evaluation.ts';
import { ownersOnly } from './permissions.ts';
import type { Principal } from './principal.ts';

/** A permission that a request needs. */
export interface Need {
  /** SQS's name of the action. A batch operation needs the permission for the single form. */
  action: string;
  /**
   * The queue on which the permission is needed. Its name is empty for an action on no particular queue, such as
   * ListQueues.
   */
  queue: QueueKey;
}

/** The permissions that a request needs, in the order in which they are checked. */
export type Needs = Iterable<Need> | AsyncIterable<Need>;

/** The caller of a request. */
export interface Asker {
  /** Undefined for an unsigned request. */
  principal: Principal | undefined;
  /**
   * Returns the condition keys of the request, except those that depend on the queue. Called only if a policy must be
   * evaluated. Throws SqsError for a request that is too large, whatever the policy allows.
   */
  context(queueName: string): Context;
  /** The URL of the request, for the error message if it is unsigned. */
  url: string;
}

/**
 * Checks the permissions of a request, and throws for the first that is missing: `AccessDenied`, or, for GetQueueUrl
 * from another account, `QueueDoesNotExist`. Each need is computed only after the previous ones have been satisfied.
 */
export async function checkAccess(env: Env, asker: Asker, needs: Needs): Promise<void> {
  const steps = new Steps();
  for await (const need of needs) {
    const refusal = refusalOf(need, asker, await env.store.findQueue(need.queue), steps);
    if (refusal !== undefined) throw accessDenied(asker, need, refusal);
  }
}

/** Returns why a permission is denied, as the end of AWS's error message; undefined if it is granted. */
function refusalOf(
  { action, queue: key }: Need,
  { principal, context }: Asker,
  queue: Queue | undefined,
  steps: Steps,
): string | undefined {
  const owns = principal?.account === key.account;
  // The account's root user is exempt, so that someone can undo a policy that denies everything to everyone.
  if (owns && principal.isRoot) return undefined;
  const text = queue?.attributes.get('Policy');
  // For others, a policy that cannot grant the action is not evaluated, so that it costs nothing to refuse them.
  if (queue && text !== undefined && (owns || !ownersOnly.has(action))) {
    const policy = policyOf(text);
    const request = {
      principal,
      action,
      resource: queueArn(key),
      context: withQueue(context(queue.name), queue),
      steps,
    };
    if (denies(policy, request)) return 'with an explicit deny in a resource-based policy';
    if (!owns && allows(policy, request)) return undefined;
  }
  if (owns) return undefined;
  return `because no resource-based policy allows the ${actionName(action)} action`;
}

/** Adds the condition keys that depend on the queue: its tags, and its region, which is that of the endpoint. */
function withQueue(context: Context, { tags, region }: Queue): Context {
  return new Map([
    ...context,
    ['aws:requestedregion', [region]],
    ...contextOf([...tags].map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
  ]);
}

function accessDenied({ principal, url }: Asker, { action, queue }: Need, refusal: string): SqsError {
  if (!principal) return notSigned(url);
  if (action === 'GetQueueUrl' && principal.account !== queue.account) return noAccessToQueue();
  const what = `perform: ${actionName(action)} on resource: ${queueArn(queue)}`;
  return new SqsError('AccessDenied', `User: ${principal.arn} is not authorized to ${what} ${refusal}`);
}

/** Returns the error for an unsigned request to `url`. */
export function notSigned(url: string): SqsError {
  return new SqsError('AccessDenied', `Access to the resource ${url} is denied.`);
}

function actionName(action: string): string {
  return `sqs:${action.toLowerCase()}`;
}
