/** What a filter policy may contain, and AWS's texts for everything else. */

import { describe, expect, it } from 'vitest';
import { type FilterScope, parseFilterPolicy } from '../../../src/topics/filters/filter-policy.ts';
import { InvalidText } from '../../../src/topics/invalid-text.ts';

const P = 'Invalid parameter: Attributes Reason: ';

function errorOf(text: string, scope: FilterScope = 'MessageBody'): string | undefined {
  try {
    parseFilterPolicy(text, scope, P);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidText);
    return (error as Error).message;
  }
}

const strings = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
const keys = (count: number) => Object.fromEntries(strings(count).map((name) => [name, ['x']]));
const stars = (pattern: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ wildcard: `${pattern}${i}` }));

const refusals: [policy: unknown, text: string][] = [
  [keys(6), 'Filter policy can not have more than 5 keys'],
  [{ a: strings(151) }, 'Filter policy is too complex'],
  [{ a: { b: strings(76) } }, 'Filter policy is too complex'],
  [{ a: { b: { c: strings(4) } }, d: { e: strings(3) }, f: strings(3) }, 'Filter policy is too complex'],
  [
    { a: strings(4), $or: [{ b: strings(6) }, { c: strings(4), d: strings(4) }, { e: strings(4), f: strings(4) }] },
    'Filter policy is too complex',
  ],
  [{ k: 'v' }, '"k" must be an object or an array'],
  [{ k: 5 }, '"k" must be an object or an array'],
  [{ k: null }, '"k" must be an object or an array'],
  [{ k: { suffix: 'v' } }, '"suffix" must be an object or an array'],
  [{ k: [] }, 'Empty arrays are not allowed'],
  [{ k: {} }, 'Empty objects are not allowed'],
  [{ k: [['a']] }, 'Match value must be String, number, true, false, or null'],
  [{ k: [{}] }, 'Match expression name not found'],
  [{ k: [{ prefix: 'a', suffix: 'b' }] }, 'Only one key allowed in match expression'],
  [{ k: [{ begins: 'a' }] }, 'Unrecognized match type begins'],
  [{ k: [{ constructor: 'a' }] }, 'Unrecognized match type constructor'],
  [{ k: [{ prefix: 5 }] }, 'prefix match pattern must be a string'],
  [{ k: [{ suffix: ['a'] }] }, 'suffix match pattern must be a string'],
  [{ k: [{ 'equals-ignore-case': null }] }, 'equals-ignore-case match pattern must be a string'],
  [{ k: [{ wildcard: 5 }] }, 'wildcard match pattern must be a string'],
  [{ k: [{ exists: 'true' }] }, 'exists match pattern must be either true or false.'],
  [{ k: [{ 'anything-but': { suffix: 'a' } }] }, 'Unsupported anything-but pattern: suffix'],
  [{ k: [{ 'anything-but': { exists: true } }] }, 'Unsupported anything-but pattern: exists'],
  [{ k: [{ 'anything-but': { prefix: 5 } }] }, 'prefix match pattern must be a string'],
  [{ k: [{ 'anything-but': { prefix: 'a', wildcard: 'b' } }] }, 'Only one key allowed in match expression'],
  [{ k: [{ 'anything-but': [] }] }, 'Empty arrays are not allowed'],
  [{ k: [{ numeric: 5 }] }, 'Value of numeric must be an array.'],
  [{ k: [{ numeric: [] }] }, 'Invalid member in numeric match: ]'],
  [{ k: [{ numeric: [5, '='] }] }, 'Invalid member in numeric match: 5'],
  [{ k: [{ numeric: [true] }] }, 'Invalid member in numeric match: true'],
  [{ k: [{ numeric: ['==', 5] }] }, 'Unrecognized numeric range operator: =='],
  [{ k: [{ numeric: ['='] }] }, 'Value of equals must be numeric'],
  [{ k: [{ numeric: ['=', '5'] }] }, 'Value of equals must be numeric'],
  [{ k: [{ numeric: ['<=', 'x'] }] }, 'Value of <= must be numeric'],
  [{ k: [{ numeric: ['<', 5, '>', 1] }] }, 'Too many elements in numeric expression'],
  [{ k: [{ numeric: ['<=', 5, 6] }] }, 'Too many elements in numeric expression'],
  [{ k: [{ numeric: ['=', 5, '=', 6] }] }, 'Too many elements in numeric expression'],
  [{ k: [{ numeric: ['>', 5, 6] }] }, 'Bad value in numeric range: 6'],
  [{ k: [{ numeric: ['>', 5, null] }] }, 'Bad value in numeric range: null'],
  [{ k: [{ numeric: ['>', 5, '>', 6] }] }, 'Bad numeric range operator: >'],
  [{ k: [{ numeric: ['>', 5, '<'] }] }, 'Value of < must be numeric'],
  [{ k: [{ numeric: ['>', 5, '<', 5] }] }, 'Bottom must be less than top'],
  [{ k: [{ numeric: ['>=', 5, '<=', 4] }] }, 'Bottom must be less than top'],
  [{ k: [{ numeric: ['>', 1, '<', 3, '<', 4] }] }, 'Too many terms in numeric range expression'],
  [{ k: [{ cidr: 5 }] }, 'prefix match pattern must be a string'],
  [{ k: [{ cidr: '10.0.0.0' }] }, "Malformed CIDR, one '/' required"],
  [{ k: [{ cidr: '10.0.0.0/8/8' }] }, "Malformed CIDR, one '/' required"],
  [{ k: [{ cidr: '10.0.0.0/a' }] }, 'Malformed CIDR, mask bits must be an integer'],
  [{ k: [{ cidr: '10.0.0.256/8' }] }, 'Nonstandard IP address: 10.0.0.256'],
  [{ k: [{ cidr: 'fe80::1%eth0/8' }] }, 'Nonstandard IP address: fe80::1%eth0'],
  [{ k: [{ wildcard: 'a*b*c*d*' }] }, 'wildcard match pattern can not have more than 3 wildcard characters'],
  [{ k: [{ wildcard: 'a**' }] }, 'Consecutive wildcard characters at pos 1'],
  [{ k: [{ wildcard: 'a\\b' }] }, 'Invalid escape character at pos 1'],
  // Each of these patterns counts 1 or 6 points, times the number of patterns of its key.
  [{ k: stars('*', 11) }, 'Filter policy is too complex'],
  [{ k: stars('*x*', 5) }, 'Filter policy is too complex'],
  [{ k: stars('*', 8), l: stars('*x*', 3) }, 'Filter policy is too complex'],
  [{ k: ['x'.repeat(256 * 1024)] }, 'Filter policy is too complex'],
];

