/** What `npm publish` would hand out, and what installing it brings along. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './cli/command.ts';

interface Packed {
  files: { path: string }[];
  unpackedSize: number;
}

it('the package is dist/ and the papers, with nothing of the sources and tests', () => {
  const packing = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(packing) as [Packed];
  const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  const entries = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true });
  const dist = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  const paths = packed.files.map(({ path }) => path);
  expect(paths.filter((path) => !papers.includes(path)).sort()).toEqual(dist.sort());
  expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'package.json', 'dist/THIRD-PARTY-LICENSES.txt']));
  expect(packed.unpackedSize).toBeLessThan(3_000_000);
});

it('dist/ imports nothing but Node and better-sqlite3, and its types nothing at all', () => {
  const dist = join(root, 'dist');
  const imported = (file: string) => {
    const text = readFileSync(join(dist, file), 'utf8');
    const found = text.matchAll(/^(?:import|export)\b(?:[^;'"]*\bfrom)? ?["']([^."'][^"']*)["']/gm);
    return [...found].map(([, name]) => name!).filter((name) => !name.startsWith('node:'));
  };
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  const code = files.filter((file) => file.endsWith('.js')).flatMap(imported);
  expect([...new Set(code)]).toEqual(['better-sqlite3']);
  expect(files.filter((file) => file.endsWith('.d.ts')).flatMap(imported)).toEqual([]);
});
