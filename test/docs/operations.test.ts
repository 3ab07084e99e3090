/** The documents name every operation. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { snsOperations } from '../../src/api/sns/table.ts';
import { operations } from '../../src/api/sqs/index.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

it.each([...operations.keys()])('README.md names %s', (name) => {
  expect(readme).toMatch(new RegExp(`\\b${name}\\b`));
});

const topics = readFileSync(join(root, 'docs/topics.md'), 'utf8');

it.each([...snsOperations.keys()])('docs/topics.md names %s', (name) => {
  expect(topics).toMatch(new RegExp(`\\b${name}\\b`));
});

it.each(['README.md', 'ARCHITECTURE.md'])('%s says how many operations exist', (page) => {
  const [, count] = /\b(\d+) operations\b/.exec(readFileSync(join(root, page), 'utf8'))!;
  expect(Number(count)).toBe(operations.size);
});
