/**
 * The conditions of a policy, one by one.
 * Source: developer guide, "Amazon SNS subscription filter policies"; error texts as observed on the service.
 */

import { isJsonObject } from '../../queues/json-object.ts';
import { InvalidText } from '../invalid-text.ts';
import { networkTest } from './networks.ts';
import { numericTest } from './numeric.ts';
import { type Cost, comparable, type Scalar, type Test } from './rules.ts';
import { wildcardPattern } from './wildcards.ts';

/** How the policies of SNS and the patterns of event source mappings, which are EventBridge's, differ. */
export interface Dialect {
  /** The operators that `anything-but` can negate. */
  negatable: ReadonlySet<string>;
  /** The largest number of wildcards in a pattern; SNS's limit if absent. */
  starsMax?: number;
}

/** A condition: an exact value, or the test of an operator, or whether the key exists. */
export type Condition =
  | { kind: 'exact'; value: Scalar }
  | { kind: 'exists'; exists: boolean }
  | ({ kind: 'test'; test: Test; wildcardPoints?: number } & Partial<Cost>);

/** What it takes to parse an address, and to look for it in a network. */
const NETWORK_STEPS = 50;

type Read = (wanted: unknown, dialect: Dialect) => Condition;

const operators: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['prefix', onTexts('prefix', (prefix) => (value) => value.startsWith(prefix))],
  ['suffix', onTexts('suffix', (suffix) => (value) => value.endsWith(suffix))],
  ['equals-ignore-case', onTexts('equals-ignore-case', equalsIgnoreCase, { perPortion: 1 })],
  ['wildcard', wildcard],
  ['numeric', (wanted) => ({ kind: 'test', test: numericTest(wanted) })],
  // AWS's errors say `prefix` for this operator as well.
  ['cidr', (wanted) => ({ kind: 'test', test: networkTest(textOf('prefix', wanted)), perValue: NETWORK_STEPS })],
  ['exists', exists],
  ['anything-but', anythingBut],
]);

/** Returns whether an operator has this name, so that `$or` with such a member lists conditions of the key `$or`. */
export function isOperator(name: string): boolean {
  return operators.has(name);
}

/** Parses a condition. Throws InvalidText. */
export function conditionOf(written: unknown, dialect: Dialect): Condition {
  if (isJsonObject(written)) return operatorIn(written, (name) => `Unrecognized match type ${name}`, dialect);
  if (Array.isArray(written)) throw new InvalidText('Match value must be String, number, true, false, or null');
  const value = written as Scalar;
  return { kind: 'exact', value: typeof value === 'number' ? comparable(value) : value };
}

/** Parses an object with an operator as its only member. `unknown` returns the error text for any other member. */
function operatorIn(
  object: Readonly<Record<string, unknown>>,
  unknown: (name: string) => string,
  dialect: Dialect,
  isKnown: (name: string) => boolean = isOperator,
): Condition {
  const [member, ...others] = Object.entries(object);
  if (!member) throw new InvalidText('Match expression name not found');
  const [name, wanted] = member;
  if (!isKnown(name)) throw new InvalidText(unknown(name));
  const condition = operators.get(name)!(wanted, dialect);
  if (others.length > 0) throw new InvalidText('Only one key allowed in match expression');
  return condition;
}

function onTexts(
  name: string,
  testFor: (wanted: string) => (value: string) => boolean,
  cost: Partial<Cost> = {},
): Read {
  return (wanted) => {
    const test = testFor(textOf(name, wanted));
    return { kind: 'test', test: (value) => typeof value === 'string' && test(value), ...cost };
  };
}

function textOf(operator: string, wanted: unknown): string {
  if (typeof wanted === 'string') return wanted;
  throw new InvalidText(`${operator} match pattern must be a string`);
}

function equalsIgnoreCase(wanted: string): (value: string) => boolean {
  const lowerCase = wanted.toLowerCase();
  return (value) => value.toLowerCase() === lowerCase;
}

function wildcard(wanted: unknown, { starsMax }: Dialect): Condition {
  const { matches, points } = wildcardPattern(textOf('wildcard', wanted), starsMax);
  const test: Test = (value) => typeof value === 'string' && matches(value);
  return { kind: 'test', test, wildcardPoints: points, perPortion: 1 };
}

function exists(wanted: unknown): Condition {
  if (typeof wanted === 'boolean') return { kind: 'exists', exists: wanted };
  throw new InvalidText('exists match pattern must be either true or false.');
}

function anythingBut(wanted: unknown, dialect: Dialect): Condition {
  if (isJsonObject(wanted)) return anythingButMatching(wanted, dialect);
  const excluded = new Set(Array.isArray(wanted) ? excludedValues(wanted) : [excludedValue(wanted)]);
  const test: Test = (value) => value !== null && !excluded.has(typeof value === 'number' ? comparable(value) : value);
  return { kind: 'test', test };
}

function excludedValue(wanted: unknown): Scalar {
  if (typeof wanted === 'string') return wanted;
  if (typeof wanted === 'number') return comparable(wanted);
  throw new InvalidText('Value of anything-but must be an array or single string/number value.');
}

function excludedValues(list: readonly unknown[]): Scalar[] {
  if (list.length === 0) throw new InvalidText('Empty arrays are not allowed');
  for (const one of list) {
    if (typeof one === 'string' || typeof one === 'number') continue;
    throw new InvalidText('Inside anything but list, start|null|boolean is not supported.');
  }
  if (new Set(list.map((one) => typeof one)).size > 1) {
    throw new InvalidText(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    );
  }
  return list.map(excludedValue);
}

/** `{"anything-but": {"prefix": …}}`: texts that match are excluded, and values of other types are not. */
function anythingButMatching(wanted: Readonly<Record<string, unknown>>, dialect: Dialect): Condition {
  const unsupported = (name: string) => `Unsupported anything-but pattern: ${name}`;
  const condition = operatorIn(wanted, unsupported, dialect, (name) => dialect.negatable.has(name));
  if (condition.kind !== 'test') return condition;
  const { test } = condition;
  return { ...condition, test: (value) => value !== null && !test(value) };
}
