/**
 * Access checks. Callers from the account that owns a queue or topic may do anything that its policy does not deny, since
 * Squab has no identity-based policies. Other callers may do only what the policy allows.
 * Source: developer guides, "Identity and access management" in Amazon SQS and SNS; error texts as observed on the
 * services.
 */

import { noAccessToQueue, SqsError } from '../../errors.ts';
import type { QueueKey, Store } from '../../storage/store.ts';
import type { TopicKey, Topics } from '../../storage/topics.ts';
import { Portions } from '../../time/portions.ts';
import { arnOf } from '../arn.ts';
import { Steps } from './answers.ts';
import { type Context, withResource } from './context.ts';
import { allows, denies, policyOf, stepsOfPolicy } from './evaluation.ts';
import { ownersOnly } from './permissions.ts';
import type { Principal } from './principal.ts';

/** A permission that a request needs, on a queue or on a topic. */
export type Need = QueueNeed | TopicNeed;

export interface QueueNeed {
  /** SQS's name of the action. A batch operation needs the permission for the single form. */
  action: string;
  /**
   * The queue on which the permission is needed. Its name is empty for an action on no particular queue, such as
   * ListQueues.
   */
  queue: QueueKey;
}

export interface TopicNeed {
  /** SNS's name of the action. */
  action: string;
  /** As with queues. */
  topic: TopicKey;
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

/** Where the queues and topics are. */
export interface Resources {
  store: Pick<Store, 'findQueue'>;
  /** Absent if no request needs a permission on a topic. */
  topics?: Pick<Topics, 'findTopic'>;
}

/** What an access check needs to know of a queue or a topic. */
interface Resource extends QueueKey {
  service: 'sqs' | 'sns';
  arn: string;
  /** The text of its policy, if it exists and has one. */
  policy: string | undefined;
  tags: ReadonlyMap<string, string>;
}

/**
 * Checks the permissions of a request, and throws for the first that is missing: `AccessDenied`, for a topic
 * `AuthorizationError`, or, for GetQueueUrl from another account, `QueueDoesNotExist`. Each need is computed only after
 * the previous ones have been satisfied.
 */
export async function checkAccess(resources: Resources, asker: Asker, needs: Needs): Promise<void> {
  const steps = new Steps();
  // A message move task needs a permission on each source of a dead-letter queue, of which there may be thousands.
  const portions = new Portions();
  let lastSteps = 0;
  for await (const need of needs) {
    // Only before another policy: most requests need one permission, and have nothing to wait for.
    const over = portions.done(lastSteps);
    if (over) await over;
    const resource = await resourceOf(resources, need);
    const refusal = refusalOf(need.action, resource, asker, steps);
    if (refusal !== undefined) throw accessDenied(asker, need.action, resource, refusal);
    lastSteps = stepsOfPolicy(resource.policy);
  }
}

async function resourceOf({ store, topics }: Resources, need: Need): Promise<Resource> {
  const isOfQueue = 'queue' in need;
  const { region, account, name } = isOfQueue ? need.queue : need.topic;
  const found = isOfQueue ? await store.findQueue(need.queue) : await topics?.findTopic(need.topic);
  const service = isOfQueue ? 'sqs' : 'sns';
  return {
    ...{ service, region, account, name, arn: arnOf(service, { region, account, name }) },
    policy: found?.attributes.get('Policy'),
    tags: found?.tags ?? new Map(),
  };
}

/** Returns why a permission is denied, as the end of AWS's error message; undefined if it is granted. */
function refusalOf(
  action: string,
  resource: Resource,
  { principal, context }: Asker,
  steps: Steps,
): string | undefined {
  const { service, account, name, arn, policy: text } = resource;
  const owns = principal?.account === account;
  // The account's root user is exempt, so that someone can undo a policy that denies everything to everyone.
  if (owns && principal.isRoot) return undefined;
  // For others, a policy that cannot grant the action is not evaluated, so that it costs nothing to refuse them.
  if (text !== undefined && (owns || service === 'sns' || !ownersOnly.has(action))) {
    const policy = policyOf(text);
    const request = {
      principal,
      service,
      action,
      resource: arn,
      context: withResource(context(name), resource),
      steps,
    };
    if (denies(policy, request)) return 'with an explicit deny in a resource-based policy';
    if (!owns && allows(policy, request)) return undefined;
  }
  if (owns) return undefined;
  return `because no resource-based policy allows the ${actionName(action, service)} action`;
}

function accessDenied({ principal, url }: Asker, action: string, resource: Resource, refusal: string): SqsError {
  const { service, account, arn } = resource;
  if (!principal) return notSigned(url);
  if (action === 'GetQueueUrl' && principal.account !== account) return noAccessToQueue();
  const what = `perform: ${actionName(action, service)} on resource: ${arn}`;
  const code = service === 'sns' ? 'AuthorizationError' : 'AccessDenied';
  return new SqsError(code, `User: ${principal.arn} is not authorized to ${what} ${refusal}`);
}

/** Returns the error for an unsigned request to `url`. */
export function notSigned(url: string): SqsError {
  return new SqsError('AccessDenied', `Access to the resource ${url} is denied.`);
}

/** Each service has a spelling of its own. */
function actionName(action: string, service: Resource['service']): string {
  return service === 'sns' ? `SNS:${action}` : `sqs:${action.toLowerCase()}`;
}
