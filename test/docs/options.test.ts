/** The pages that mention options mention only options that exist. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { helpText } from '../../src/commands/command-line.ts';

it.each([
  'coming-from.md',
  'console.md',
  'data-on-disk.md',
  'functions.md',
  'metrics.md',
  'more-than-one-machine.md',
  'options.md',
  'topics.md',
  'web-pages.md',
])('docs/%s names flags and variables that there are', (page) => {
  // Options of other programs are not meant.
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8').replaceAll(
    /^(aws|docker) .*$|`kubectl [^`]*`/gm,
    '',
  );
  const named = text.match(/(?<=[`\s])--[a-z][a-z-]+|\bSQUAB_[A-Z_]+/g) ?? [];
  expect(named).not.toEqual([]);
  const known = helpText([]).match(/--[a-z][a-z-]+|\bSQUAB_[A-Z_]+/g)!;
  for (const name of named) expect(known, name).toContain(name);
});
