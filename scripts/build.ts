/**
 * Builds dist/: the command and the library, bundled with everything that they import except the SQLite binding, and
 * their types, and the console. Squab starts faster from a few files than from hundreds, and users have only one
 * dependency to install. `--no-types` omits the types, which the container image does not need.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { bundleConsole } from './console.ts';
import { leaveOut } from './left-out.ts';
import { inAscii, shorter } from './less-code.ts';
import { noticesOf, packagesOf } from './notices.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
/** The classes and functions that the library exports. */
const classes = ['ControlError', 'VirtualClock'];
const functions = ['start'];

rmSync(dist, { recursive: true, force: true });
await bundle();
if (!process.argv.includes('--no-types')) declareTypes();

async function bundle(): Promise<void> {
  const source = (name: string) => join(root, 'src', `${name}.ts`);
  const modules = await Promise.all([
    // Node.js loads CommonJS with a tenth less CPU time than ES modules, for which it also loads more of its own code.
    write('cjs', {
      ...{ cli: source('cli'), index: source('index') },
      ...{ jest: source('testing/jest'), thread: source('testing/thread') },
    }),
    // Vitest can only be imported.
    write('esm', { vitest: source('testing/vitest') }, [sharedErrors()]),
    bundleConsole(join(dist, 'console')),
  ]);
  writeFileSync(join(dist, 'index.js'), `export { ${[...classes, ...functions].join(', ')} } from './index.cjs';\n`);
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), noticesOf(packagesOf(modules.flat())));
}

/** Bundles the inputs with their imports. Resolves to the modules that went into the bundle. */
async function write(
  format: 'esm' | 'cjs',
  input: Record<string, string>,
  plugins: readonly Plugin[] = [],
): Promise<string[]> {
  const build = await rolldown({
    input,
    platform: 'node',
    external: ['better-sqlite3', 'vitest', '@jest/globals'],
    treeshake: true,
    plugins: [leaveOut(), inAscii(), ...plugins],
  });
  const suffix = format === 'cjs' ? 'cjs' : 'js';
  const names = { entryFileNames: `[name].${suffix}`, chunkFileNames: `[name].${suffix}` };
  const { output } = await build.write({ dir: dist, format, ...names, ...shorter });
  await build.close();
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
}

/** Has a bundle take ControlError from the library: a test that catches an error compares it with the library's class. */
function sharedErrors(): Plugin {
  return {
    name: 'shared-errors',
    resolveId: (id) => (id.endsWith('/control-error.ts') ? { id: './index.cjs', external: true } : null),
  };
}

/** Writes the type declarations of the package's exports, without those of internals. */
function declareTypes(): void {
  const all = mkdtempSync(join(tmpdir(), 'squab-types-'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', 'false', '--declaration', '--stripInternal', '--emitDeclarationOnly', '--outDir', all];
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), ...options], { stdio: 'inherit' });
  const source = join(all, 'src');
  const kept = new Set<string>();
  const keep = (file: string, commonJs = false) => {
    const target = join(dist, relative(source, commonJs ? file.replace(/\.ts$/, '.cts') : file));
    if (kept.has(target)) return;
    kept.add(target);
    mkdirSync(dirname(target), { recursive: true });
    const text = readFileSync(file, 'utf8');
    // In CommonJS, a reference to the types of an ES module needs this attribute.
    const mode = commonJs ? " with { 'resolution-mode': 'import' }" : '';
    const from = text.replace(/(from '\.[^']+)\.ts'/g, `$1.js'${mode}`);
    writeFileSync(target, from);
    for (const [, path] of text.matchAll(/from '(\.[^']+)\.[jt]s'/g)) {
      keep(join(dirname(file), `${path}.d.ts`));
    }
  };
  // With the setting moduleResolution node10, TypeScript ignores `exports`, and does not know the attribute above.
  for (const name of ['index', 'testing/vitest', 'testing/jest']) keep(join(source, `${name}.d.ts`));
  keep(join(source, 'testing/jest.d.ts'), true);
  writeFileSync(join(dist, 'index.d.cts'), commonJsTypes());
  rmSync(all, { recursive: true });
}

/** Returns the types of the library for CommonJS, where TypeScript lets no ES module be imported except for its types. */
function commonJsTypes(): string {
  const mode = "with { 'resolution-mode': 'import' }";
  return [
    `import type * as library from './index.js' ${mode};`,
    `export type * from './index.js' ${mode};`,
    ...[...functions, ...classes].map((name) => `export declare const ${name}: typeof library.${name};`),
    ...classes.map((name) => `export type ${name} = library.${name};`),
    '',
  ].join('\n');
}
