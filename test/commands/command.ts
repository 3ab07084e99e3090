/** The command `squab` as users have it: dist/cli.js in a process of its own. */

import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

export const root = join(import.meta.dirname, '../..');
const cli = join(root, 'dist/cli.js');

/** Throws unless dist/ is there, and was made from what is in src/ now. */
function checkBuilt(): void {
  const built = statSync(cli, { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) throw new Error('There is no dist/cli.js to test. Run: npm run build');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const newer = sources.find((file) => statSync(join(root, 'src', file)).mtimeMs > built);
  if (newer) throw new Error(`dist/ is older than src/${newer}. Run: npm run build`);
}
checkBuilt();

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Command {
  child: ChildProcessWithoutNullStreams;
  ended: Promise<Ended>;
  /** Resolves with what `pattern` found in standard output, as soon as it is there; rejects if the process ends before. */
  output(pattern: RegExp): Promise<RegExpMatchArray>;
}

const running = new Set<ChildProcessWithoutNullStreams>();
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => new Promise((resolve) => child.once('close', resolve))));
});

/** Runs a program with no SQUAB_… variable but those given; whatever still runs after the test is killed. */
export function run(program: string, args: readonly string[], options: SpawnOptionsWithoutStdio = {}): Command {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SQUAB_'));
  const env = { ...Object.fromEntries(inherited), ...options.env };
  const child = spawn(program, args, { cwd: root, ...options, env });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal, stdout, stderr });
    });
  });
  const output = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const look = () => {
        const found = stdout.match(pattern);
        if (found) resolve(found);
      };
      look();
      child.stdout.on('data', look);
      ended.then(() => reject(new Error(`It ended without ${pattern}:\n${stdout}${stderr}`)), reject);
    });
  return { child, ended, output };
}

/** Runs `squab` on the Node that runs the tests. */
export function squab(args: readonly string[], options?: SpawnOptionsWithoutStdio): Command {
  return run(process.execPath, [cli, ...args], options);
}

/** Runs `squab` to its end. */
export function squabEnds(args: readonly string[], options?: SpawnOptionsWithoutStdio): Promise<Ended> {
  return squab(args, options).ended;
}

/** Runs `squab` on a free port; resolves when it answers, with its URL. */
export async function squabServes(
  args: readonly string[] = [],
  options?: SpawnOptionsWithoutStdio,
): Promise<Command & { url: string }> {
  const command = squab(['--port', '0', ...args], options);
  const [, url] = await command.output(/"url":"([^"]+)".*"msg":"Squab is listening"/);
  return { ...command, url: url! };
}

/** How the command ends when it fails: one line on the error stream, and nothing else. */
export function failure(code: number, message: string): Ended {
  return { code, signal: null, stdout: '', stderr: `squab: ${message}\n` };
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** An empty folder that the test ends with. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'squab-test-'));
  folders.push(folder);
  return folder;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A port that somebody listens on. */
export async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export async function freePort(): Promise<number> {
  const port = await takenPort();
  await new Promise((resolve) => servers.pop()!.close(resolve));
  return port;
}
