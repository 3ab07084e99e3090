/**
 * Evaluates the conditions of a policy statement.
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or
 * values" and "Set operators".
 */

import { BlockList, isIP } from 'node:net';
import { isJsonObject } from '../json-object.ts';
import { type Pattern, patternOf, type Variables } from './patterns.ts';

/** The values of a request's condition keys. The keys are in lower case. */
export type Context = ReadonlyMap<string, readonly string[]>;

/** Compares a value of the request with one value of the policy. Returns undefined if the policy's value is invalid. */
type Test = (actual: string, wanted: Pattern) => boolean | undefined;

interface Operator {
  test: Test;
  /** The operator is true if no value of the policy matches, or if the request lacks the key. */
  negated?: true;
}

const not = (test: Test): Operator => ({ test, negated: true });

const stringEquals: Test = (actual, { text }) => text !== undefined && actual === text;
const equalsIgnoreCase: Test = (actual, { text }) => text !== undefined && actual.toLowerCase() === text.toLowerCase();
const stringLike: Test = (actual, wanted) => wanted.matches(actual);
const arnLike: Test = (actual, wanted) => wanted.matchesArn(actual);
const isTrueOrFalse: Test = (actual, { text }) =>
  /^(true|false)$/i.test(text ?? '') ? actual.toLowerCase() === text!.toLowerCase() : undefined;

const comparing =
  (read: (text: string) => number, compare: (actual: number, wanted: number) => boolean): Test =>
  (actual, { text }) => {
    const wanted = read(text ?? '');
    return Number.isNaN(wanted) ? undefined : compare(read(actual), wanted);
  };

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { test: stringEquals },
  StringNotEquals: not(stringEquals),
  StringEqualsIgnoreCase: { test: equalsIgnoreCase },
  StringNotEqualsIgnoreCase: not(equalsIgnoreCase),
  StringLike: { test: stringLike },
  StringNotLike: not(stringLike),
  ...comparisons('Numeric', numberIn),
  ...comparisons('Date', instantIn),
  Bool: { test: isTrueOrFalse },
  BinaryEquals: { test: stringEquals },
  IpAddress: { test: isInNetwork },
  NotIpAddress: not(isInNetwork),
  ArnEquals: { test: arnLike },
  ArnLike: { test: arnLike },
  ArnNotEquals: not(arnLike),
  ArnNotLike: not(arnLike),
};

function comparisons(kind: string, read: (text: string) => number): Record<string, Operator> {
  const equal = comparing(read, (actual, wanted) => actual === wanted);
  return {
    [`${kind}Equals`]: { test: equal },
    [`${kind}NotEquals`]: not(equal),
    [`${kind}LessThan`]: { test: comparing(read, (actual, wanted) => actual < wanted) },
    [`${kind}LessThanEquals`]: { test: comparing(read, (actual, wanted) => actual <= wanted) },
    [`${kind}GreaterThan`]: { test: comparing(read, (actual, wanted) => actual > wanted) },
    [`${kind}GreaterThanEquals`]: { test: comparing(read, (actual, wanted) => actual >= wanted) },
  };
}

/**
 * Returns whether a request satisfies every condition of a statement. Returns undefined if that cannot be decided,
 * because a condition is invalid: it has an unknown operator, for example.
 */
export function conditionsHold(
  condition: unknown,
  context: Context,
  variables: Variables | undefined,
): boolean | undefined {
  if (condition === undefined) return true;
  if (!isJsonObject(condition)) return undefined;
  return all(
    Object.entries(condition).map(([operator, keys]) =>
      isJsonObject(keys)
        ? all(Object.entries(keys).map(([key, wanted]) => holds(operator, key, listOf(wanted), context, variables)))
        : undefined,
    ),
  );
}

function holds(
  operatorName: string,
  key: string,
  wanted: readonly string[],
  context: Context,
  variables: Variables | undefined,
): boolean | undefined {
  const [, set, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operatorName) ?? [];
  const actual = context.get(key.toLowerCase()) ?? [];
  if (name === 'Null' && !set && !ifExists) {
    return any(wanted.map((value) => isTrueOrFalse(String(actual.length === 0), patternOf(value, undefined))));
  }
  const operator = Object.hasOwn(operators, name) ? operators[name]! : undefined;
  if (!operator) return undefined;
  if (actual.length === 0)
    return ifExists !== undefined || set === 'ForAllValues' || (!set && operator.negated === true);
  const patterns = wanted.map((text) => patternOf(text, variables));
  const results = actual.map((value) => fits(operator, value, patterns));
  // Set operators are meant for keys with several values. Without one, a single matching value is enough.
  return set === 'ForAllValues' ? all(results) : any(results);
}

/** Compares a value with the policy's: one of them must match, or, for a negated operator, none of them. */
function fits({ test, negated }: Operator, actual: string, wanted: readonly Pattern[]): boolean | undefined {
  // A pattern with a variable that the request lacks matches nothing. A negated operator must not grant access because
  // of that.
  if (negated && wanted.some(({ text }) => text === undefined)) return undefined;
  const one = any(wanted.map((pattern) => test(actual, pattern)));
  return negated && one !== undefined ? !one : one;
}

function all(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

function any(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(true)) return true;
  return results.includes(undefined) ? undefined : false;
}

/**
 * Returns the values of a policy element as strings: a policy may omit the list around a single value, and the quotes
 * around numbers and booleans.
 */
export function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function numberIn(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Parses a date, in ISO 8601 or in seconds since 1970, to milliseconds since 1970. */
function instantIn(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function isInNetwork(actual: string, { text = '' }: Pattern): boolean | undefined {
  const [network = '', length, ...rest] = text.split('/');
  const version = isIP(network);
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (version === 0 || rest.length > 0 || !(prefix <= bits)) return undefined;
  const networks = new BlockList();
  networks.addSubnet(network, prefix, version === 4 ? 'ipv4' : 'ipv6');
  return isIP(actual) !== 0 && networks.check(actual, isIP(actual) === 4 ? 'ipv4' : 'ipv6');
}
