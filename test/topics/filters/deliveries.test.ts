/** Which messages a filter policy lets pass: every operator, in both scopes. */

import { describe, expect, it } from 'vitest';
import type { MessageAttribute } from '../../../src/storage/store.ts';
import { FilteredMessage, type FilterScope, parseFilterPolicy } from '../../../src/topics/filters/filter-policy.ts';

const policyOf = (policy: object, scope: FilterScope) => parseFilterPolicy(JSON.stringify(policy), scope, '');

/** Attributes by their names: a string, a number, a list, or an attribute as it is stored. */
type Attributes = Record<string, string | number | unknown[] | MessageAttribute>;

function attributesOf(values: Attributes): Map<string, MessageAttribute> {
  const stored = Object.entries(values).map(([name, value]): [string, MessageAttribute] => {
    if (typeof value === 'number') return [name, { dataType: 'Number', stringValue: String(value) }];
    if (typeof value === 'string') return [name, { dataType: 'String', stringValue: value }];
    return [name, Array.isArray(value) ? { dataType: 'String.Array', stringValue: JSON.stringify(value) } : value];
  });
  return new Map(stored);
}

function passesAttributes(policy: object, attributes: Attributes): boolean {
  return new FilteredMessage(attributesOf(attributes), 'a text').passes(policyOf(policy, 'MessageAttributes'));
}

function passesBody(policy: object, body: unknown): boolean {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new FilteredMessage(undefined, text).passes(policyOf(policy, 'MessageBody'));
}

/** For each operator: a condition, values that it lets pass, and values that it does not; undefined is an absent key. */
const operators: [title: string, conditions: unknown[], passing: unknown[], others: unknown[]][] = [
  ['an exact text', ['order', 'refund'], ['order', 'refund'], ['Order', 'orders', '', undefined]],
  ['an exact number', [12], [12, 12.0], [13, '12', undefined]],
  ['prefix', [{ prefix: 'eu-' }], ['eu-7', 'eu-'], ['EU-7', 'x-eu-', 7, undefined]],
  ['suffix', [{ suffix: '.png' }], ['a.png', '.png'], ['a.PNG', 'a.png.gz', undefined]],
  ['equals-ignore-case', [{ 'equals-ignore-case': 'Gold' }], ['GOLD', 'gold'], ['golden', undefined]],
  [
    'wildcard',
    [{ wildcard: '*/src/*.ts' }],
    ['app/src/x.ts', '/src/.ts'],
    ['app/lib/x.ts', '/src.ts', 'app/src/x.tsx'],
  ],
  ['a lone wildcard', [{ wildcard: '*' }], ['', 'x'], [5, undefined]],
  ['a wildcard that is escaped', [{ wildcard: 'a\\*b\\\\*' }], ['a*b\\', 'a*b\\c'], ['axb\\', 'a*b']],
  ['overlapping wildcards', [{ wildcard: 'aba*aba' }], ['abaaba', 'abaxaba'], ['aba', 'ababa']],
  ['a repeated part', [{ wildcard: '*aab*' }], ['aab', 'aaab', 'aaaab', 'xaabx'], ['aa', 'abab']],
  ['anything-but a text', [{ 'anything-but': 'test' }], ['prod', 'Test', 5], ['test', undefined]],
  ['anything-but a list', [{ 'anything-but': ['test', 'dev'] }], ['prod'], ['dev', 'test', undefined]],
  ['anything-but a number', [{ 'anything-but': 500 }], [404, '500'], [500, undefined]],
  ['anything-but numbers', [{ 'anything-but': [500, 503] }], [404], [503, 500.0]],
  ['anything-but a prefix', [{ 'anything-but': { prefix: 'debug-' } }], ['info-1', 5], ['debug-1', undefined]],
  ['anything-but a wildcard', [{ 'anything-but': { wildcard: 'test-*' } }], ['prod-1'], ['test-1', undefined]],
  ['numeric =', [{ numeric: ['=', 3.5] }], [3.5, 3.5], [3.51, '3.5', undefined]],
  ['numeric >=', [{ numeric: ['>=', 100] }], [100, 101], [99.9, 'text']],
  ['numeric <', [{ numeric: ['<', 100] }], [99.9, -5], [100]],
  ['a range', [{ numeric: ['>', 0, '<=', 150] }], [150, 0.1], [0, 151]],
  ['exists: true', [{ exists: true }], ['x', 0], [undefined]],
  ['exists: false', [{ exists: false }], [undefined], ['x', 0]],
  ['exists: false or a value', [{ exists: false }, 'x'], [undefined, 'x'], ['y']],
  ['cidr', [{ cidr: '10.0.0.0/24' }], ['10.0.0.255', '10.0.0.0'], ['10.0.1.1', '10.0.0.256', '::1', 'x', 10]],
  ['cidr of a host in the network', [{ cidr: '10.0.0.5/24' }], ['10.0.0.1'], ['10.0.1.5']],
  [
    'cidr of IPv6',
    [{ cidr: '2001:db8::/32' }],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1.2.3.4'],
    ['2001:db9::1', '1.2.3.4'],
  ],
  ['several conditions', ['a', { prefix: 'b' }, 7], ['a', 'bc', 7], ['c', 8]],
];

