/**
 * Prints package.json with only those development dependencies that bundling needs (`build.ts --no-types`), for the
 * container image. `npm install` then takes them from package-lock.json, at the locked versions, and nothing else.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bundler, and the packages that it puts into dist/. */
export const buildPackages = [
  ...['@preact/signals', 'fastify', 'pg', 'preact', 'prom-client', 'rolldown', 'uplot', 'uuid', 'yaml', 'zod'],
];

interface Manifest {
  devDependencies: Record<string, string>;
}

export function forBuild<M extends Manifest>(manifest: M): M {
  const kept = Object.entries(manifest.devDependencies).filter(([name]) => buildPackages.includes(name));
  return { ...manifest, devDependencies: Object.fromEntries(kept) };
}

if (process.argv[1] === import.meta.filename) {
  const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  console.log(JSON.stringify(forBuild(JSON.parse(text) as Manifest), null, 2));
}
