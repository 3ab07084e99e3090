/**
 * Evaluates a queue's policy for a request: allowed, denied, or not mentioned.
 * Source: developer guide, "Using custom policies with the Amazon SQS access policy language"; IAM User Guide, "IAM
 * JSON policy elements reference".
 */

import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts';
import { type Context, conditionsHold, listOf } from './conditions.ts';
import { patternOf, type Variables } from './patterns.ts';
import type { Principal } from './principal.ts';

export interface PolicyRequest {
  /** Undefined for an unsigned request. */
  principal: Principal | undefined;
  /** SQS's name of the action, such as `SendMessage`. */
  action: string;
  /** The queue's ARN. */
  resource: string;
  context: Context;
}

/**
 * Evaluates the text of a policy. A Deny overrides every Allow; `nothing` means that no statement applies to the
 * request.
 */
export function evaluatePolicy(policy: string, request: PolicyRequest): 'allow' | 'deny' | 'nothing' {
  const { Statement, Version } = parseJsonObject(policy) ?? {};
  // This version of the policy language introduced variables.
  const variables = Version === '2012-10-17' ? variablesOf(request.context) : undefined;
  let verdict: 'allow' | 'nothing' = 'nothing';
  for (const statement of Array.isArray(Statement) ? Statement : [Statement]) {
    if (!isJsonObject(statement)) continue;
    const applies = appliesTo(statement, request, variables);
    // An invalid condition never grants access: a Deny with one applies, an Allow does not.
    if (statement.Effect === 'Deny' && applies !== false) return 'deny';
    if (statement.Effect === 'Allow' && applies === true) verdict = 'allow';
  }
  return verdict;
}

function variablesOf(context: Context): Variables {
  return (name) => {
    const values = context.get(name);
    return values?.length === 1 ? values[0] : undefined;
  };
}

/** Returns whether a statement applies to a request; undefined if one of its conditions is invalid. */
function appliesTo(
  statement: JsonObject,
  { principal, action, resource, context }: PolicyRequest,
  variables: Variables | undefined,
): boolean | undefined {
  const isPrincipal = (value: unknown) =>
    principals(value).some(([kind, name]) => includesCaller(kind, name, principal));
  const isAction = (value: unknown) =>
    listOf(value).some((name) => patternOf(name.toLowerCase(), undefined).matches(`sqs:${action.toLowerCase()}`));
  const isResource = (value: unknown) => listOf(value).some((name) => patternOf(name, variables).matches(resource));
  const fits =
    eitherOf(statement.Principal, statement.NotPrincipal, isPrincipal) &&
    eitherOf(statement.Action, statement.NotAction, isAction) &&
    // Without a resource, a statement applies to the queue that the policy belongs to.
    (eitherOf(statement.Resource, statement.NotResource, isResource) ||
      (statement.Resource === undefined && statement.NotResource === undefined));
  return fits && conditionsHold(statement.Condition, context, variables);
}

/** Evaluates an element of a statement, or its `Not…` form. A statement with neither of them applies to nothing. */
function eitherOf(positive: unknown, negative: unknown, fits: (value: unknown) => boolean): boolean {
  if (positive !== undefined) return fits(positive);
  return negative !== undefined && !fits(negative);
}

/** Returns the members of a principal element. `"*"` is the same as `{"AWS": "*"}`: everyone. */
function principals(value: unknown): [kind: string, name: string][] {
  if (value === '*') return [['AWS', '*']];
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([kind, names]) => listOf(names).map((name): [string, string] => [kind, name]));
}

/** Returns whether a member of a principal element includes the caller. */
function includesCaller(kind: string, name: string, principal: Principal | undefined): boolean {
  if (kind === 'AWS' && name === '*') return true;
  if (!principal) return false;
  if (kind === 'Service') return principal.service === name;
  if (kind !== 'AWS' || principal.service !== undefined) return false;
  const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  if (account !== undefined) return principal.account === account;
  return principal.arn === name || principal.roleArn === withoutPath(name);
}

/** Removes the path from a role's ARN, since the ARN of a role's session does not contain it. */
function withoutPath(arn: string): string {
  return arn.replace(/^(arn:[^:]+:iam::\d{12}:role\/).*\//, '$1');
}
