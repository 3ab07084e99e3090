/**
 * What a queue's policy says of a request: allowed, denied, or nothing.
 * Source: developer guide, "Using custom policies with the Amazon SQS access policy language"; IAM User Guide, "IAM JSON
 * policy elements reference".
 */

import { isJsonObject, type JsonObject, parseJsonObject } from '../json-object.ts';
import { type Context, conditionsHold, listOf } from './conditions.ts';
import { patternOf, type Variables } from './patterns.ts';
import type { Principal } from './principal.ts';

export interface PolicyRequest {
  /** Undefined for a request that nobody signed. */
  principal: Principal | undefined;
  /** SQS's name of it, such as `SendMessage`. */
  action: string;
  /** The queue's ARN. */
  resource: string;
  context: Context;
}

/** `policy` is its text. A Deny goes before every Allow; `nothing` means that no statement is about the request. */
export function evaluatePolicy(policy: string, request: PolicyRequest): 'allow' | 'deny' | 'nothing' {
  const { Statement, Version } = parseJsonObject(policy) ?? {};
  // Variables came with this version of the language.
  const variables = Version === '2012-10-17' ? variablesOf(request.context) : undefined;
  let verdict: 'allow' | 'nothing' = 'nothing';
  for (const statement of Array.isArray(Statement) ? Statement : [Statement]) {
    if (!isJsonObject(statement)) continue;
    const applies = isAbout(statement, request, variables);
    // A condition that makes no sense lets nobody in.
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

/** Undefined: a condition makes no sense. */
function isAbout(
  statement: JsonObject,
  { principal, action, resource, context }: PolicyRequest,
  variables: Variables | undefined,
): boolean | undefined {
  const isPrincipal = (value: unknown) => principals(value).some(([kind, name]) => isMeant(kind, name, principal));
  const isAction = (value: unknown) =>
    listOf(value).some((name) => patternOf(name.toLowerCase(), undefined).matches(`sqs:${action.toLowerCase()}`));
  const isResource = (value: unknown) => listOf(value).some((name) => patternOf(name, variables).matches(resource));
  const fits =
    eitherOf(statement.Principal, statement.NotPrincipal, isPrincipal) &&
    eitherOf(statement.Action, statement.NotAction, isAction) &&
    // A queue's policy is about that queue.
    (eitherOf(statement.Resource, statement.NotResource, isResource) ||
      (statement.Resource === undefined && statement.NotResource === undefined));
  return fits && conditionsHold(statement.Condition, context, variables);
}

/** An element of a statement, or its `Not…` form. A statement that has neither is about nothing. */
function eitherOf(positive: unknown, negative: unknown, fits: (value: unknown) => boolean): boolean {
  if (positive !== undefined) return fits(positive);
  return negative !== undefined && !fits(negative);
}

/** `"*"` and `{"AWS": "*"}` are the same: everybody. */
function principals(value: unknown): [kind: string, name: string][] {
  if (value === '*') return [['AWS', '*']];
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([kind, names]) => listOf(names).map((name): [string, string] => [kind, name]));
}

function isMeant(kind: string, name: string, principal: Principal | undefined): boolean {
  if (kind === 'AWS' && name === '*') return true;
  if (!principal) return false;
  if (kind === 'Service') return principal.service === name;
  if (kind !== 'AWS' || principal.service !== undefined) return false;
  const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  if (account !== undefined) return principal.account === account;
  return principal.arn === name || principal.roleArn === withoutPath(name);
}

/** A role's session knows its role's name, but not its path. */
function withoutPath(arn: string): string {
  return arn.replace(/^(arn:[^:]+:iam::\d{12}:role\/).*\//, '$1');
}
