/**
 * Evaluates queue policies. They are compiled once, however many requests they are evaluated for.
 * Source: developer guide, "Using custom policies with the Amazon SQS access policy language"; IAM User Guide, "IAM
 * JSON policy elements reference" and "Grammar of the IAM JSON policy language".
 */

import { type JsonObject, parseJsonObject } from '../json-object.ts';
import { OutOfSteps, type PolicyRequest } from './answers.ts';
import { type Statement, statementOf } from './statements.ts';

export interface Policy {
  statements: readonly Statement[];
  /**
   * Whether the policy is well-formed as a whole and in all of its statements. A queue can have a malformed policy only
   * in a data folder from an earlier version.
   */
  isSound: boolean;
}

/** Recently used policies, by their texts: up to 256, and so many characters. Compiled, one takes twenty bytes. */
const compiled = new Map<string, Policy>();
const [COMPILED_MAX, CHARACTERS_MAX] = [256, 1_000_000];
let characters = 0;

/** Compiles the text of a policy, or returns the cached result. */
export function policyOf(text: string): Policy {
  const known = compiled.get(text);
  if (known) return known;
  const policy = compilePolicy(text);
  compiled.set(text, policy);
  characters += text.length;
  for (const oldest of compiled.keys()) {
    if (compiled.size <= COMPILED_MAX && characters <= CHARACTERS_MAX) break;
    compiled.delete(oldest);
    characters -= oldest.length;
  }
  return policy;
}

/** Compiles a text, which need not be a valid policy. */
export function compilePolicy(text: string): Policy {
  const policy = parseJsonObject(text) ?? {};
  const { Version, Id } = policy;
  const isKnown =
    Object.keys(policy).every((name) => ['Version', 'Id', 'Statement'].includes(name)) &&
    (Version === undefined || Version === '2008-10-17' || Version === '2012-10-17') &&
    (Id === undefined || typeof Id === 'string');
  // This version of the policy language introduced variables.
  const statements = statementsOf(policy).map((statement) => statementOf(statement, Version === '2012-10-17'));
  const isSound = isKnown && statements.length > 0 && statements.every((statement) => statement.isSound);
  return { statements: isKnown ? statements : statements.map(unclear), isSound };
}

/** Returns the statements of a policy, which may omit the list around a single one. */
export function statementsOf({ Statement }: JsonObject): unknown[] {
  return Array.isArray(Statement) ? Statement : [Statement];
}

/** A statement in a policy that is malformed itself. */
function unclear(statement: Statement): Statement {
  const appliesTo = (request: PolicyRequest) => (statement.appliesTo(request) === false ? false : undefined);
  return { ...statement, isSound: false, appliesTo };
}

/** Returns whether a Deny of the policy applies to the request: it overrides every Allow. */
export function denies({ statements }: Policy, request: PolicyRequest): boolean {
  return failsClosed(true, () =>
    statements.some(({ effect, appliesTo }) => effect === 'Deny' && appliesTo(request) !== false),
  );
}

/** Returns whether an Allow of the policy applies to the request. */
export function allows({ statements }: Policy, request: PolicyRequest): boolean {
  return failsClosed(false, () =>
    statements.some(({ effect, appliesTo }) => effect === 'Allow' && appliesTo(request) === true),
  );
}

/** Returns `otherwise` if the evaluation takes more steps than a request may cost. */
function failsClosed(otherwise: boolean, evaluate: () => boolean): boolean {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof OutOfSteps) return otherwise;
    throw error;
  }
}

/** What it takes to read and evaluate a policy, in steps for each character: most take far less. */
const STEPS_PER_CHARACTER = 20;

/** Returns how many steps of `Portions` it takes to read and evaluate the policy of a queue or topic, or to find none. */
export function stepsOfPolicy(text: string | undefined): number {
  return STEPS_PER_CHARACTER * (text?.length ?? 1);
}
