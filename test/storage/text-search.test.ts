/** The search for a part of a text, whose time clients cannot make grow with the length of the part. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { finderOf } from '../../src/storage/text-search.ts';

it('finds what String.includes finds', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 30 });
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 }), (body, part) => {
      expect(finderOf(part)(body)).toBe(body.includes(part));
    }),
    { numRuns: 2000 },
  );
});

it('looks at each character of a text a limited number of times, however long the part is', () => {
  const part = `${'a'.repeat(500)}b${'a'.repeat(499)}`;
  let looks = 0;
  const text = {
    length: 100_000,
    charCodeAt() {
      looks++;
      return 0x61;
    },
  };
  expect(finderOf(part)(text as unknown as string)).toBe(false);
  expect(looks).toBe(100_000);
});
