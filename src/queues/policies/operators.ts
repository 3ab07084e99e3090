/**
 * The operators of conditions: how each reads a value of the policy, and compares it with one of the request.
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */

import { isIP } from 'node:net';
import { IPV4_PREFIX, networkOf } from '../ip-networks.ts';
import type { Answer, PolicyRequest, Steps } from './answers.ts';
import { patternOf, type Wildcards } from './patterns.ts';

/** Compares a value of the request with one of the policy, without negation. */
type Compare = (actual: string, request: PolicyRequest) => Answer;

/** Reads a value of the policy; returns undefined if it is not what the operator compares, such as `ten` for a number. */
type Read = (wanted: string, options: { variables: boolean; negated: boolean }) => Compare | undefined;

export interface Operator {
  read: Read;
  /** Whether the operator is true if no value of the policy matches, or if the request lacks the key. */
  negated: boolean;
}

/** What it costs, in steps, to read a value of the request as a number, a date or an address. */
const READING_STEPS = 50;

const operators: Readonly<Record<string, Operator>> = {
  ...both('StringEquals', 'StringNotEquals', texts(equals)),
  ...both('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', texts(equalsIgnoreCase)),
  ...both('StringLike', 'StringNotLike', texts(isLike)),
  ...comparisons('Numeric', numberIn),
  ...comparisons('Date', instantIn),
  Bool: one(values(booleanIn, (actual, wanted) => actual === wanted)),
  BinaryEquals: one(texts(equals)),
  ...both('IpAddress', 'NotIpAddress', inNetwork),
  ...both(
    'ArnEquals',
    'ArnNotEquals',
    texts(isArnLike, ({ isArn }) => isArn),
  ),
  ...both(
    'ArnLike',
    'ArnNotLike',
    texts(isArnLike, ({ isArn }) => isArn),
  ),
};

/** Returns the operator of this name, without its set operator and `IfExists`; undefined if there is none. */
export function operatorOf(name: string): Operator | undefined {
  return Object.hasOwn(operators, name) ? operators[name] : undefined;
}

function one(read: Read): Operator {
  return { read, negated: false };
}

function both(positive: string, negative: string, read: Read): Record<string, Operator> {
  return { [positive]: one(read), [negative]: { read, negated: true } };
}

function comparisons(kind: string, read: (text: string) => number | undefined): Record<string, Operator> {
  return {
    ...both(
      `${kind}Equals`,
      `${kind}NotEquals`,
      values(read, (actual, wanted) => actual === wanted),
    ),
    [`${kind}LessThan`]: one(values(read, (actual, wanted) => actual < wanted)),
    [`${kind}LessThanEquals`]: one(values(read, (actual, wanted) => actual <= wanted)),
    [`${kind}GreaterThan`]: one(values(read, (actual, wanted) => actual > wanted)),
    [`${kind}GreaterThanEquals`]: one(values(read, (actual, wanted) => actual >= wanted)),
  };
}

/** Texts, which may have variables. */
function texts(
  compare: (actual: string, wanted: Wildcards, steps: Steps) => Answer,
  isValid: (wanted: Wildcards) => boolean = () => true,
): Read {
  return (text, { variables, negated }) => {
    const pattern = patternOf(text, variables);
    if (!pattern || (pattern.fixed && !isValid(pattern.fixed))) return undefined;
    return (actual, request) => {
      const wanted = pattern.resolve(request);
      // A variable that the request lacks matches nothing. A negated operator must not grant access because of that.
      if (!wanted) return negated ? undefined : false;
      return compare(actual, wanted, request.steps);
    };
  };
}

function equals(actual: string, { text }: Wildcards): boolean {
  return actual === text;
}

function equalsIgnoreCase(actual: string, { text }: Wildcards, steps: Steps): boolean {
  steps.take(actual.length + text.length);
  return actual.toLowerCase() === text.toLowerCase();
}

function isLike(actual: string, wanted: Wildcards, steps: Steps): boolean {
  return wanted.matches(actual, steps);
}

function isArnLike(actual: string, wanted: Wildcards, steps: Steps): Answer {
  return wanted.matchesArn(actual, steps);
}

/** Other values. The answer is unclear for a value of the request that `read` does not understand. */
function values<T>(read: (text: string) => T | undefined, compare: (actual: T, wanted: T) => boolean): Read {
  return (text) => {
    const wanted = read(text);
    if (wanted === undefined) return undefined;
    return (actual, { steps }) => {
      steps.take(READING_STEPS);
      const value = read(actual);
      return value === undefined ? undefined : compare(value, wanted);
    };
  };
}

/** No number, date or address is longer. */
const LONGEST_VALUE = 64;

export function booleanIn(text: string): boolean | undefined {
  if (!/^(true|false)$/i.test(text)) return undefined;
  return text.length === 'true'.length;
}

/** A decimal number, up to the size at which neighbouring whole numbers can still be distinguished. */
function numberIn(text: string): number | undefined {
  if (text.length > LONGEST_VALUE || !/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** The last instant that a `Date` can hold, in milliseconds since 1970. */
const LAST_INSTANT = 8.64e15;

/**
 * Returns the instant of a date in milliseconds since 1970. "Date operators: specify the date in one of the W3C
 * implementations of the ISO 8601 date formats or in epoch (UNIX) time", which is in seconds.
 */
function instantIn(text: string): number | undefined {
  if (text.length > LONGEST_VALUE) return undefined;
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    const instant = Number(text) * 1000;
    return Math.abs(instant) <= LAST_INSTANT ? instant : undefined;
  }
  const [, date] = /^(\d{4}-\d\d(?:-\d\d)?)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  // `Date.parse` reads 30 February as 2 March.
  if (date === undefined || !isDay(date)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

function isDay(date: string): boolean {
  const instant = Date.parse(date);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(date);
}

/** All IPv4 addresses, in both spellings: `10.0.0.7` and `::ffff:10.0.0.7`. */
const isIPv4 = networkOf('0.0.0.0', 0);

/** Reads an address or a network, such as `10.1.0.0/16`. */
function inNetwork(text: string): Compare | undefined {
  const [network = '', length, ...rest] = text.split('/', 3);
  const version = versionOf(network);
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (version === 0 || rest.length > 0 || !(prefix <= bits)) return undefined;
  const isInNetwork = networkOf(network, prefix);
  // `::/0` contains every IPv4 address, too. In a policy, it stands for IPv6 addresses only.
  const isWide = version === 6 && prefix < IPV4_PREFIX;
  return (actual, { steps }) => {
    steps.take(READING_STEPS);
    if (versionOf(actual) === 0) return undefined;
    return isInNetwork(actual) && !(isWide && isIPv4(actual));
  };
}

/**
 * Returns 4 or 6, or 0 for a text that is not an address. An address with a network interface, `fe80::1%eth0`, does not
 * count as one.
 */
function versionOf(address: string): number {
  return address.length > LONGEST_VALUE || address.includes('%') ? 0 : isIP(address);
}
