/**
 * The conditions of a policy statement.
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or
 * values" and "Set operators"; "Grammar of the IAM JSON policy language".
 */

import { isJsonObject } from '../json-object.ts';
import { type Answer, all, any, not, type Test, UNCLEAR } from './answers.ts';
import { booleanIn, operatorOf } from './operators.ts';

/**
 * Returns the conditions of a statement, all of which must be true: one for each operator and key. A malformed one is
 * UNCLEAR.
 */
export function conditionsOf(condition: unknown, variables: boolean): Test[] {
  if (!isFilled(condition)) return [UNCLEAR];
  return Object.entries(condition).flatMap(([operator, keys]) => {
    if (!isFilled(keys) || repeats(Object.keys(keys))) return [UNCLEAR];
    return Object.entries(keys).map(([key, wanted]) => conditionOf(operator, key, wanted, variables));
  });
}

/** "The policy grammar does not allow empty blocks." */
function isFilled(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value) && Object.keys(value).length > 0;
}

/** Condition keys are case-insensitive, and no element may contain the same key twice. */
function repeats(keys: readonly string[]): boolean {
  return new Set(keys.map((key) => key.toLowerCase())).size < keys.length;
}

function conditionOf(operatorName: string, key: string, wanted: unknown, variables: boolean): Test {
  const texts = valuesIn(wanted);
  const [, set, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operatorName) ?? [];
  // Each condition key has the prefix of a service, or `aws:`.
  if (!texts || !/^[^:]+:./.test(key)) return UNCLEAR;
  const keyName = key.toLowerCase();
  if (name === 'Null' && !set && !ifExists) return absenceOf(keyName, texts);
  const operator = operatorOf(name);
  if (!operator) return UNCLEAR;
  const { read, negated } = operator;
  const comparisons = texts.flatMap((text) => read(text, { variables, negated }) ?? []);
  if (comparisons.length < texts.length) return UNCLEAR;
  const absent = ifExists !== undefined || set === 'ForAllValues' || (set === undefined && negated);
  // Set operators are meant for keys with several values. Without one, a single matching value is enough.
  const quantify = set === 'ForAllValues' ? all : any;
  return (request) => {
    const values = request.context.get(keyName) ?? [];
    if (values.length === 0) return absent;
    return quantify(values, (actual): Answer => {
      const matched = any(comparisons, (compare) => {
        request.steps.take(stepsFor(actual));
        return compare(actual, request);
      });
      return negated ? not(matched) : matched;
    });
  };
}

/** `Null` compares whether the request lacks the key. */
function absenceOf(keyName: string, texts: readonly string[]): Test {
  const wanted = texts.map(booleanIn);
  if (wanted.includes(undefined)) return UNCLEAR;
  return ({ context }) => wanted.includes((context.get(keyName) ?? []).length === 0);
}

/** The cost of any comparison: V8 compares some characters at a time. */
function stepsFor({ length }: string): number {
  return 1 + Math.ceil(length / 16);
}

/**
 * Returns the values of a condition as texts: a policy may omit the list around a single value, and the quotes around
 * numbers and booleans. Returns undefined for values of other types, and for an empty list.
 */
function valuesIn(value: unknown): string[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const areValid = values.every(
    (one) => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean',
  );
  return areValid && values.length > 0 ? values.map(String) : undefined;
}
