/**
 * Makes dist/: the command and the library, bundled with all that they import but the SQLite binding, and their types.
 * One file to read instead of some hundred makes Squab start sooner, and leaves users with one dependency to install.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
await bundle();
declareTypes();

async function bundle(): Promise<void> {
  const build = await rolldown({
    input: { cli: join(root, 'src/cli.ts'), index: join(root, 'src/index.ts') },
    platform: 'node',
    external: ['better-sqlite3'],
    treeshake: true,
  });
  const { output } = await build.write({ dir: dist, format: 'esm', chunkFileNames: '[name].js' });
  await build.close();
  writeNotices(output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])));
}

/** The licences of the packages that went into the bundle, which ask to be handed on. */
function writeNotices(modules: readonly string[]): void {
  const folders = new Set(modules.flatMap((file) => file.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []));
  const notices = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
}

/** Keeps the declarations of what index.ts exports, and none of the internals. */
function declareTypes(): void {
  const all = mkdtempSync(join(tmpdir(), 'squab-types-'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', all];
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), ...options], { stdio: 'inherit' });
  const kept = new Set<string>();
  const keep = (file: string) => {
    if (kept.has(file)) return;
    kept.add(file);
    const target = join(dist, relative(all, file));
    mkdirSync(dirname(target), { recursive: true });
    const text = readFileSync(file, 'utf8');
    writeFileSync(target, text.replace(/(from '\.[^']+)\.ts'/g, "$1.js'"));
    for (const [, path] of text.matchAll(/from '(\.[^']+)\.[jt]s'/g)) {
      keep(join(dirname(file), `${path}.d.ts`));
    }
  };
  keep(join(all, 'index.d.ts'));
  rmSync(all, { recursive: true });
}
