/**
 * Which policies are refused: those that cannot mean what they say. Each of them also fails closed if it is on a queue
 * nevertheless, since earlier versions accepted more. Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */

import { describe, expect, it } from 'vitest';
import { normalPolicy } from '../../../src/queues/policies/policy.ts';
import { ALICE, ARN, type Json, verdictOf } from './verdict.ts';

const statement = { Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: ARN };
const policyWith = (members: Json, policy: Json = {}) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...members }], ...policy });

const refusal = { code: 'InvalidAttributeValue', message: 'Invalid value for the parameter Policy.' };
const refused = (text: string) => expect(() => normalPolicy(text), text).toThrow(expect.objectContaining(refusal));

const context = { 'aws:username': 'alice', 'aws:x': 'a' };

/** Expects that a policy is refused; that it grants nothing, and that with a Deny in place of its Allow, it denies. */
function expectMalformed(text: string): void {
  refused(text);
  for (const principal of [ALICE, undefined]) {
    expect(verdictOf(text, { principal, context }), text).not.toBe('allow');
    expect(verdictOf(text.replace('"Allow"', '"Deny"'), { principal, context }), text).toBe('deny');
  }
}

const notTexts: unknown[] = [
  undefined,
  null,
  7,
  true,
  {},
  { toString: 1 },
  [],
  [[]],
  [null],
  [{ toString: 1 }],
  ['*', 7],
];