describe('a filter policy', () => {
  it.each(operators)('of message attributes compares %s', (_title, conditions, passing, others) => {
    const attributes = (value: unknown): Attributes => (value === undefined ? {} : { key: value as string });
    for (const value of passing)
      expect([value, passesAttributes({ key: conditions }, attributes(value))]).toEqual([value, true]);
    for (const value of others)
      expect([value, passesAttributes({ key: conditions }, attributes(value))]).toEqual([value, false]);
  });

  it.each(operators)('of the body compares %s', (_title, conditions, passing, others) => {
    for (const value of passing)
      expect([value, passesBody({ key: conditions }, { key: value })]).toEqual([value, true]);
    for (const value of others)
      expect([value, passesBody({ key: conditions }, { key: value })]).toEqual([value, false]);
    // At any depth, and in any list.
    for (const value of passing.filter((one) => one !== undefined)) {
      expect(passesBody({ a: { key: conditions } }, { a: [{ key: [[value]] }, { other: 1 }] })).toBe(true);
    }
  });

  it.each(['MessageAttributes', 'MessageBody'] as const)(
    'combines keys with AND, and branches with OR (%s)',
    (scope) => {
      const policy = policyOf(
        { src: ['a'], $or: [{ m: ['x'] }, { n: ['y'], $or: [{ o: ['1'] }, { p: ['2'] }] }] },
        scope,
      );
      const passes = (values: Record<string, string>) =>
        new FilteredMessage(attributesOf(values), JSON.stringify(values)).passes(policy);
      expect(passes({ src: 'a', m: 'x' })).toBe(true);
      expect(passes({ src: 'a', n: 'y', p: '2', unknown: 'z' })).toBe(true);
      expect(passes({ src: 'a', n: 'y' })).toBe(false);
      expect(passes({ src: 'a' })).toBe(false);
      expect(passes({ m: 'x' })).toBe(false);
    },
  );

  it('takes $or for an ordinary key unless it lists at least two objects without operators', () => {
    expect(passesAttributes({ $or: ['a', 'b'] }, { $or: 'b' })).toBe(true);
    expect(passesAttributes({ $or: [{ prefix: 'a' }, { suffix: 'b' }] }, { $or: 'xb' })).toBe(true);
    expect(() => policyOf({ $or: [{ m: ['x'] }] }, 'MessageBody')).toThrow('Unrecognized match type m');
  });

  it.each([
    [{}, 'a text', true],
    [{ exact: [100.123456789] }, { exact: 100.1234567 }, true],
    [{ exact: [100.12345] }, { exact: 100.12346 }, false],
    [{ exact: [20_000_000_000] }, { exact: 2e10 }, true],
  ])('passes %j and %j: %s', (policy, body, passes) => {
    expect(passesBody(policy, body)).toBe(passes);
  });
});

describe('a filter policy of message attributes', () => {
  it('compares each element of a String.Array', () => {
    const sports = ['rugby', 'baseball', 5, true, null];
    for (const one of ['rugby', 'baseball', 5, true, null]) {
      expect(passesAttributes({ sports: [one] }, { sports })).toBe(true);
    }
    expect(passesAttributes({ sports: ['5', false, { prefix: 'x' }] }, { sports })).toBe(false);
    expect(passesAttributes({ sports: [{ 'anything-but': 'rugby' }] }, { sports: ['rugby', 'baseball'] })).toBe(true);
    expect(passesAttributes({ sports: [{ 'anything-but': 'rugby' }] }, { sports: ['rugby'] })).toBe(false);
    expect(passesAttributes({ sports: [{ numeric: ['>', 4] }] }, { sports })).toBe(true);
  });

  it.each(['rugby', '{"a":1}', '["a"', '5', 'null'])(
    'never matches a String.Array with the value %s',
    (stringValue) => {
      const attributes = { key: { dataType: 'String.Array', stringValue } };
      for (const condition of ['rugby', 5, null, { exists: true }, { exists: false }, { 'anything-but': 'x' }]) {
        expect(passesAttributes({ key: [condition] }, attributes)).toBe(false);
      }
    },
  );

  it('ignores Binary, and labels of types', () => {
    const binary = { dataType: 'Binary', binaryValue: 'YQ==' };
    expect(passesAttributes({ key: [{ exists: true }] }, { key: binary })).toBe(false);
    expect(passesAttributes({ key: [{ exists: false }] }, { key: binary })).toBe(true);
    expect(passesAttributes({ key: [12] }, { key: { dataType: 'Number.float', stringValue: '12.0' } })).toBe(true);
    expect(passesAttributes({ key: ['12'] }, { key: { dataType: 'String.custom', stringValue: '12' } })).toBe(true);
    expect(passesAttributes({ key: [true] }, { key: 'true' })).toBe(false);
  });

  it('matches only exists: false without the attribute', () => {
    expect(passesAttributes({ key: [null, { 'anything-but': 'x' }] }, {})).toBe(false);
    expect(passesAttributes({ key: [null, { exists: false }] }, {})).toBe(true);
  });

  it('takes a dot for a part of the name', () => {
    expect(passesAttributes({ 'a.b': ['x'] }, { 'a.b': 'x' })).toBe(true);
    expect(passesAttributes({ 'a.b': ['x'] }, { a: 'x' })).toBe(false);
  });

  it('names that objects inherit are not attributes', () => {
    expect(passesAttributes({ constructor: [{ exists: true }] }, {})).toBe(false);
    expect(passesBody(JSON.parse('{"__proto__":["x"],"toString":[{"exists":false}]}'), '{"__proto__":"x"}')).toBe(true);
  });
});

