/** The README names every operation, under "What is supported". */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { operations } from '../../src/api/operations/index.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

it.each([...operations.keys()])('README.md names %s', (name) => {
  expect(readme).toMatch(new RegExp(`\\b${name}\\b`));
});
