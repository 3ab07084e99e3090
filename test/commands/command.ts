/** Runs the command `squab` as users do: dist/cli.cjs in its own process. */

import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { client } from '../helpers.ts';

export const root = join(import.meta.dirname, '../..');
const cli = join(root, 'dist/cli.cjs');

/** Throws an Error unless dist/ exists and is newer than src/. */
function checkBuilt(): void {
  const built = statSync(cli, { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) throw new Error('dist/cli.cjs does not exist. Run: npm run build');
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
  /** Resolves to the match as soon as standard output matches `pattern`. Rejects if the process ends before that. */
  output(pattern: RegExp): Promise<RegExpMatchArray>;
}

const running = new Set<ChildProcessWithoutNullStreams>();
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => new Promise((resolve) => child.once('close', resolve))));
});

/** Runs a program with only the given SQUAB_… variables. It is killed if it is still running after the test. */
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
      const match = () => {
        const found = stdout.match(pattern);
        if (found) resolve(found);
      };
      match();
      child.stdout.on('data', match);
      ended.then(() => reject(new Error(`It ended without ${pattern}:\n${stdout}${stderr}`)), reject);
    });
  return { child, ended, output };
}

/** Runs `squab` on the Node.js that runs the tests. */
export function squab(args: readonly string[], options?: SpawnOptionsWithoutStdio): Command {
  return run(process.execPath, [cli, ...args], options);
}

/** Runs `squab`, and resolves when it has ended. */
export function squabEnds(args: readonly string[], options?: SpawnOptionsWithoutStdio): Promise<Ended> {
  return squab(args, options).ended;
}

/** Runs `squab` on a free port, and resolves with its URL when it is listening. */
export async function squabServes(
  args: readonly string[] = [],
  options?: SpawnOptionsWithoutStdio,
): Promise<Command & { url: string }> {
  const command = squab(['--port', '0', ...args], options);
  const [, url] = await command.output(/"url":"([^"]+)".*"msg":"Squab is listening"/);
  return { ...command, url: url! };
}

/** The result of a command that fails: one line on standard error, and no output. */
export function failure(code: number, message: string): Ended {
  return { code, signal: null, stdout: '', stderr: `squab: ${message}\n` };
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Creates an empty folder, which is removed after the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'squab-test-'));
  folders.push(folder);
  return folder;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Returns a port that is in use until the test ends. */
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

/** Writes a file with this name into a folder of its own. Returns its path. */
export function written(name: string, text: string): string {
  const path = join(scratch(), name);
  writeFileSync(path, text);
  return path;
}

/** Resolves to the names of the queues of a region. */
export const namesAt = async (url: string, region = 'us-east-1') => {
  const { QueueUrls = [] } = await client('JSON', url).call('ListQueues', {}, { region });
  return QueueUrls.map((one: string) => one.slice(one.lastIndexOf('/') + 1));
};
