/** What a policy says of a request, element by element. Source: IAM User Guide, "IAM JSON policy elements reference". */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluatePolicy } from '../../src/queues/policy-evaluation.ts';
import { patternOf } from '../../src/queues/policy-patterns.ts';
import { principalOf } from '../../src/queues/principal.ts';

const ARN = 'arn:aws:sqs:us-east-1:111122223333:q';
const ALICE = 'arn:aws:iam::444455556666:user/team/alice';
const SESSION = 'arn:aws:sts::444455556666:assumed-role/reader/session-1';

type Json = Record<string, unknown>;
interface Asked {
  principal?: string | undefined;
  action?: string;
  context?: Record<string, string | string[]>;
}

/** The verdict on a request of Alice to send a message; `statement` is an Allow for everybody and everything, but for what it says. */
function verdict(statement: Json, asked: Asked = {}, policy: Json = {}): string {
  const { principal, action = 'SendMessage', context = {} } = { principal: ALICE, ...asked };
  const { Principal = 'NotPrincipal' in statement ? undefined : '*', Action = '*' } = statement;
  const whole = { Effect: 'Allow', Principal, Action, Resource: ARN, ...statement };
  if ('NotAction' in statement) whole.Action = undefined;
  return evaluatePolicy(JSON.stringify({ Version: '2012-10-17', Statement: [whole], ...policy }), {
    principal: principal === undefined ? undefined : principalOf(principal),
    action,
    resource: ARN,
    context: new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), [values].flat()])),
  });
}

const allows = (statement: Json, asked?: Asked) => verdict(statement, asked) === 'allow';

describe('Principal', () => {
  const anonymous = { principal: undefined };

  it.each(['*', { AWS: '*' }, { AWS: ['*'] }])('%j is everybody, also who did not sign', (Principal) => {
    expect(allows({ Principal })).toBe(true);
    expect(allows({ Principal }, anonymous)).toBe(true);
    expect(allows({ Principal }, { principal: 'sns.amazonaws.com' })).toBe(true);
  });

  it.each([
    ['the account', '444455556666', ALICE, true],
    ['another account', '777788889999', ALICE, false],
    ['the account by its root', 'arn:aws:iam::444455556666:root', ALICE, true],
    ['the account, for a role', '444455556666', SESSION, true],
    ['the user', ALICE, ALICE, true],
    ['another user', 'arn:aws:iam::444455556666:user/bob', ALICE, false],
    ['a part of the name', 'arn:aws:iam::444455556666:user/*', ALICE, false],
    ['the session', SESSION, SESSION, true],
    ['the role of the session', 'arn:aws:iam::444455556666:role/reader', SESSION, true],
    ['the role with its path', 'arn:aws:iam::444455556666:role/a/b/reader', SESSION, true],
    ['another role', 'arn:aws:iam::444455556666:role/writer', SESSION, false],
    ['the role of that name in another account', 'arn:aws:iam::777788889999:role/reader', SESSION, false],
    ['a service that is named like an account', '444455556666', '444455556666.amazonaws.com', false],
  ])('%s', (_what, name, principal, expected) => {
    expect(allows({ Principal: { AWS: name } }, { principal })).toBe(expected);
    expect(allows({ Principal: { AWS: ['777788889990', name] } }, { principal })).toBe(expected);
    expect(allows({ NotPrincipal: { AWS: [name] } }, { principal })).toBe(!expected);
    expect(allows({ Principal: { AWS: name } }, anonymous)).toBe(false);
  });

  it('Service is a service by its name', () => {
    const Principal = { Service: ['sns.amazonaws.com', 's3.amazonaws.com'] };
    expect(allows({ Principal }, { principal: 'sns.amazonaws.com' })).toBe(true);
    expect(allows({ Principal }, { principal: 'events.amazonaws.com' })).toBe(false);
    expect(allows({ Principal })).toBe(false);
  });

  it.each([{ Federated: 'cognito' }, { CanonicalUser: '79a5' }, 'sns.amazonaws.com', undefined, null, 7])(
    '%j is nobody',
    (Principal) => {
      const Statement = [{ Effect: 'Allow', Principal, Action: '*', Resource: '*' }];
      expect(verdict({}, {}, { Statement })).toBe('nothing');
    },
  );
});

