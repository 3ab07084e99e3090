/** A parsed filter policy as a tree of rules, and whether a message satisfies them. */

import type { Steps } from '../../queues/policies/answers.ts';

/** A value in a message: all of JSON except objects and arrays, which only lead to values. */
export type Scalar = string | number | boolean | null;

/** Where a policy looks for values: in the message attribute with this name, or at this path of the body. */
export interface Key {
  /** The names from the outermost object inwards, joined with dots. */
  text: string;
  /** The text, split at every dot, whether the dot separates two names or belongs to one. */
  segments: readonly string[];
}

/** The values that a message has for a key. Several values are alternatives: it is enough if one of them matches. */
export interface Found {
  /** Whether the message has the key. It can be present without a value that a rule could match. */
  present: boolean;
  values: readonly Scalar[];
}

/** A message, as rules look at it. */
export interface Examined {
  find(key: Key): Found;
}

/** Returns whether a value matches. */
export type Test = (value: Scalar) => boolean;

export interface Cost {
  /** Steps for each value. */
  perValue: number;
  /** Steps for each `SCANNED_PER_STEP` characters of a text: how many conditions read all of it. */
  perPortion: number;
}

/** A step is about 30 ns, in which a wildcard, for example, is compared with this many characters. */
const SCANNED_PER_STEP = 16;

/**
 * About a tenth of a second: the most that filters may take for one request, or for one message of a queue that feeds a
 * function. 1,000 filters with 10 conditions each, on a message with 100 values, take half of it.
 */
export const FILTER_STEPS_MAX = 2_000_000;

/** All conditions for one key, of which the message has to satisfy one. */
export interface KeyRule {
  kind: 'key';
  key: Key;
  /** The values that match exactly; numbers as `comparable` returns them. */
  exact: ReadonlySet<Scalar>;
  tests: readonly Test[];
  /** What all conditions cost for a value, in steps; for a text, also for each portion of its characters. */
  cost: Cost;
  /** Whether `exists: true` is one of the conditions. */
  allowsAny: boolean;
  /** Whether `exists: false` is one of the conditions. */
  allowsAbsent: boolean;
  /** The number of conditions, times the number of objects around them. */
  complexity: number;
  /** What the wildcards of this key contribute to the limit on wildcards. */
  wildcardPoints: number;
}

/** The parts of an object, all of which the message has to satisfy. */
export interface AllOf {
  kind: 'all';
  parts: readonly Rule[];
}

/** The branches of an `$or`, of which the message has to satisfy one. */
export interface AnyOf {
  kind: 'any';
  branches: readonly AllOf[];
}

export type Rule = KeyRule | AllOf | AnyOf;

/** Six digits after the point are significant: AWS was seen to take 100.123456789 for equal to 100.1234567. */
const SIGNIFICANT = 1e6;

/** Returns the form in which numbers are compared. */
export function comparable(value: number): number {
  return Math.round(value * SIGNIFICANT);
}

/** Returns whether a message satisfies a rule. Throws OutOfSteps. */
export function satisfies(message: Examined, rule: Rule, steps: Steps): boolean {
  switch (rule.kind) {
    case 'all':
      return rule.parts.every((part) => satisfies(message, part, steps));
    case 'any':
      return rule.branches.some((branch) => satisfies(message, branch, steps));
    case 'key':
      return satisfiesKey(message, rule, steps);
  }
}

function satisfiesKey(message: Examined, rule: KeyRule, steps: Steps): boolean {
  const { key, exact, tests, cost, allowsAny, allowsAbsent } = rule;
  steps.take(key.segments.length);
  const { present, values } = message.find(key);
  if (!present) return allowsAbsent;
  if (allowsAny && values.length > 0) return true;
  return values.some((value) => {
    const characters = typeof value === 'string' ? value.length : 0;
    steps.take(cost.perValue + cost.perPortion * Math.floor(characters / SCANNED_PER_STEP));
    return exact.has(typeof value === 'number' ? comparable(value) : value) || tests.some((matches) => matches(value));
  });
}

/** The limits on quoted values, so that a reason stays readable. */
const [QUOTED_VALUES_MAX, QUOTED_CHARACTERS_MAX] = [3, 60];

/** Returns why a message does not satisfy a rule, as a text for users; undefined if it does. Throws OutOfSteps. */
export function reasonAgainst(message: Examined, rule: Rule, steps: Steps): string | undefined {
  switch (rule.kind) {
    case 'all':
      for (const part of rule.parts) {
        const reason = reasonAgainst(message, part, steps);
        if (reason !== undefined) return reason;
      }
      return undefined;
    case 'any': {
      const reasons: string[] = [];
      for (const branch of rule.branches) {
        const reason = reasonAgainst(message, branch, steps);
        if (reason === undefined) return undefined;
        reasons.push(reason);
      }
      return `no branch of "$or" matches: ${reasons.join('; ')}`;
    }
    case 'key':
      return satisfiesKey(message, rule, steps) ? undefined : reasonAgainstKey(message, rule);
  }
}

function reasonAgainstKey(message: Examined, { key }: KeyRule): string {
  const { present, values } = message.find(key);
  const name = quoted(key.text);
  if (!present) return `the message has no ${name}`;
  if (values.length === 0) return `${name} has no value that a filter policy can match`;
  const others = values.length - QUOTED_VALUES_MAX;
  const listed = values.slice(0, QUOTED_VALUES_MAX).map(quoted).join(', ');
  return `no rule of ${name} matches ${listed}${others > 0 ? ` or ${others} other values` : ''}`;
}

function quoted(value: Scalar): string {
  if (typeof value !== 'string') return String(value);
  const cut = value.length > QUOTED_CHARACTERS_MAX;
  return JSON.stringify(cut ? `${value.slice(0, QUOTED_CHARACTERS_MAX)}…` : value);
}
