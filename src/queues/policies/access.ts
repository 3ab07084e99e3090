/**
 * Who may do what to which queue. Within the account that owns the queue everybody may do everything, since Squab has no
 * policies of identities, unless the queue's policy says no. Others may do what the queue's policy says.
 * Source: developer guide, "Identity and access management in Amazon SQS"; refusals as observed on the service.
 */

import { noAccessToQueue, SqsError } from '../../errors.ts';
import type { Queue, QueueKey } from '../../storage/store.ts';
import { queueArn } from '../arn.ts';
import type { Env } from '../env.ts';
import type { Context } from './conditions.ts';
import { evaluatePolicy } from './evaluation.ts';
import { ownersOnly } from './permissions.ts';
import type { Principal } from './principal.ts';

/** A permission that a call takes. */
export interface Need {
  /** SQS's name; a batch takes the permission of the single form. */
  action: string;
  /** The queue that it is for; the name is empty where no single queue is meant, as in ListQueues. */
  queue: QueueKey;
}

export interface Asker {
  /** Undefined for a request that nobody signed. */
  principal: Principal | undefined;
  /** What is known of the request; what depends on the queue is added here. */
  context: Context;
  /** Where the request went, for the refusal of one that nobody signed. */
  url: string;
}

/** Throws `AccessDenied`, or `QueueDoesNotExist` for GetQueueUrl, at the first permission that is missing. */
export async function checkAccess(env: Env, asker: Asker, needs: readonly Need[]): Promise<void> {
  for (const need of needs) {
    const refusal = refusalOf(need, asker, await env.store.findQueue(need.queue));
    if (refusal !== undefined) throw accessDenied(asker, need, refusal);
  }
}

/** Why a permission is not given, as AWS ends its sentence; undefined when it is given. */
function refusalOf({ action, queue: key }: Need, asker: Asker, queue: Queue | undefined): string | undefined {
  const { principal } = asker;
  const owns = principal?.account === key.account;
  // The only one who can undo a policy that denies everything to everybody.
  if (owns && principal.isRoot) return undefined;
  const policy = queue?.attributes.get('Policy');
  const context = queue ? withTags(asker.context, queue) : asker.context;
  const request = { principal, action, resource: queueArn(key), context };
  const verdict = policy === undefined ? 'nothing' : evaluatePolicy(policy, request);
  if (verdict === 'deny') return 'with an explicit deny in a resource-based policy';
  if (owns || (verdict === 'allow' && !ownersOnly.has(action))) return undefined;
  return `because no resource-based policy allows the ${spelled(action)} action`;
}

function withTags(context: Context, { tags }: Queue): Context {
  return new Map([
    ...context,
    ...[...tags].map(([key, value]) => [`aws:resourcetag/${key.toLowerCase()}`, [value]] as const),
  ]);
}

function accessDenied({ principal, url }: Asker, { action, queue }: Need, refusal: string): SqsError {
  if (!principal) return notSigned(url);
  if (action === 'GetQueueUrl' && principal.account !== queue.account) return noAccessToQueue();
  const what = `perform: ${spelled(action)} on resource: ${queueArn(queue)}`;
  return new SqsError('AccessDenied', `User: ${principal.arn} is not authorized to ${what} ${refusal}`);
}

/** The refusal of a request that nobody signed; `url` is where it went. */
export function notSigned(url: string): SqsError {
  return new SqsError('AccessDenied', `Access to the resource ${url} is denied.`);
}

function spelled(action: string): string {
  return `sqs:${action.toLowerCase()}`;
}