describe('Action', () => {
  it.each([
    ['*', true],
    ['sqs:*', true],
    ['SQS:SendMessage', true],
    ['sqs:sendmessage', true],
    ['sqs:Send*', true],
    ['sqs:?endMessage', true],
    ['sqs:Send', false],
    ['sqs:SendMessageBatch', false],
    ['SendMessage', false],
    ['sns:SendMessage', false],
    ['sqs:SendMessage.', false],
  ])('%s', (Action, expected) => {
    expect(allows({ Action })).toBe(expected);
    expect(allows({ Action: ['sqs:PurgeQueue', Action] })).toBe(expected);
    expect(allows({ NotAction: Action })).toBe(!expected);
  });
});

describe('Resource', () => {
  it.each([
    ['*', true],
    [ARN, true],
    ['arn:aws:sqs:*:111122223333:*', true],
    ['arn:aws:sqs:us-east-1:111122223333:?', true],
    ['arn:aws:sqs:us-east-1:111122223333:Q', false],
    [`${ARN}2`, false],
    ['q', false],
  ])('%s', (Resource, expected) => {
    expect(allows({ Resource })).toBe(expected);
    expect(allows({ Resource: ['arn:aws:sqs:us-east-1:111122223333:other', Resource] })).toBe(expected);
    expect(allows({ Resource: undefined, NotResource: Resource })).toBe(!expected);
  });

  it('is the queue whose policy it is, where it is left out', () => {
    expect(allows({ Resource: undefined })).toBe(true);
  });
});

describe('Effect', () => {
  const everybody = { Principal: '*', Action: '*', Resource: '*' };

  it('a Deny goes before an Allow, wherever it stands', () => {
    const [allow, deny] = [
      { ...everybody, Effect: 'Allow' },
      { ...everybody, Effect: 'Deny' },
    ];
    expect(verdict({}, {}, { Statement: [allow, deny] })).toBe('deny');
    expect(verdict({}, {}, { Statement: [deny, allow] })).toBe('deny');
  });

  it('a Deny for others denies nothing', () => {
    const Statement = [
      { ...everybody, Effect: 'Allow' },
      { ...everybody, Effect: 'Deny', Action: 'sqs:PurgeQueue' },
    ];
    expect(verdict({}, {}, { Statement })).toBe('allow');
  });

  it('a single statement may stand without a list around it', () => {
    expect(verdict({}, {}, { Statement: { ...everybody, Effect: 'Allow' } })).toBe('allow');
  });

  it('a policy that says nothing of it, or that is no policy, decides nothing', () => {
    expect(verdict({}, {}, { Statement: [] })).toBe('nothing');
    expect(verdict({}, {}, { Statement: ['Allow', null, 7] })).toBe('nothing');
    expect(verdict({ Effect: 'allow' })).toBe('nothing');
  });
});

