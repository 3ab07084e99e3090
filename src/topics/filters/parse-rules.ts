/**
 * Parses the JSON of a policy into rules.
 * Source: developer guide, "Filter policy constraints in Amazon SNS"; error texts as observed on the service.
 */

import { isJsonObject, type JsonObject } from '../../queues/json-object.ts';
import { InvalidText } from '../invalid-text.ts';
import { type Condition, conditionOf, type Dialect, isOperator } from './conditions.ts';
import type { AllOf, Cost, KeyRule, Rule, Scalar } from './rules.ts';

/**
 * Deeper policies are refused: no valid policy of SNS is deeper than 150 levels, and rules are evaluated recursively.
 */
const DEPTH_MAX = 200;

/**
 * The largest total length of the keys' paths. A policy exceeds it only if it repeats a long name very often, which would
 * take far more memory than its text.
 */
const pathCharactersMax = (textLength: number) => 10_000 + 16 * textLength;

/** The text of the limits on complexity, depth and wildcards. */
export const TOO_COMPLEX = 'Filter policy is too complex';

/**
 * Parses an object of a policy: all its members have to be satisfied. `textLength`: that of the policy's JSON. Throws
 * InvalidText.
 */
export function parseRules(object: JsonObject, textLength: number, dialect: Dialect): AllOf {
  return new Parser(dialect, pathCharactersMax(textLength)).members(object, '', 1);
}

class Parser {
  readonly #dialect: Dialect;
  /** The number of objects that are being parsed, one inside the other. */
  #depth = 0;
  #pathCharacters: number;

  constructor(dialect: Dialect, pathCharacters: number) {
    this.#dialect = dialect;
    this.#pathCharacters = pathCharacters;
  }

  /** `path` is the names of the objects around this one, each with a dot behind it; branches of `$or` have no names. */
  members(object: JsonObject, path: string, level: number): AllOf {
    this.#depth++;
    if (this.#depth > DEPTH_MAX) throw new InvalidText(TOO_COMPLEX);
    const parts = Object.entries(object).map(([name, value]) => this.#member(name, value, path, level));
    this.#depth--;
    return { kind: 'all', parts };
  }

  #member(name: string, value: unknown, path: string, level: number): Rule {
    if (name === '$or' && isBranches(value)) {
      return { kind: 'any', branches: value.map((branch) => this.#filled(branch, path, level)) };
    }
    if (isJsonObject(value)) return this.#filled(value, `${path}${name}.`, level + 1);
    if (!Array.isArray(value)) throw new InvalidText(`"${name}" must be an object or an array`);
    if (value.length === 0) throw new InvalidText('Empty arrays are not allowed');
    return this.#key(path + name, value, level);
  }

  #filled(object: JsonObject, path: string, level: number): AllOf {
    if (Object.keys(object).length === 0) throw new InvalidText('Empty objects are not allowed');
    return this.members(object, path, level);
  }

  #key(text: string, written: readonly unknown[], level: number): KeyRule {
    this.#pathCharacters -= text.length;
    if (this.#pathCharacters < 0) throw new InvalidText(TOO_COMPLEX);
    const conditions = written.map((one) => conditionOf(one, this.#dialect));
    return {
      kind: 'key',
      key: { text, segments: text.split('.') },
      exact: new Set(conditions.flatMap((one): Scalar[] => (one.kind === 'exact' ? [one.value] : []))),
      tests: conditions.flatMap((one) => (one.kind === 'test' ? [one.test] : [])),
      cost: costOf(conditions),
      allowsAny: conditions.some((one) => one.kind === 'exists' && one.exists),
      allowsAbsent: conditions.some((one) => one.kind === 'exists' && !one.exists),
      complexity: conditions.length * level,
      wildcardPoints: wildcardPoints(conditions),
    };
  }
}

/** Returns what it costs to compare a value with all of these conditions; the exact ones are compared at once. */
function costOf(conditions: readonly Condition[]): Cost {
  const tests = conditions.filter((one) => one.kind === 'test');
  return {
    perValue: tests.reduce((sum, { perValue = 1 }) => sum + perValue, 1),
    perPortion: tests.reduce((sum, { perPortion = 0 }) => sum + perPortion, 0),
  };
}

/**
 * Returns whether the value of `$or` lists branches. Otherwise, `$or` is a key like any other, as in the rules of
 * EventBridge.
 */
function isBranches(value: unknown): value is JsonObject[] {
  if (!Array.isArray(value) || value.length < 2) return false;
  return value.every((one) => isJsonObject(one) && !Object.keys(one).some(isOperator));
}

/** "The sum of the points of its patterns, times their number". */
function wildcardPoints(conditions: readonly Condition[]): number {
  const points = conditions.flatMap((one) => (one.kind === 'test' ? (one.wildcardPoints ?? []) : []));
  return points.reduce((sum, one) => sum + one, 0) * points.length;
}
