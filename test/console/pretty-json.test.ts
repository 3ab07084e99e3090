/** Indenting JSON changes nothing but white space, since a message may be sent as it was indented. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prettyOf } from '../../src/console/pieces/pretty-json.ts';

it('indents JSON as JSON.stringify does', () => {
  const container = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()));
  const property = fc.property(container, fc.constantFrom(undefined, 1, '\t'), (value, indentation) => {
    expect(prettyOf(JSON.stringify(value, undefined, indentation))).toBe(JSON.stringify(value, undefined, 2));
  });
  fc.assert(property);
});

it('keeps the digits of numbers, equal keys, their order, and escape sequences', () => {
  const members = ['"id":12345678901234567890', '"price":1.50', '"a":1e400', '"b":1', '"1":2', '"b":"\\u202e\\/"'];
  expect(prettyOf(`{${members.join(' ,')}}`)).toBe(
    `{\n${members.map((member) => `  ${member.replace(':', ': ')}`).join(',\n')}\n}`,
  );
});

it('leaves alone what is no object or list, or hundreds of levels deep', () => {
  for (const text of ['1', '"{}"', '{', '[1,]', '{"a":1}x', '\ufeff{}', '[\u00a01]']) {
    expect(prettyOf(text)).toBeUndefined();
  }
  expect(prettyOf('['.repeat(100) + ']'.repeat(100))).toBeDefined();
  expect(prettyOf('['.repeat(101) + ']'.repeat(101))).toBeUndefined();
});