describe('Condition', () => {
  const key = 'aws:test';
  type Row = [operator: string, wanted: unknown, holds: string[], doesNot: string[]];
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
    ['NotIpAddress', '10.1.0.0/16', ['10.2.0.1', '::1'], ['10.1.0.1']],
    ['ArnEquals', 'arn:aws:sns:*:111122223333:t*', ['arn:aws:sns:eu-west-1:111122223333:topic'], ['arn:aws:sns:x:y:t']],
    ['ArnLike', 'arn:aws:sns:*:topic', [], ['arn:aws:sns:eu-west-1:111122223333:topic', 'topic']],
    ['ArnLike', 'arn:aws:s3:::b*', ['arn:aws:s3:::bucket/a:b'], ['arn:aws:s3::x:b']],
    ['ArnNotEquals', 'arn:aws:sns:*:*:t', ['arn:aws:sns:a:b:u'], ['arn:aws:sns:a:b:t']],
    ['ArnNotLike', 'arn:aws:sns:*:*:t', ['arn:aws:sns:a:b:u'], ['arn:aws:sns:a:b:t']],
    ['Null', 'false', ['anything'], []],
    ['Null', true, [], ['anything']],
  ];

  it.each(rows)('%s %j', (operator, wanted, holding, others) => {
    const allowed = (value: string, name = operator) =>
      allows({ Condition: { [name]: { [key]: wanted } } }, { context: { [key]: value } });
    for (const value of holding) expect(allowed(value), value).toBe(true);
    for (const value of others) expect(allowed(value), value).toBe(false);
    if (operator === 'Null') return;
    for (const value of holding) expect(allowed(value, `${operator}IfExists`), value).toBe(true);
    for (const value of others) expect(allowed(value, `${operator}IfExists`), value).toBe(false);
  });

  it.each(rows)('%s %j on a key that the request does not have', (operator, wanted) => {
    const allowed = (name: string) => allows({ Condition: { [name]: { [key]: wanted } } });
    expect(allowed(operator)).toBe(operator === 'Null' ? wanted === true : operator.includes('Not'));
    if (operator === 'Null') return;
    expect(allowed(`${operator}IfExists`)).toBe(true);
    expect(allowed(`ForAllValues:${operator}`)).toBe(true);
    expect(allowed(`ForAnyValue:${operator}`)).toBe(false);
  });

  it('keys have no case, and all of them have to hold', () => {
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
  ])('%s of a, b with the values %j', (operator, values, expected) => {
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
  ])('%j makes no sense, and lets nobody in', (Condition) => {
    const context = { [key]: 'a' };
    expect(verdict({ Condition }, { context })).toBe('nothing');
    expect(verdict({ Condition, Effect: 'Deny' }, { context })).toBe('deny');
  });
});

describe('variables', () => {
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

  it('are literal: a name with a wildcard in it matches nothing but itself', () => {
    const asked = { context: { ...context, 'aws:SourceArn': 'arn:aws:sns:a:b:alice' } };
    expect(allows(named(`arn:aws:sns:a:b:\${aws:username}`), asked)).toBe(false);
  });

  it('let nobody in who lacks them', () => {
    const Condition = { StringNotEquals: { 'aws:SourceArn': `\${aws:userid}` } };
    expect(verdict({ Condition }, { context })).toBe('nothing');
    expect(verdict({ Condition, Effect: 'Deny' }, { context })).toBe('deny');
  });

  it('stand in resources too', () => {
    const Resource = `arn:aws:sqs:us-east-1:111122223333:\${aws:username}`;
    expect(allows({ Resource }, { context: { 'aws:username': 'q' } })).toBe(true);
    expect(allows({ Resource }, { context: { 'aws:username': 'r' } })).toBe(false);
  });

  it('are texts like any other in policies of the version 2008-10-17', () => {
    const statement = { Effect: 'Allow', Principal: '*', Action: '*', ...named(`\${aws:username}`, 'StringEquals') };
    const old = { Version: '2008-10-17', Statement: [statement] };
    expect(verdict({}, { context: { ...context, 'aws:SourceArn': 'al*ce' } }, old)).toBe('nothing');
    expect(verdict({}, { context: { 'aws:SourceArn': `\${aws:username}` } }, old)).toBe('allow');
  });
});

describe('wildcards', () => {
  it('match what a regular expression matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', ':'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (wanted, value) => {
        const source = wanted.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(patternOf(wanted, undefined).matches(value)).toBe(new RegExp(`^${source}$`).test(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('take no time worth speaking of, however they are made', () => {
    const steps = 'a*'.repeat(2000);
    expect(patternOf(`${steps}b`, undefined).matches('a'.repeat(4000))).toBe(false);
  });
});