describe('a policy is refused, and fails closed,', () => {
  it.each<[string, Json]>([
    ['with an element that does not exist', { Conditions: { StringEquals: { 'aws:x': 'b' } } }],
    ['with an element in the wrong case', { condition: { StringEquals: { 'aws:x': 'b' } } }],
    ['with __proto__ as an element', JSON.parse('{"__proto__": {"Condition": {}}}')],
    ['without a principal', { Principal: undefined }],
    ['with a principal and its opposite', { NotPrincipal: { AWS: '777788889999' } }],
    ['without an action', { Action: undefined }],
    ['with an action and its opposite', { NotAction: 'sqs:PurgeQueue' }],
    ['with a resource and its opposite', { NotResource: `${ARN}2` }],
    ['with a Sid that is not a text', { Sid: { toString: 1 } }],
  ])('%s', (_what, members) => {
    expectMalformed(policyWith(members));
  });

  it.each(['Principal', 'Action', 'Resource'])(
    'whose %s, or its opposite, is not a text or a list of texts',
    (name) => {
      for (const value of notTexts) {
        // Without a resource, a policy is valid.
        if (name === 'Resource' && value === undefined) continue;
        const wrapped =
          name === 'Principal' && value !== undefined ? [value, { AWS: value }, { Service: value }] : [value];
        for (const one of wrapped) {
          expectMalformed(policyWith({ [name]: one }));
          expectMalformed(policyWith({ [name]: undefined, [`Not${name}`]: one }));
        }
      }
    },
  );

  it.each<[string, unknown[]]>([
    [
      'Principal',
      [
        ...['', 'sns.amazonaws.com', ['*'], { aws: '*' }, { AWS: '*', Everyone: '*' }, { AWS: 'alice' }, { AWS: '7' }],
        ...[
          { AWS: 'arn:aws:iam::444455556666:user/*' },
          { AWS: 'arn:aws:iam::*:root' },
          { Service: '*.amazonaws.com' },
        ],
        ...[{ AWS: 'arn:aws:iam::444455556666:group/all' }, { Service: '' }, { Federated: '' }],
      ],
    ],
    ['Action', ['', 'SendMessage', 'sqs', 'sqs:', ':SendMessage', 'sqs:Send Message', 'sqs:SendMessage.', 'sqs:a:b']],
    ['Resource', ['', 'q', '**', 'https://sqs.us-east-1.amazonaws.com/111122223333/q', `\${aws:username}`]],
    ['Resource', [`arn:aws:sqs:us-east-1:111122223333:\${aws:username`, `arn:\${}`, `arn:\${a{b}`]],
  ])('whose %s, or its Not… form, is malformed', (name, values) => {
    for (const value of values) {
      expectMalformed(policyWith({ [name]: value }));
      expectMalformed(policyWith({ [name]: undefined, [`Not${name}`]: value }));
    }
  });

  it.each<[string, unknown[]]>([
    ['no block', [null, 7, 'StringEquals', [], [{ StringEquals: { 'aws:x': 'a' } }]]],
    [
      'an empty block',
      [{}, { StringEquals: {} }, { StringNotEquals: {} }, { StringEquals: { 'aws:x': 'a' }, Bool: {} }],
    ],
    ['a block that is none', [{ StringEquals: null }, { StringEquals: 'aws:x' }, { StringEquals: ['aws:x'] }]],
    [
      'an unknown operator',
      [
        ...['stringEquals', 'StringIs', 'StringEqualsifExists', 'NullIfExists', 'toString', '__proto__', ''],
        ...[
          'ForAllValues:',
          'ForAllValues:Null',
          'ForSomeValues:StringEquals',
          'ForAnyValue:ForAllValues:StringEquals',
        ],
      ].map((operator) => JSON.parse(`{"${operator}": {"aws:x": "a"}}`)),
    ],
    ['a key without a prefix', [{ StringNotEquals: { SourceArn: 'b' } }, { StringEquals: { 'aws:': 'a' } }]],
    ['a key without a prefix', [{ StringNotEquals: { '': 'b' } }, JSON.parse('{"Null": {"__proto__": "true"}}')]],
    ['a key twice', [{ StringEquals: { 'aws:x': 'a', 'AWS:X': 'a' } }]],
    [
      'a malformed variable',
      [{ StringEquals: { 'aws:x': `\${aws:username` } }, { StringNotLike: { 'aws:x': `\${}` } }],
    ],
  ])('whose Condition has %s', (_what, conditions) => {
    for (const Condition of conditions) expectMalformed(policyWith({ Condition }));
  });

  it.each([
    ...[
      'StringEquals',
      'StringNotEquals',
      'StringNotLike',
      'NotIpAddress',
      'ArnNotLike',
      'Null',
      'Bool',
      'BinaryEquals',
    ],
    ...['NumericNotEqualsIfExists', 'DateNotEquals', 'ForAllValues:StringEquals', 'ForAllValues:StringNotEquals'],
  ])('whose Condition has a value of another type, or none, for %s', (operator) => {
    for (const value of [null, {}, { toString: 1 }, [], [[]], [null], ['a', { toString: 1 }]]) {
      expectMalformed(policyWith({ Condition: { [operator]: { 'aws:x': value } } }));
      // Even if the request lacks the key.
      expectMalformed(policyWith({ Condition: { [operator]: { 'aws:y': value } } }));
    }
  });

  it.each<[operators: string[], unknown[]]>([
    [
      ['Bool', 'BoolIfExists', 'ForAnyValue:Bool'],
      ['', 'yes', 1],
    ],
    [['Null'], ['', 'no', 0]],
    [
      ['NumericEquals', 'NumericNotEquals', 'NumericGreaterThan'],
      ['', 'ten', '0x10', 'Infinity', 1e300, '1e16'],
    ],
    [
      ['DateEquals', 'DateNotEquals', 'DateLessThan'],
      ['', 'tomorrow', 'Jan 1', '2026-02-30', '2026-01-01T00:00', 1e300],
    ],
    [
      ['IpAddress', 'NotIpAddress'],
      ['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.*', '::%0/64'],
    ],
    [
      ['ArnLike', 'ArnEquals', 'ArnNotLike', 'ForAllValues:ArnNotEquals'],
      ['', 'topic', 'arn:aws:sns:*'],
    ],
  ])('whose Condition has a value that %j cannot compare', (operators, values) => {
    for (const value of values) {
      for (const operator of operators) {
        expectMalformed(policyWith({ Condition: { [operator]: { 'aws:x': value } } }));
        // Even if another value matches, or if the request lacks the key.
        expectMalformed(policyWith({ Condition: { [operator]: { 'aws:y': ['a', value] } } }));
      }
    }
  });

  it.each<[string, Json]>([
    ['with an element that does not exist', { Statements: [] }],
    ['with an element in the wrong case', { version: '2012-10-17' }],
    ['of a version that does not exist', { Version: '2012-10-18' }],
    ['whose version is not a text', { Version: 20121017 }],
    ['whose Id is not a text', { Id: { toString: 1 } }],
  ])('%s', (_what, members) => {
    expectMalformed(policyWith({}, members));
  });

  it.each([
    '{"Version":"2012-10-17","Version":"2008-10-17","Statement":STATEMENT}',
    '{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*"},"Statement":STATEMENT}',
    '{"Statement":{"Condition":{"Bool":{"aws:x":"true"}},"Effect":"Allow","Principal":"*","Action":"*","Condition":CONDITION}}',
    '{"Statement":{"Condition":CONDITION,"Effect":"Allow","Principal":"*","Action":"*","\\u0043ondition":CONDITION}}',
    '{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333","AWS":"*"},"Action":"sqs:*"}}',
    '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Condition":{"StringEquals":{"aws:x":"b"},"StringEquals":{"aws:x":"a"}}}}',
  ])('that has a key twice, as text: %s', (text) => {
    const whole = text
      .replaceAll('STATEMENT', JSON.stringify(statement))
      .replaceAll('CONDITION', JSON.stringify({ StringEquals: { 'aws:x': 'a' } }));
    expect(() => JSON.parse(whole)).not.toThrow();
    expectMalformed(whole);
  });

  it.each(['', 'null', '[]', '7', '"policy"', '{', `${policyWith({})},`])('that is not a JSON object: %s', (text) => {
    refused(text);
    expect(verdictOf(text, { principal: ALICE })).toBe('deny');
  });

  it.each([
    ['no statement', []],
    ['something else among its statements', [statement, 'Allow']],
    ['null among its statements', [statement, null]],
    ['a statement without an effect', [{ ...statement, Effect: undefined }]],
    ['an effect in the wrong case', [{ ...statement, Effect: 'allow' }]],
    ['an effect that is not a text', [{ ...statement, Effect: { toString: 1 } }]],
  ])('that has %s', (_what, Statement) => {
    const text = JSON.stringify({ Statement });
    refused(text);
    expect(verdictOf(text, { principal: ALICE })).toBe(Statement.length === 0 ? 'nothing' : 'deny');
  });

  it('that is too long, whatever its whitespace', () => {
    const filled = (length: number) => policyWith({}, { Id: 'x'.repeat(length - policyWith({}, { Id: '' }).length) });
    expect(normalPolicy(filled(8192))).toHaveLength(8192);
    refused(filled(8193));
    refused(`${policyWith({})}${' '.repeat(8192)}`);
    refused(policyWith({}, { Id: 'é'.repeat(4090) }));
  });
});

