/**
 * Filter policies: a text becomes a policy once, and the policy then decides about each message.
 * Source: developer guide, "Amazon SNS message filtering"; API reference, SetSubscriptionAttributes.
 */

import { isJsonObject } from '../../queues/json-object.ts';
import { Steps } from '../../queues/policies/answers.ts';
import type { MessageAttribute } from '../../storage/store.ts';
import { InvalidText } from '../invalid-text.ts';
import type { Dialect } from './conditions.ts';
import { JsonTree } from './json-tree.ts';
import { ExaminedAttributes } from './message-attributes.ts';
import { parseRules, TOO_COMPLEX } from './parse-rules.ts';
import { type AllOf, type Examined, FILTER_STEPS_MAX, type Rule, reasonAgainst, satisfies } from './rules.ts';

/** Where a policy looks: at the attributes of a message, or into its body. */
export type FilterScope = 'MessageAttributes' | 'MessageBody';

export interface FilterPolicy {
  readonly scope: FilterScope;
  readonly rules: AllOf;
}

/** Source of the limits: developer guide, "Filter policy constraints in Amazon SNS". */
const KEYS_MAX = 5;
const COMPLEXITY_MAX = 150;
const WILDCARD_POINTS_MAX = 100;
const POLICY_BYTES_MAX = 256 * 1024;

/** Suffixes cannot be negated, although EventBridge, whose rules SNS uses, can. */
const dialect: Dialect = { negatable: new Set(['prefix', 'wildcard']) };

/**
 * Parses the text of a filter policy. `prefix` is how the operation begins its errors, such as `Invalid parameter: `.
 * Throws InvalidText with AWS's text.
 */
export function parseFilterPolicy(text: string, scope: FilterScope, prefix: string): FilterPolicy {
  const rules = parsed(text, `${prefix}FilterPolicy: `);
  if (scope === 'MessageAttributes' && hasNesting(rules)) {
    throw new InvalidText(
      'Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy',
    );
  }
  return { scope, rules };
}

function parsed(text: string, prefix: string): AllOf {
  try {
    if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw new InvalidText(TOO_COMPLEX);
    const object = jsonIn(text);
    if (!isJsonObject(object)) throw new InvalidText('Filter is not an object');
    const rules = parseRules(object, text.length, dialect);
    if (Object.keys(object).length > KEYS_MAX) {
      throw new InvalidText(`Filter policy can not have more than ${KEYS_MAX} keys`);
    }
    if (complexityOf(rules) > COMPLEXITY_MAX || wildcardPointsOf(rules) > WILDCARD_POINTS_MAX) {
      throw new InvalidText(TOO_COMPLEX);
    }
    return rules;
  } catch (error) {
    throw error instanceof InvalidText ? new InvalidText(`${prefix}${error.message}`) : error;
  }
}

/** AWS's text continues with that of its JSON parser, and the position in the policy. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidText('failed to parse JSON.');
  }
}

/** "The product of the numbers of conditions, each times the nesting level of its key"; branches of `$or` are added. */
function complexityOf(rule: Rule): number {
  switch (rule.kind) {
    case 'all':
      return rule.parts.reduce((product, part) => product * complexityOf(part), 1);
    case 'any':
      return rule.branches.reduce((sum, branch) => sum + complexityOf(branch), 0);
    case 'key':
      return rule.complexity;
  }
}

function wildcardPointsOf(rule: Rule): number {
  if (rule.kind === 'key') return rule.wildcardPoints;
  const parts = rule.kind === 'all' ? rule.parts : rule.branches;
  return parts.reduce((sum, part) => sum + wildcardPointsOf(part), 0);
}

/** An `$or` is not nesting, but an object inside a branch is: the rules of an object are in an `AllOf` of their own. */
function hasNesting({ parts }: AllOf): boolean {
  return parts.some((part) => part.kind === 'all' || (part.kind === 'any' && part.branches.some(hasNesting)));
}

/** A published message, as filter policies look at it. It is read only as far as policies need it. */
export class FilteredMessage {
  readonly #body: string;
  readonly #attributes: Examined;
  #tree: Examined | 'not an object' | undefined;

  /** `body` is the text for the protocol of the subscription. */
  constructor(attributes: ReadonlyMap<string, MessageAttribute> | undefined, body: string) {
    this.#attributes = new ExaminedAttributes(attributes);
    this.#body = body;
  }

  /** Returns whether a policy lets the message pass. Throws OutOfSteps. */
  passes({ scope, rules }: FilterPolicy, steps = new Steps(FILTER_STEPS_MAX)): boolean {
    if (rules.parts.length === 0) return true;
    const examined = this.#examined(scope);
    return examined !== 'not an object' && satisfies(examined, rules, steps);
  }

  /** Returns why a policy does not let the message pass, as a text for users; undefined if it does. Throws OutOfSteps. */
  reasonAgainst({ scope, rules }: FilterPolicy, steps = new Steps(FILTER_STEPS_MAX)): string | undefined {
    if (rules.parts.length === 0) return undefined;
    const examined = this.#examined(scope);
    if (examined === 'not an object') return 'the message is not a JSON object';
    return reasonAgainst(examined, rules, steps);
  }

  #examined(scope: FilterScope): Examined | 'not an object' {
    if (scope === 'MessageAttributes') return this.#attributes;
    this.#tree ??= treeOf(this.#body);
    return this.#tree;
  }
}

function treeOf(body: string): Examined | 'not an object' {
  if (!body.trimStart().startsWith('{')) return 'not an object';
  try {
    return new JsonTree(JSON.parse(body));
  } catch {
    return 'not an object';
  }
}
