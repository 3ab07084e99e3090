/** Evaluates any JSON as a policy: nothing throws, and a malformed policy grants nothing. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { normalPolicy } from '../../../src/queues/policies/policy.ts';
import { ALICE, ARN, verdictOf } from './verdict.ts';

const statement = { Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: ARN };

/** Keys and values that mean something in a policy, somewhere, or in JavaScript. */
const words = fc.constantFrom(
  ...['Version', 'Id', 'Statement', 'Sid', 'Effect', 'Principal', 'NotAction', 'Action', 'Resource', 'Condition'],
  ...[
    '2012-10-17',
    'Allow',
    'Deny',
    '*',
    'AWS',
    'Service',
    'sqs:*',
    ARN,
    ALICE,
    '111122223333',
    'toString',
    '__proto__',
  ],
  ...['StringEquals', 'ForAllValues:StringNotLike', 'NotIpAddress', 'DateLessThan', 'NumericNotEquals', 'ArnNotLike'],
  ...[
    'Bool',
    'Null',
    'aws:username',
    'aws:x',
    `\${aws:username}`,
    `\${`,
    '::/0',
    '10.0.0.0/8',
    '2026-01-01',
    'true',
    '7',
  ],
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, depthSize: 'large' },
    fc.oneof(words, fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(fc.oneof(words, fc.string()), tie('json')), { maxLength: 4 }).map(Object.fromEntries),
  ),
}));

const anyContext = fc.dictionary(words, fc.array(fc.oneof(words, fc.string({ unit: 'binary' })), { maxLength: 3 }));
const request = fc.record({ principal: fc.constantFrom(undefined, ALICE, 'sns.amazonaws.com'), context: anyContext });

/** Evaluates a policy; if it is refused, expects that it grants nothing. */
const evaluate = (text: string, asked: Parameters<typeof verdictOf>[1]) => {
  const verdict = verdictOf(text, asked);
  if (verdict === 'allow' && !text.includes('"Statement":[')) expect(normalPolicy(text)).toBe(text);
  return verdict;
};

it('any JSON can be evaluated as a policy, a statement, an element or a condition', () => {
  const element = fc.constantFrom('Principal', 'Action', 'Resource', 'Condition', 'NotPrincipal', 'NotAction', 'Sid');
  const text = fc.oneof(
    json.map((value) => JSON.stringify(value)),
    json.map((Statement) => JSON.stringify({ Version: '2012-10-17', Statement })),
    fc.tuple(element, json).map(([name, value]) => {
      const { [name.replace('Not', '') as 'Action']: _, ...others } = statement;
      return JSON.stringify({ Version: '2012-10-17', Statement: { ...others, [name]: value } });
    }),
    fc.tuple(words, words, json).map(([operator, key, value]) => {
      return JSON.stringify({ Statement: { ...statement, Condition: { [operator]: { [key]: value } } } });
    }),
  );
  fc.assert(
    fc.property(text, request, (policy, asked) => {
      evaluate(policy, asked);
    }),
    { numRuns: 3000 },
  );
});
