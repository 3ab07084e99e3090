/**
 * Conditions, variables and wildcards in policies.
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Steps } from '../../../src/queues/policies/answers.ts';
import { patternOf } from '../../../src/queues/policies/patterns.ts';
import { cpuMs } from '../../cpu-time.ts';
import { allows, verdict } from './verdict.ts';

describe('Condition', () => {
  const key = 'aws:test';
  type Row = [operator: string, wanted: unknown, matching: string[], others: string[]];
  const rows: Row[] = [
    ['StringEquals', 'a', ['a'], ['A', 'b', 'ab']],
    ['StringEquals', ['a', 'b'], ['a', 'b'], ['c']],
    ['StringEquals', 'a*', ['a*'], ['ab']],
    ['StringNotEquals', ['a', 'b'], ['c', 'A'], ['a', 'b']],
    ['StringEqualsIgnoreCase', 'Ab', ['aB'], ['abc']],
    ['StringNotEqualsIgnoreCase', 'Ab', ['abc'], ['aB']],
    ['StringLike', ['a*c', '?'], ['abbc', 'ac', 'x'], ['abcd', 'xy', '']],
    ['StringNotLike', 'a*', ['b'], ['a', 'ab']],
    ['NumericEquals', '10', ['10', '10.0'], ['11', 'ten']],
    ['NumericEquals', 10, ['10'], ['11']],
    ['NumericNotEquals', '10', ['11'], ['10']],
    ['NumericLessThan', '10', ['9.5', '-1'], ['10']],
    ['NumericLessThanEquals', '10', ['10'], ['10.1']],
    ['NumericGreaterThan', '10', ['10.1'], ['10', 'ten']],
    ['NumericGreaterThanEquals', '10', ['10'], ['9']],
    ['DateEquals', '2026-01-01T00:00:00Z', ['2026-01-01T00:00:00.000Z', '1767225600'], ['2026-01-01T00:00:01Z']],
    ['DateNotEquals', '2026-01-01', ['2026-01-02'], ['2026-01-01T00:00:00Z']],
    ['DateLessThan', '2026-01-01T00:00:00Z', ['2025-12-31T23:59:59Z'], ['2026-01-01T00:00:00Z']],
    ['DateLessThanEquals', '1767225600', ['2026-01-01T00:00:00Z'], ['2026-01-01T00:00:01Z']],
    ['DateGreaterThan', '2026-01-01T00:00:00Z', ['2026-01-01T00:00:01Z'], ['2026-01-01T00:00:00Z']],
    ['DateGreaterThanEquals', '2026-01-01T01:00:00+01:00', ['2026-01-01T00:00:00Z'], ['2025-12-31T23:59:59Z']],
    ['Bool', 'true', ['true', 'TRUE'], ['false', '1']],
    ['Bool', false, ['false'], ['true']],
    ['BinaryEquals', 'QUI=', ['QUI='], ['QUI']],
    ['IpAddress', '10.1.0.0/16', ['10.1.255.3'], ['10.2.0.1', '::1', 'localhost']],
    ['IpAddress', ['127.0.0.1', '2001:db8::/32'], ['127.0.0.1', '2001:db8::7'], ['127.0.0.2', '2001:db9::7']],
    ['IpAddress', '::/0', ['2001:db8::7'], ['127.0.0.1', '::ffff:127.0.0.1']],
    ['NotIpAddress', '10.1.0.0/16', ['10.2.0.1', '::1'], ['10.1.0.1']],
    ['ArnEquals', 'arn:aws:sns:*:111122223333:t*', ['arn:aws:sns:eu-west-1:111122223333:topic'], ['arn:aws:sns:x:y:t']],
    ['ArnLike', 'arn:aws:sns:*::topic', [], ['arn:aws:sns:eu-west-1:111122223333:topic', 'topic']],
    ['ArnLike', '*', ['arn:aws:sns:a:b:t'], ['topic']],
    ['ArnLike', 'arn:aws:s3:::b*', ['arn:aws:s3:::bucket/a:b'], ['arn:aws:s3::x:b']],
    ['ArnNotEquals', 'arn:aws:sns:*:*:t', ['arn:aws:sns:a:b:u'], ['arn:aws:sns:a:b:t']],
    ['ArnNotLike', 'arn:aws:sns:*:*:t', ['arn:aws:sns:a:b:u'], ['arn:aws:sns:a:b:t']],
    ['Null', 'false', ['anything'], []],
    ['Null', true, [], ['anything']],
  ];

  it.each(rows)('%s %j', (operator, wanted, matching, others) => {
    const allowed = (value: string, name = operator) =>
      allows({ Condition: { [name]: { [key]: wanted } } }, { context: { [key]: value } });
    for (const value of matching) expect(allowed(value), value).toBe(true);
    for (const value of others) expect(allowed(value), value).toBe(false);
    if (operator === 'Null') return;
    for (const value of matching) expect(allowed(value, `${operator}IfExists`), value).toBe(true);
    for (const value of others) expect(allowed(value, `${operator}IfExists`), value).toBe(false);
  });

  it.each(rows)('%s %j on a key that the request lacks', (operator, wanted) => {
    const allowed = (name: string) => allows({ Condition: { [name]: { [key]: wanted } } });
    expect(allowed(operator)).toBe(operator === 'Null' ? wanted === true : operator.includes('Not'));
    if (operator === 'Null') return;
    expect(allowed(`${operator}IfExists`)).toBe(true);
    expect(allowed(`ForAllValues:${operator}`)).toBe(true);
    expect(allowed(`ForAnyValue:${operator}`)).toBe(false);
  });

  it('is case-insensitive in its keys, all of which must match', () => {
    const Condition = {
      StringEquals: { 'AWS:SourceAccount': '1', 'aws:username': 'alice' },
      Bool: { 'aws:x': 'true' },
    };
    const context = { 'aws:sourceACCOUNT': '1', 'aws:username': 'alice', 'aws:x': 'true' };
    expect(allows({ Condition }, { context })).toBe(true);
    for (const name of Object.keys(context)) {
      expect(allows({ Condition }, { context: { ...context, [name]: 'other' } }), name).toBe(false);
    }
  });

  it.each([
    ['ForAllValues:StringEquals', ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a', 'c'], false],
    ['ForAnyValue:StringEquals', ['a', 'c'], true],
    ['ForAnyValue:StringEquals', ['c', 'd'], false],
    ['ForAllValues:StringNotEquals', ['c', 'd'], true],
    ['ForAllValues:StringNotEquals', ['a', 'd'], false],
    ['ForAnyValue:StringNotEquals', ['a', 'd'], true],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], false],
    ['ForAllValues:StringLikeIfExists', ['a', 'b'], true],
  ])('%s of a and b with the request values %j', (operator, values, expected) => {
    const Condition = { [operator]: { 'aws:TagKeys': ['a', 'b'] } };
    expect(allows({ Condition }, { context: { 'aws:TagKeys': values } })).toBe(expected);
  });

  it.each([
    [{ StringSortOf: { [key]: 'a' } }],
    [{ 'ForSomeValues:StringEquals': { [key]: 'a' } }],
    [{ NullIfExists: { [key]: 'true' } }],
    [{ Bool: { [key]: 'yes' } }],
    [{ NumericLessThan: { [key]: 'ten' } }],
    [{ DateLessThan: { [key]: 'tomorrow' } }],
    [{ IpAddress: { [key]: '10.0.0.0/33' } }],
    [{ IpAddress: { [key]: 'localhost' } }],
    [{ StringEquals: 'a' }],
    ['StringEquals'],
    [{ constructor: { [key]: 'a' } }],
  ])('%j is invalid, and grants no access', (Condition) => {
    const context = { [key]: 'a' };
    expect(verdict({ Condition }, { context })).toBe('nothing');
    expect(verdict({ Condition, Effect: 'Deny' }, { context })).toBe('deny');
  });

  it.each([
    ...['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericGreaterThanEquals'].map((operator) => ({
      operator,
      wanted: '10',
      odd: ['', ' 10', 'ten', '0xa', '1_0', 'Infinity', '1e400', '10.0.0', '9007199254740993'],
    })),
    ...['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateGreaterThanEquals'].map((operator) => ({
      operator,
      wanted: '2026-01-01T00:00:00Z',
      odd: ['', 'tomorrow', 'May 1', '1/2/2026', '2026-02-30', '2026-13-01', '2026-01-01T00:00:00', '9'.repeat(20)],
    })),
    ...['IpAddress', 'NotIpAddress'].map((operator) => ({
      operator,
      wanted: '10.0.0.0/8',
      odd: ['', 'unknown', '10.0.0.1:443', '10.0.0', '010.0.0.1', '10.0.0.1/8', 'fe80::1%eth0', '[::1]', '*'],
    })),
    ...['ArnLike', 'ArnNotLike', 'ArnEquals', 'ArnNotEquals'].map((operator) => ({
      operator,
      wanted: 'arn:aws:sns:*:*:t',
      odd: ['', 'topic', 'arn:aws:sns:t'],
    })),
    { operator: 'Bool', wanted: 'true', odd: ['', 'yes', '1', 'true '] },
  ])(
    '$operator of $wanted fails closed for values that it cannot compare, on either side',
    ({ operator, wanted, odd }) => {
      for (const value of odd) {
        const pairs = [{ Condition: { [operator]: { [key]: wanted } }, context: { [key]: value } }];
        if (value !== '*') pairs.push({ Condition: { [operator]: { [key]: value } }, context: { [key]: wanted } });
        for (const { Condition, context } of pairs) {
          expect(verdict({ Condition }, { context }), value).toBe('nothing');
          expect(verdict({ Condition, Effect: 'Deny' }, { context }), value).toBe('deny');
        }
      }
    },
  );

  it('treats the two spellings of an IPv4 address as the same', () => {
    const allowed = (network: string, address: string) =>
      allows({ Condition: { IpAddress: { [key]: network } } }, { context: { [key]: address } });
    expect(allowed('10.0.0.0/8', '::ffff:10.1.2.3')).toBe(true);
    expect(allowed('10.0.0.0/8', '::ffff:a01:203')).toBe(true);
    expect(allowed('::ffff:10.0.0.0/104', '10.1.2.3')).toBe(true);
    expect(allowed('10.0.0.0/8', '::ffff:11.1.2.3')).toBe(false);
  });

  it('stops at the first value that decides, and fails closed once it has cost too much', () => {
    const slow = 'a'.repeat(4000);
    const wanted = [`${'*a'.repeat(100)}b`, `*${'a'.repeat(1999)}b`];
    const like = (operator: string, texts: string[]) => ({ [operator]: { [key]: texts } });
    const outcomes = (Condition: object, values: string[]) =>
      ['Allow', 'Deny'].map((Effect) => verdict({ Effect, Condition }, { context: { [key]: values } }));
    const refused = ['nothing', 'deny'];
    expect(outcomes(like('ForAnyValue:StringLike', wanted), [slow])).toEqual(refused);
    expect(outcomes(like('ForAllValues:StringNotLike', wanted), [slow])).toEqual(refused);
    expect(outcomes(like('ForAnyValue:StringLike', ['a*', ...wanted]), [slow])).toEqual(['allow', 'deny']);
    expect(outcomes(like('ForAllValues:StringLike', ['b']), ['c', ...Array(1e6).fill(slow)])).toEqual([
      'nothing',
      'nothing',
    ]);
  });

  it.each([
    ...['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'NumericEquals', 'DateEquals', 'IpAddress', 'ArnLike'],
    ...[
      'StringNotEquals',
      'StringNotEqualsIgnoreCase',
      'StringNotLike',
      'NumericNotEquals',
      'NotIpAddress',
      'ArnNotLike',
    ],
  ])('%s never takes long, however many values and long values there are', (operator) => {
    const wanted: Record<string, (index: number) => string> = {
      Numeric: String,
      Date: (index) => `2026-01-01T00:00:00.${index}Z`,
      Ip: (index) => `10.0.${index % 256}.0/24`,
      Arn: (index) => `arn:aws:sns:*:*:${'*a'.repeat(20)}b${index}`,
      String: (index) => `${'*a'.repeat(20)}b\${aws:userid, 'x'}${index}`,
    };
    const actual: Record<string, string> = {
      Numeric: '0.5',
      Date: '2027-01-01',
      Ip: '11.0.0.1',
      Arn: `arn:aws:sns:a:a:${'a'.repeat(100)}`,
      String: 'a'.repeat(10_000),
    };
    const kind = Object.keys(wanted).find((name) => operator.includes(name))!;
    const texts = Array.from({ length: 100 }, (_, index) => wanted[kind]!(index));
    const values = Array<string>(50_000).fill(actual[kind]!);
    const quantifier = operator.includes('Not') ? 'ForAllValues' : 'ForAnyValue';
    const start = cpuMs();
    const Condition = { [`${quantifier}:${operator}`]: { [key]: texts } };
    expect(verdict({ Condition }, { context: { [key]: values } })).toBe('nothing');
    expect(verdict({ Condition, Effect: 'Deny' }, { context: { [key]: values } })).toBe('deny');
    // Without a limit, the quickest of them takes seconds.
    expect(cpuMs() - start).toBeLessThan(1000);
  });
});

describe('Variables', () => {
  const context = { 'aws:username': 'al*ce', 'aws:SourceArn': 'arn:aws:sns:a:b:al*ce' };
  const named = (wanted: string, operator = 'StringLike') => ({
    Condition: { [operator]: { 'aws:SourceArn': wanted } },
  });

  it.each([
    [`arn:aws:sns:a:b:\${aws:username}`, true],
    [`arn:aws:sns:*:*:\${AWS:UserName}`, true],
    [`arn:aws:sns:a:b:al\${*}ce`, true],
    [`arn:aws:sns:a:b:al\${?}ce`, false],
    [`arn:aws:sns:a:b:\${aws:userid, 'al*ce'}`, true],
    [`arn:aws:sns:a:b:\${aws:userid, 'bob'}`, false],
    [`arn:aws:sns:a:b:\${aws:userid}`, false],
    [`arn:aws:sns:a:b:\${aws:username`, false],
    ['arn:aws:sns:a:b:$', false],
  ])('%s', (wanted, expected) => {
    expect(allows(named(wanted), { context })).toBe(expected);
    expect(allows(named(wanted, 'ArnLike'), { context })).toBe(expected);
  });

  it('have literal values: a user name with a wildcard matches only itself', () => {
    const request = { context: { ...context, 'aws:SourceArn': 'arn:aws:sns:a:b:alice' } };
    expect(allows(named(`arn:aws:sns:a:b:\${aws:username}`), request)).toBe(false);
  });

  it('grant no access to a request that lacks them', () => {
    const Condition = { StringNotEquals: { 'aws:SourceArn': `\${aws:userid}` } };
    expect(verdict({ Condition }, { context })).toBe('nothing');
    expect(verdict({ Condition, Effect: 'Deny' }, { context })).toBe('deny');
  });

  it('are allowed in resources too', () => {
    const Resource = `arn:aws:sqs:us-east-1:111122223333:\${aws:username}`;
    expect(allows({ Resource }, { context: { 'aws:username': 'q' } })).toBe(true);
    expect(allows({ Resource }, { context: { 'aws:username': 'r' } })).toBe(false);
  });

  it('are ordinary text in policies of version 2008-10-17', () => {
    const statement = { Effect: 'Allow', Principal: '*', Action: '*', ...named(`\${aws:username}`, 'StringEquals') };
    const old = { Version: '2008-10-17', Statement: [statement] };
    expect(verdict({}, { context: { ...context, 'aws:SourceArn': 'al*ce' } }, old)).toBe('nothing');
    expect(verdict({}, { context: { 'aws:SourceArn': `\${aws:username}` } }, old)).toBe('allow');
  });
});

describe('Wildcards', () => {
  it('match exactly what the equivalent regular expression matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', ':'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (wanted, value) => {
        const source = wanted.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(patternOf(wanted, false)!.fixed!.matches(value, new Steps())).toBe(
          new RegExp(`^${source}$`).test(value),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('treat a surrogate pair as one character', () => {
    const matches = (wanted: string, value: string) => patternOf(wanted, false)!.fixed!.matches(value, new Steps());
    expect(matches('?', '😀')).toBe(true);
    expect(matches('??', '😀')).toBe(false);
    expect(matches('*?b', '😀xb')).toBe(true);
    expect(matches('a*??b', 'a😀b')).toBe(false);
    expect(matches('*😀?b', '😀😀b')).toBe(true);
  });
});
