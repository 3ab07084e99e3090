/** The container image is built with the packages and files that bundling needs, and with no other packages. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { buildPackages, forBuild } from '../../scripts/build-packages.ts';

const root = join(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** Packages that dist/ imports but does not contain. */
const external = ['better-sqlite3', 'vitest', '@jest/globals'];

it('lists every package that the source imports, except those that dist/ does not contain', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const imported = files
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(root, 'src', file), 'utf8');
      const found = text.matchAll(
        /^(?:import|export) (?!type )(?:[^;']*? from )?'([^.'][^']*)'|import\('([^.'][^']*)'\)/gm,
      );
      return [...found].map(([, fixed, dynamic]) => (fixed ?? dynamic)!);
    });
  // Of a package that is imported by a path within it, the name.
  const names = imported.map((name) => name.match(/^(@[^/]+\/)?[^/]+/)![0]);
  const packages = [...new Set(names)].filter((name) => !name.startsWith('node:') && !external.includes(name));
  expect([...packages, 'rolldown'].sort()).toEqual([...buildPackages].sort());
});

it('changes nothing else in package.json', () => {
  const { devDependencies, ...reduced } = forBuild(manifest);
  expect(Object.keys(devDependencies).sort()).toEqual([...buildPackages].sort());
  expect({ ...reduced, devDependencies: manifest.devDependencies }).toEqual(manifest);
});

it('describes the image as package.json describes the package', () => {
  expect(dockerfile).toContain(`org.opencontainers.image.description=${JSON.stringify(manifest.description)}`);
  expect(dockerfile).toContain(`org.opencontainers.image.licenses=${JSON.stringify(manifest.license)}`);
});

it('copies every file that bundling reads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'squab-image-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const [building] = dockerfile.split('RUN node scripts/build.ts');
  for (const [, names] of building!.matchAll(/^COPY (.+) \S+$/gm)) {
    for (const name of names!.split(' ')) {
      expect(allowed).toContain(`!${name}`);
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build.ts', '--no-types'], { cwd: folder });
  expect(existsSync(join(folder, 'dist/cli.cjs'))).toBe(true);
});
