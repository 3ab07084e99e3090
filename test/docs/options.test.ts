/** The page for those who leave other emulators speaks of options that there are. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { helpText } from '../../src/commands/command-line.ts';

it.each(['coming-from.md', 'metrics.md'])('docs/%s names flags and variables that there are', (page) => {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8');
  const named = text.match(/(?<=[`\s])--[a-z][a-z-]+|\bSQUAB_[A-Z_]+/g) ?? [];
  expect(named).toContain('--metrics');
  const known = helpText([]).match(/--[a-z][a-z-]+|\bSQUAB_[A-Z_]+/g)!;
  for (const name of named) expect(known, name).toContain(name);
});
