/** Why a message does not pass a filter policy, in words for people. */

import { expect, it } from 'vitest';
import { FilteredMessage, type FilterScope, parseFilterPolicy } from '../../../src/topics/filters/filter-policy.ts';

function reason(policy: object, scope: FilterScope, message: FilteredMessage): string | undefined {
  return message.reasonAgainst(parseFilterPolicy(JSON.stringify(policy), scope, ''));
}

const inAttributes = (policy: object, attributes: Record<string, string>) =>
  reason(
    policy,
    'MessageAttributes',
    new FilteredMessage(
      new Map(Object.entries(attributes).map(([name, stringValue]) => [name, { dataType: 'String', stringValue }])),
      'text',
    ),
  );
const inBody = (policy: object, body: unknown) =>
  reason(policy, 'MessageBody', new FilteredMessage(undefined, typeof body === 'string' ? body : JSON.stringify(body)));

it.each([
  [{ kind: ['order'] }, { kind: 'refund' }, 'no rule of "kind" matches "refund"'],
  [{ kind: ['order'] }, {}, 'the message has no "kind"'],
  [{ kind: [{ exists: false }] }, { kind: 'order' }, 'no rule of "kind" matches "order"'],
  [{ a: ['x'], b: ['y'] }, { a: 'x', b: 'z' }, 'no rule of "b" matches "z"'],
  [
    { $or: [{ a: ['x'] }, { b: ['y'] }] },
    { b: 'z' },
    'no branch of "$or" matches: the message has no "a"; no rule of "b" matches "z"',
  ],
  [{ kind: ['order'] }, { kind: 'x'.repeat(200) }, `no rule of "kind" matches "${'x'.repeat(60)}…"`],
])('%j and the attributes %j: %s', (policy, attributes, expected) => {
  expect(inAttributes(policy, attributes as Record<string, string>)).toBe(expected);
});

it.each([
  [{ a: { b: ['x'] } }, { a: [{ b: 1 }, { b: [null, true] }] }, 'no rule of "a.b" matches 1, null, true'],
  [{ a: ['x'] }, { a: ['p', 'q', 'r', 's', 't'] }, 'no rule of "a" matches "p", "q", "r" or 2 other values'],
  [{ a: ['x'] }, { a: { b: 'x' } }, 'the message has no "a"'],
  [{ a: ['x'] }, 'plain', 'the message is not a JSON object'],
  [{}, 'plain', undefined],
])('%j and the body %j: %s', (policy, body, expected) => {
  expect(inBody(policy, body)).toBe(expected);
});

it('says when an attribute is not what its type promises', () => {
  const attributes = new Map([['a', { dataType: 'String.Array', stringValue: 'x' }]]);
  expect(reason({ a: ['x'] }, 'MessageAttributes', new FilteredMessage(attributes, 'text'))).toBe(
    '"a" has no value that a filter policy can match',
  );
});
