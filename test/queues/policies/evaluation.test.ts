/** Evaluates policies, element by element. Source: IAM User Guide, "IAM JSON policy elements reference". */

import { describe, expect, it } from 'vitest';
import { policyOf } from '../../../src/queues/policies/evaluation.ts';
import { ALICE, ARN, allows, SESSION, verdict } from './verdict.ts';

describe('Principal', () => {
  const anonymous = { principal: undefined };

  it.each(['*', { AWS: '*' }, { AWS: ['*'] }])('%j matches every caller, including unsigned ones', (Principal) => {
    expect(allows({ Principal })).toBe(true);
    expect(allows({ Principal }, anonymous)).toBe(true);
    expect(allows({ Principal }, { principal: 'sns.amazonaws.com' })).toBe(true);
  });

  it.each([
    ['the account', '444455556666', ALICE, true],
    ['another account', '777788889999', ALICE, false],
    ['the account by its root user', 'arn:aws:iam::444455556666:root', ALICE, true],
    ['the account, for a role', '444455556666', SESSION, true],
    ['the user', ALICE, ALICE, true],
    ['another user', 'arn:aws:iam::444455556666:user/bob', ALICE, false],
    ['the session', SESSION, SESSION, true],
    ['the role of the session', 'arn:aws:iam::444455556666:role/reader', SESSION, true],
    ['the role with its path', 'arn:aws:iam::444455556666:role/a/b/reader', SESSION, true],
    ['the role itself', 'arn:aws:iam::444455556666:role/a/reader', 'arn:aws:iam::444455556666:role/a/reader', true],
    ['another role', 'arn:aws:iam::444455556666:role/writer', SESSION, false],
    ['the role of that name in another account', 'arn:aws:iam::777788889999:role/reader', SESSION, false],
    ['a service with the name of an account', '444455556666', '444455556666.amazonaws.com', false],
  ])('%s', (_what, name, principal, expected) => {
    expect(allows({ Principal: { AWS: name } }, { principal })).toBe(expected);
    expect(allows({ Principal: { AWS: ['777788889990', name] } }, { principal })).toBe(expected);
    expect(allows({ NotPrincipal: { AWS: [name] } }, { principal })).toBe(!expected);
    expect(allows({ Principal: { AWS: name } }, anonymous)).toBe(false);
  });

  it('Service matches a service by its name', () => {
    const Principal = { Service: ['sns.amazonaws.com', 's3.amazonaws.com'] };
    expect(allows({ Principal }, { principal: 'sns.amazonaws.com' })).toBe(true);
    expect(allows({ Principal }, { principal: 'events.amazonaws.com' })).toBe(false);
    expect(allows({ Principal })).toBe(false);
  });

  it.each([{ Federated: 'cognito' }, { CanonicalUser: '79a5' }, 'sns.amazonaws.com', undefined, null, 7])(
    '%j matches no caller',
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
    ['sns:SendMessage', false],
    ['*:SendMessage', true],
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
    ['arn:*', true],
  ])('%s', (Resource, expected) => {
    expect(allows({ Resource })).toBe(expected);
    expect(allows({ Resource: ['arn:aws:sqs:us-east-1:111122223333:other', Resource] })).toBe(expected);
    expect(allows({ Resource: undefined, NotResource: Resource })).toBe(!expected);
  });

  it('defaults to the queue that the policy belongs to', () => {
    expect(allows({ Resource: undefined })).toBe(true);
  });
});

describe('A text', () => {
  const textOf = (Id: string) => JSON.stringify({ Id, Statement: { Effect: 'Allow', Principal: '*', Action: '*' } });

  it('is compiled once, and forgotten once hundreds of others were used after it', () => {
    const first = policyOf(textOf('first'));
    for (let other = 0; other < 200; other++) policyOf(textOf(`${other}`));
    expect(policyOf(textOf('first'))).toBe(first);
    for (let other = 200; other < 400; other++) policyOf(textOf(`${other}`));
    expect(policyOf(textOf('first'))).not.toBe(first);
    expect(policyOf(textOf('first')).isSound).toBe(true);
  });
});

describe('Effect', () => {
  const everyone = { Principal: '*', Action: '*', Resource: '*' };

  it('Deny overrides Allow, in any order', () => {
    const [allow, deny] = [
      { ...everyone, Effect: 'Allow' },
      { ...everyone, Effect: 'Deny' },
    ];
    expect(verdict({}, {}, { Statement: [allow, deny] })).toBe('deny');
    expect(verdict({}, {}, { Statement: [deny, allow] })).toBe('deny');
  });

  it('Deny has no effect on requests that its statement does not apply to', () => {
    const Statement = [
      { ...everyone, Effect: 'Allow' },
      { ...everyone, Effect: 'Deny', Action: 'sqs:PurgeQueue' },
    ];
    expect(verdict({}, {}, { Statement })).toBe('allow');
  });

  it('is accepted in a single statement without a list around it', () => {
    expect(verdict({}, {}, { Statement: { ...everyone, Effect: 'Allow' } })).toBe('allow');
  });

  it('does not exist in a policy without statements', () => {
    expect(verdict({}, {}, { Statement: [] })).toBe('nothing');
  });
});