const accepted: unknown[] = [
  {},
  keys(5),
  { a: strings(150) },
  { a: { b: strings(75) } },
  { a: strings(4), $or: [{ b: strings(6) }, { c: strings(4), d: strings(4) }, { e: strings(4), f: strings(3) }] },
  { a: { b: ['x'], c: ['x'], d: ['x'], e: ['x'], f: ['x'], g: ['x'] } },
  { k: stars('*', 10) },
  { k: stars('*x*', 4) },
  { k: [{ cidr: '0.0.0.0/0' }, { cidr: '10.1.2.3/32' }, { cidr: '::/0' }, { cidr: '::ffff:10.0.0.1/128' }] },
  { k: [{ numeric: ['>', -5e12, '<', 5e12] }] },
];

describe('the text of a filter policy', () => {
  it.each(refusals)('%j is refused', (policy, text) => {
    expect(errorOf(JSON.stringify(policy))).toBe(`${P}FilterPolicy: ${text}`);
  });

  it.each(accepted)('%j is accepted', (policy) => {
    expect(errorOf(JSON.stringify(policy))).toBeUndefined();
  });

  it.each(['', 'kind', "{'a':1}", '{"a":["x"]', '{"a":["x"]} x'])('%s is not JSON', (text) => {
    expect(errorOf(text)).toBe(`${P}FilterPolicy: failed to parse JSON.`);
  });

  it.each(['[]', '"x"', '5', 'null', 'true'])('%s is not an object', (text) => {
    expect(errorOf(text)).toBe(`${P}FilterPolicy: Filter is not an object`);
  });

  it('must not be nested in the scope of message attributes', () => {
    const text = 'Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy';
    expect(errorOf('{"a":{"b":["x"]}}', 'MessageAttributes')).toBe(text);
    expect(errorOf('{"$or":[{"a":["x"]},{"b":{"c":["x"]}}]}', 'MessageAttributes')).toBe(text);
    expect(errorOf('{"$or":[{"a":["x"]},{"$or":[{"b":["x"]},{"c":["x"]}]}]}', 'MessageAttributes')).toBeUndefined();
    // A condition that is written without its list is the likelier mistake.
    expect(errorOf('{"k":{"suffix":"v"}}', 'MessageAttributes')).toBe(
      `${P}FilterPolicy: "suffix" must be an object or an array`,
    );
  });
});
