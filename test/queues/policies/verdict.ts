/** Evaluates policies with a single statement. */

import { Steps } from '../../../src/queues/policies/answers.ts';
import { allows as allowed, compilePolicy, denies } from '../../../src/queues/policies/evaluation.ts';
import { principalOf } from '../../../src/queues/policies/principal.ts';

export const ARN = 'arn:aws:sqs:us-east-1:111122223333:q';
export const ALICE = 'arn:aws:iam::444455556666:user/team/alice';
export const SESSION = 'arn:aws:sts::444455556666:assumed-role/reader/session-1';

export type Json = Record<string, unknown>;
/** A request, with the members that differ from Alice's request to send a message. */
export interface Asked {
  principal?: string | undefined;
  action?: string;
  context?: Record<string, string | string[]>;
}

/**
 * Evaluates a policy for a request, which by default is one by Alice to send a message. The statement of the policy
 * is an Allow for everyone and everything, overridden by the members of `statement`.
 */
export function verdict(statement: Json, asked: Asked = {}, policy: Json = {}): string {
  const { principal, action = 'SendMessage', context = {} } = { principal: ALICE, ...asked };
  const { Principal = 'NotPrincipal' in statement ? undefined : '*', Action = '*' } = statement;
  const whole = { Effect: 'Allow', Principal, Action, Resource: ARN, ...statement };
  if ('NotAction' in statement) whole.Action = undefined;
  return verdictOf(JSON.stringify({ Version: '2012-10-17', Statement: [whole], ...policy }), {
    principal,
    action,
    context,
  });
}

/** Evaluates the text of a policy for a request. */
export function verdictOf(policy: string, { principal, action = 'SendMessage', context = {} }: Asked): string {
  const compiled = compilePolicy(policy);
  const request = {
    principal: principal === undefined ? undefined : principalOf(principal),
    action,
    resource: ARN,
    context: new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), [values].flat()])),
    steps: new Steps(),
  };
  if (denies(compiled, request)) return 'deny';
  return allowed(compiled, request) ? 'allow' : 'nothing';
}

export const allows = (statement: Json, asked?: Asked) => verdict(statement, asked) === 'allow';
