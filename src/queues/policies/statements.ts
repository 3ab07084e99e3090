/**
 * Statements of policies, compiled so that a request can be tested against them.
 * Source: IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy language"; the
 * developer guide's policies leave out the resource, and so may those here.
 */

import { isJsonObject, type JsonObject } from '../json-object.ts';
import { type Answer, all, any, not, type PolicyRequest, type Test, UNCLEAR } from './answers.ts';
import { conditionsOf } from './conditions.ts';
import { patternOf } from './patterns.ts';
import { includes, isPrincipalName } from './principal.ts';

export interface Statement {
  /** A statement without a valid effect counts as a Deny. */
  effect: 'Allow' | 'Deny';
  /** Whether every part of the statement is well-formed. */
  isSound: boolean;
  /** Returns whether the statement applies to a request. Throws OutOfSteps. */
  appliesTo(request: PolicyRequest): Answer;
}

const ELEMENTS: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/** `variables`: whether `${` begins a variable. */
export function statementOf(value: unknown, variables: boolean): Statement {
  const statement = isJsonObject(value) ? value : {};
  const { Sid, Effect, Condition } = statement;
  const isKnown =
    Object.keys(statement).every((name) => ELEMENTS.has(name)) &&
    (Effect === 'Allow' || Effect === 'Deny') &&
    (Sid === undefined || typeof Sid === 'string');
  const tests: Test[] = [
    element(statement, 'Principal', principalTest),
    element(statement, 'Action', actionTest),
    // Without a resource, a statement applies to the queue that the policy belongs to.
    ...(has(statement, 'Resource') || has(statement, 'NotResource')
      ? [element(statement, 'Resource', (names, isNegated) => resourceTest(names, isNegated, variables))]
      : []),
    ...(Condition === undefined ? [] : conditionsOf(Condition, variables)),
    ...(isKnown ? [] : [UNCLEAR]),
  ];
  return {
    effect: Effect === 'Allow' ? 'Allow' : 'Deny',
    isSound: !tests.includes(UNCLEAR),
    appliesTo: (request) => all(tests, (test) => test(request)),
  };
}

/** Compiles an element of a statement, or its `Not…` form: there must be exactly one of the two. */
function element(statement: JsonObject, name: string, compile: (value: unknown, isNegated: boolean) => Test): Test {
  const isNegated = has(statement, `Not${name}`);
  if (isNegated === has(statement, name)) return UNCLEAR;
  const test = compile(statement[isNegated ? `Not${name}` : name], isNegated);
  return isNegated && test !== UNCLEAR ? (request) => not(test(request)) : test;
}

function has(statement: JsonObject, name: string): boolean {
  return Object.hasOwn(statement, name);
}

/** `"*"` is the same as `{"AWS": "*"}`: everyone. */
function principalTest(value: unknown): Test {
  const members = Object.entries(value === '*' ? { AWS: '*' } : isJsonObject(value) ? value : {}).map(
    ([kind, names]) => ({ kind, names: textsIn(names, (name) => isPrincipalName(kind, name)) }),
  );
  if (members.length === 0 || members.some(({ names }) => !names)) return UNCLEAR;
  return ({ principal, steps }) =>
    any(members, ({ kind, names }) =>
      any(names!, (name) => {
        steps.take(1);
        return includes(kind, name, principal);
      }),
    );
}

/** An action has the prefix of its service. */
function actionTest(value: unknown): Test {
  const names = textsIn(value, (name) => /^(\*|[a-z0-9*?-]+:[a-z0-9*?]+)$/i.test(name));
  if (!names) return UNCLEAR;
  const patterns = names.map((name) => patternOf(name.toLowerCase(), false)!);
  return (request) =>
    any(patterns, (pattern) =>
      pattern.fixed!.matches(`${request.service ?? 'sqs'}:${request.action.toLowerCase()}`, request.steps),
    );
}

function resourceTest(value: unknown, isNegated: boolean, variables: boolean): Test {
  const patterns = textsIn(value, (name) => /^(\*$|arn:)/.test(name))?.map((name) => patternOf(name, variables));
  if (!patterns || patterns.includes(undefined)) return UNCLEAR;
  // As in conditions, a variable that the request lacks matches nothing, and must not grant access because of that.
  const lacking = isNegated ? undefined : false;
  return (request) =>
    any(patterns, (pattern) => {
      const wanted = pattern!.resolve(request);
      return wanted ? wanted.matches(request.resource, request.steps) : lacking;
    });
}

/**
 * Returns the texts of an element, which may omit the list around a single one. Returns undefined if there is none, or
 * if any of them is not valid.
 */
function textsIn(value: unknown, isValid: (text: string) => boolean): string[] | undefined {
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  const areValid = texts.every((text) => typeof text === 'string' && isValid(text));
  return areValid && texts.length > 0 ? (texts as string[]) : undefined;
}
