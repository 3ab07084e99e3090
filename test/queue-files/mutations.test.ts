/** Files with random mistakes: they are read, or refused with a place, and nothing else. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueueFileError } from '../../src/queue-files/syntax/tree.ts';
import { read } from './contents.ts';

const folder = join(import.meta.dirname, '../data/queue-files');
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
const texts = Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
const own = `account: "000000000042"
x-shared: &shared { VisibilityTimeout: 60, Policy: { Version: "2012-10-17", Statement: [] } }
queues:
  - name: orders
    attributes: { <<: *shared, DelaySeconds: 3 }
    redrive: { deadLetterQueue: orders-dlq, maxReceiveCount: 3 }
    tags: { team: shop }
    messages: [a, { body: { b: 1 }, attributes: { n: 1.5, raw: { DataType: Binary, BinaryValue: AAEC } }, delaySeconds: 5 }]
  - orders-dlq
`;

/** Fragments that mean something in one of the formats. */
const fragment = fc.oneof(
  fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    "'",
    '\n',
    ' ',
    '-',
    '&a ',
    '*a',
    '!Ref ',
    '!Sub ',
    'null',
    '${',
    '}',
    '=',
    '+=',
    '#',
  ),
  fc.constantFrom(
    'Fn::ForEach::X: ',
    'Condition: ',
    '"references": [',
    'include "defaults"\n',
    '<<: ',
    '\u0000',
    '\ud800',
    '__proto__',
    '-1',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
/** Replaces a part of a text, given as fractions of its length. */
const mutation = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(30), fragment);

describe('a file with random mistakes', () => {
  it.each([...files, 'squab.yaml'])('is read or refused: %s', (file) => {
    const text = texts[file] ?? own;
    const property = fc.property(fc.array(mutation, { minLength: 1, maxLength: 5 }), (mutations) => {
      const mistaken = mutations.reduce((before, [where, length, inserted]) => {
        const at = Math.floor(where * before.length);
        return before.slice(0, at) + inserted + before.slice(at + length);
      }, text);
      try {
        read(mistaken, file.split('/').at(-1)!, { files: texts, parameters: { Stage: 'dev' } });
      } catch (error) {
        expect(error).toBeInstanceOf(QueueFileError);
        expect((error as Error).message).not.toBe('');
      }
    });
    fc.assert(property, { numRuns: 100 * Number(process.env.SQUAB_FUZZ_TIMES ?? 1) });
  });
});
