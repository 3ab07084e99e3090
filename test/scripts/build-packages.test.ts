/** The container image is built with the packages that bundling needs, and with no others. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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
