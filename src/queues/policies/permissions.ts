/**
 * Adds permissions to a queue's policy, and removes them. Each permission is a statement of the policy.
 * Source: API reference, AddPermission and RemovePermission; error texts as observed on the service.
 */

import { invalidValue, queueDoesNotExist, SqsError } from '../../errors.ts';
import type { Queue } from '../../storage/store.ts';
import { accountArn, queueArn } from '../arn.ts';
import { isName } from '../characters.ts';
import type { Env } from '../env.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts';
import { PERMISSION_ACTIONS_MAX, POLICY_STATEMENTS_MAX } from '../limits.ts';
import { statementsOf } from './evaluation.ts';
import { normalPolicy } from './policy.ts';

/** The actions that a permission can allow. Each of them includes its batch form. */
export const grantable: ReadonlySet<string> = new Set([
  '*',
  'SendMessage',
  'ReceiveMessage',
  'DeleteMessage',
  'ChangeMessageVisibility',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
]);

/** The actions that no policy can grant to another account. */
export const ownersOnly: ReadonlySet<string> = new Set([
  'AddPermission',
  'CancelMessageMoveTask',
  'CreateQueue',
  'DeleteQueue',
  'ListMessageMoveTasks',
  'ListQueueTags',
  'ListQueues',
  'RemovePermission',
  'SetQueueAttributes',
  'StartMessageMoveTask',
  'TagQueue',
  'UntagQueue',
]);

export interface Permission {
  /** The `Sid` of the statement. */
  label: string;
  /** The IDs of the accounts that receive the permission. */
  accounts: readonly string[];
  /** SQS's names of the actions, or `*`. */
  actions: readonly string[];
}

/**
 * Adds a statement to the queue's policy, even if the policy was not created by `addPermission`. Throws
 * `InvalidParameterValue`, `InvalidAttributeValue` (if the policy becomes too long), `OverLimit`, `QueueDoesNotExist`.
 */
export async function addPermission(env: Env, queue: Queue, permission: Permission): Promise<void> {
  checkPermission(permission);
  const arn = queueArn(queue);
  const added = {
    Sid: permission.label,
    Effect: 'Allow',
    Principal: { AWS: oneOrSeveral(permission.accounts.map((account) => accountArn(account, queue.region))) },
    Action: oneOrSeveral(permission.actions.map((action) => `SQS:${action}`)),
    Resource: arn,
  };
  await changePolicy(env, queue, (existing) => {
    const policy = existing ?? { Version: '2008-10-17', Id: `${arn}/SQSDefaultPolicy`, Statement: [] };
    const statements = statementsOf(policy);
    if (statements.some((statement) => hasLabel(statement, permission.label))) {
      throw invalidValue(permission.label, 'Label', 'Already exists.');
    }
    if (statements.length >= POLICY_STATEMENTS_MAX) {
      throw overLimit(statements.length + 1, 'Statements', POLICY_STATEMENTS_MAX);
    }
    return normalPolicy(JSON.stringify({ ...policy, Statement: [...statements, added] }));
  });
}

/**
 * Removes the statement with this label from the queue's policy; if no statement is left, removes the policy too.
 * Throws `InvalidParameterValue`, `QueueDoesNotExist`.
 */
export async function removePermission(env: Env, queue: Queue, label: string): Promise<void> {
  await changePolicy(env, queue, (policy) => {
    const statements = policy ? statementsOf(policy) : [];
    const others = statements.filter((statement) => !hasLabel(statement, label));
    if (others.length === statements.length) throw invalidValue(label, 'Label', "can't find label.");
    return others.length === 0 ? undefined : JSON.stringify({ ...policy, Statement: others });
  });
}

function checkPermission({ label, accounts, actions }: Permission): void {
  if (!isName(label)) {
    throw invalidValue(
      label,
      'Label',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  }
  if (actions.length > PERMISSION_ACTIONS_MAX) throw overLimit(actions.length, 'Actions', PERMISSION_ACTIONS_MAX);
  for (const action of actions) {
    if (grantable.has(action)) continue;
    const reason = ownersOnly.has(action)
      ? 'Only the queue owner is allowed to invoke this action.'
      : 'Please refer to the appropriate WSDL for a list of valid actions.';
    throw invalidValue(`SQS:${action}`, 'ActionName', reason);
  }
  // The whole reason, as recorded on the service: there is no "principal" in it.
  if (!accounts.every((account) => /^\d{12}$/.test(account))) {
    throw invalidValue(`[${accounts.join(', ')}]`, 'PrincipalId', 'Unable to verify.');
  }
}

function overLimit(count: number, what: string, max: number): SqsError {
  return new SqsError('OverLimit', `${count} ${what} were found, maximum allowed is ${max}.`);
}

/** Returns a list only if there is more than one text, as SQS does. */
function oneOrSeveral(texts: readonly string[]): string | readonly string[] {
  return texts.length === 1 ? texts[0]! : texts;
}

function hasLabel(statement: unknown, label: string): boolean {
  return isJsonObject(statement) && statement.Sid === label;
}

/**
 * Replaces the queue's policy with the one that `next` returns for the current one. If another request changes the
 * policy in the meantime, `next` is called again. Throws `QueueDoesNotExist`, and any error of `next`.
 */
async function changePolicy(
  env: Env,
  queue: Queue,
  next: (policy: JsonObject | undefined) => string | undefined,
): Promise<void> {
  for (let current: Queue | undefined = queue; current?.id === queue.id; current = await env.store.findQueue(queue)) {
    const text = current.attributes.get('Policy');
    const attributes = new Map([['Policy', next(text === undefined ? undefined : parseJsonObject(text))]]);
    const change = { attributes, expected: new Map([['Policy', text]]) };
    const outcome = await env.store.changeQueue(queue.id, change, env.clock.now());
    if (outcome === undefined) break;
    if (outcome !== 'outdated') return;
  }
  throw queueDoesNotExist();
}
