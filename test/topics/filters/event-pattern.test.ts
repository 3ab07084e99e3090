/** The patterns of event source mappings. */

import { describe, expect, it } from 'vitest';
import { FilteredRecord, parseEventPattern } from '../../../src/topics/filters/event-pattern.ts';
import { InvalidText } from '../../../src/topics/invalid-text.ts';

function recordWith(body: unknown): FilteredRecord {
  return new FilteredRecord({
    messageId: '1',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: { kind: { stringValue: 'order', dataType: 'String' } },
  });
}

const matches = (pattern: object, body: unknown) =>
  recordWith(body).matches(parseEventPattern(JSON.stringify(pattern)));

describe('an event pattern', () => {
  it.each([
    ['a plain text, and a list', { body: ['abc'] }, 'abc', true],
    ['a plain text, and a list of others', { body: [{ prefix: 'x' }] }, 'abc', false],
    ['a plain text, and an object', { body: { a: [{ exists: false }] } }, 'abc', false],
    ['JSON, and a list', { body: ['abc', { exists: true }, { exists: false }] }, { a: 'abc' }, false],
    ['a JSON list, and a list', { body: ['abc'] }, ['abc'], false],
    ['JSON, and an object', { body: { a: ['abc'] } }, { a: 'abc' }, true],
    ['JSON, and an object of others', { body: { a: ['abc'] } }, { a: 'x' }, false],
    ['JSON in a list, and an object', { body: { a: ['abc'] } }, [{ a: 'x' }, { a: 'abc' }], true],
    ['any body, and a pattern without a body', { messageId: ['1'] }, 'abc', true],
    ['broken JSON, and a list', { body: ['{"a":'] }, '{"a":', true],
  ])('compares %s', (_title, pattern, body, expected) => {
    expect(matches(pattern, body)).toBe(expected);
    expect(recordWith(body).reasonAgainst(parseEventPattern(JSON.stringify(pattern))) === undefined).toBe(expected);
  });

  it.each([
    [{ a: ['x', 'y'], b: [1] }, { a: 'y', b: 1 }, true],
    [{ a: [{ numeric: ['>', 5, '<=', 9] }] }, { a: 9 }, true],
    [{ a: [null] }, { a: null }, true],
    [{ a: [''] }, { a: '' }, true],
    [{ a: [{ exists: true }] }, {}, false],
    [{ a: [{ 'anything-but': { suffix: '.png' } }] }, { a: 'a.gif' }, true],
    [{ a: [{ 'anything-but': { 'equals-ignore-case': 'no' } }] }, { a: 'NO' }, false],
    [{ $or: [{ a: [1] }, { b: [1] }] }, { b: 1 }, true],
    [{ a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] }, { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }, true],
  ])('matches %j and %j: %s', (body, value, expected) => {
    expect(matches({ body }, value)).toBe(expected);
  });

  it('looks at the other members of a record', () => {
    const pattern = { messageAttributes: { kind: { stringValue: ['order'] } }, body: { a: [1] } };
    expect(matches(pattern, { a: 1 })).toBe(true);
    expect(matches({ messageAttributes: { kind: { stringValue: ['refund'] } } }, { a: 1 })).toBe(false);
  });

  it.each(['', '{', 'null', '5', '[]', '"a"', '{"body":"x"}', '{"body":[]}', '{"body":{"a":null}}', '{"body":{}}'])(
    'is invalid: %s',
    (text) => {
      expect(() => parseEventPattern(text)).toThrow(InvalidText);
    },
  );
});