describe('a policy is accepted', () => {
  it.each<[string, Json]>([
    ['without a version', { Version: undefined }],
    ['of the older version', { Version: '2008-10-17', Id: `${ARN}/SQSDefaultPolicy` }],
    ['with a statement that is not in a list', { Statement: statement }],
    ['with a Sid of any characters', { Statement: { ...statement, Sid: '__owner_statement: all, for ☂' } }],
    ['without a resource', { Statement: { Effect: 'Allow', Principal: '*', Action: 'sqs:*' } }],
    ['with keys that are written twice in different places', { Statement: [statement, statement] }],
    ['with quotes, colons and backslashes in its texts', { Id: '":"\\":{"a":1,"a":2}' }],
  ])('%s', (_what, policy) => {
    const text = policyWith({}, policy);
    expect(normalPolicy(text)).toBe(text);
  });

  it.each<[string, Json]>([
    [
      'principals of each kind',
      { Principal: { AWS: ['*', '111122223333', ALICE], Federated: 'x', CanonicalUser: 'y' } },
    ],
    ['a service', { Principal: { Service: ['sns.amazonaws.com', 'events.amazonaws.com.cn'] } }],
    ['everyone except some', { Principal: undefined, NotPrincipal: { AWS: 'arn:aws-cn:iam::111122223333:role/a/b' } }],
    ['actions with wildcards', { Action: ['*', 'SQS:Send*', 'sqs:*Message?', 'sns:Publish'] }],
    ['resources with wildcards', { Resource: ['*', 'arn:aws:sqs:*:*:q?', `arn:aws:sqs:*:*:\${aws:username}`] }],
    ['conditions', { Condition: { StringEquals: { 'aws:x': ['a', 7, true] }, Null: { 'aws:y': false } } }],
    ['conditions', { Condition: { DateLessThan: { 'aws:CurrentTime': ['2026-01-31T12:00:00Z', 1767225600] } } }],
    [
      'conditions',
      { Condition: { 'ForAnyValue:ArnLikeIfExists': { 'aws:z': ['*', 'arn:aws:s3:*:*:b', `\${aws:z}`] } } },
    ],
    ['variables', { Condition: { StringLike: { 'aws:x': `\${aws:username}-\${*}-\${aws:PrincipalTag/t, 'none'}` } } }],
  ])('with %s', (_what, members) => {
    const text = policyWith(members);
    expect(normalPolicy(text)).toBe(text);
  });
});