describe('a filter policy of the body', () => {
  it.each(['a text', '"a"', '["a"]', '5', 'null', '', '{"a":'])('never matches %s, which is no JSON object', (body) => {
    expect(passesBody({ a: [{ exists: false }] }, body)).toBe(false);
    expect(passesBody({ a: [{ exists: true }] }, body)).toBe(false);
  });

  it('looks into the objects of lists', () => {
    const event = { Records: [{ s3: { object: { key: 'a.txt' } } }, [{ s3: { object: { key: ['b.png'] } } }]] };
    const policy = (key: unknown) => ({ Records: { s3: { object: { key: [key] } } } });
    expect(passesBody(policy({ suffix: '.txt' }), event)).toBe(true);
    expect(passesBody(policy({ suffix: '.png' }), event)).toBe(true);
    expect(passesBody(policy({ suffix: '.gif' }), event)).toBe(false);
  });

  it('does not require that one element of a list satisfies all keys', () => {
    expect(passesBody({ list: { a: ['1'], b: ['2'] } }, { list: [{ a: '1' }, { b: '2' }] })).toBe(true);
  });

  it.each([
    [{ a: [] }, true],
    [{ a: {} }, true],
    [{ a: { b: 1 } }, true],
    [{ a: [{}] }, true],
    [{ a: null }, false],
    [{ a: '' }, false],
    [{ a: false }, false],
  ])('finds no value of "a" in %j: %s', (body, isAbsent) => {
    expect(passesBody({ a: [{ exists: false }] }, body)).toBe(isAbsent);
    expect(passesBody({ a: [{ exists: true }] }, body)).toBe(!isAbsent);
  });

  it('compares booleans, null and empty texts', () => {
    expect(passesBody({ a: [true] }, { a: [false, true] })).toBe(true);
    expect(passesBody({ a: [true] }, { a: 'true' })).toBe(false);
    expect(passesBody({ a: [null] }, { a: null })).toBe(true);
    expect(passesBody({ a: [''] }, { a: '' })).toBe(true);
    expect(passesBody({ a: [{ 'anything-but': 'x' }, { prefix: '' }] }, { a: null })).toBe(false);
    expect(passesBody({ a: [null] }, {})).toBe(false);
  });

  it.each([
    [{ 'a.b': ['v'] }, { a: { b: 'v' } }],
    [{ 'a.b': ['v'] }, { 'a.b': 'v' }],
    [{ a: { b: ['v'] } }, { 'a.b': 'v' }],
    [{ 'a.b.c': ['v'] }, { 'a.b': { c: 'v' } }],
    [{ 'a.b.c': ['v'] }, { a: [{ x: 1 }, { 'b.c': ['v'] }] }],
    [{ a: { 'b.c': ['v'] } }, { 'a.b': { c: 'v' } }],
    [{ 'a..b': ['v'] }, { a: { '': { b: 'v' } } }],
    [{ 'a.b.c': ['v'] }, { a: { 'b.c': 'w', b: { c: 'v' } }, 'a.b.c': 'x' }],
  ])('takes a dot for a border between objects: %j matches %j', (policy, body) => {
    expect(passesBody(policy, body)).toBe(true);
  });

  it.each([
    [{ 'a.b': ['v'] }, { a: { b: { c: 'v' } } }],
    [{ 'a.b': ['v'] }, { a: 'v', b: 'v' }],
    [{ ab: ['v'] }, { a: { b: 'v' } }],
    [{ a: ['v'] }, { '': { a: 'v' } }],
  ])('%j does not match %j', (policy, body) => {
    expect(passesBody(policy, body)).toBe(false);
  });
});
