/** The packages that the build leaves out. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leftOut } from '../../scripts/left-out.ts';

const root = join(import.meta.dirname, '../..');

it('dist/ has none of them, nor what only they need', () => {
  const notices = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  const packages = [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(/gm)].map(([, name]) => name!);
  expect(packages).toContain('fastify');
  for (const name of [...leftOut, 'ajv']) expect(packages).not.toContain(name);
  expect(readFileSync(join(root, 'dist/server.cjs'), 'utf8')).not.toMatch(/require\("(node:)?http2"\)/);
});
