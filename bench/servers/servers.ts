/** Starts the servers to measure, each in its own process. */

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Protocol } from '../load/requests.ts';

export interface Server {
  /** The heading of its column. */
  name: string;
  url: string;
  /** The only protocol that it speaks; if undefined, it speaks both. */
  protocol?: Protocol;
  /** CPU time that its process has used so far, in milliseconds; undefined if it is not known. */
  cpuMs(): number | undefined;
  /** Memory of its process (RSS), in bytes; undefined if it is not known. */
  rss(): number | undefined;
  stop(): Promise<void>;
}

/** How to run a server with this Node.js. */
export interface Command {
  name: string;
  script: string;
  flags: readonly string[];
  /** Flags for Node.js itself. */
  nodeFlags?: readonly string[];
}

export const root = join(import.meta.dirname, '../..');

/**
 * The folder for all files of the benchmark. It is in the working copy, because on many machines the folder for
 * temporary files is in memory, which would make the disk look faster than it is.
 */
const scratch = join(root, '.squab-bench');

const cli = join(root, 'dist/cli.cjs');

/** The single-file executable, built by `npm run build:executable`. */
export const executable = join(root, 'build', process.platform === 'win32' ? 'squab.exe' : 'squab');

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/**
 * Makes sure that this process leaves no child process and no scratch folder behind, unless it is killed with
 * SIGKILL.
 */
export function leaveNothingBehind(): void {
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
}

/** A folder that is kept between runs. */
export function lastingFolder(...names: string[]): string {
  const folder = join(scratch, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder that is deleted when this process ends. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(lastingFolder(), `${name}-`));
  folders.add(folder);
  return folder;
}

/** Squab as it is published: the built command. */
export function squabCommand(name: string, flags: readonly string[], port = 0): Command {
  return { name, script: cli, flags: ['--port', `${port}`, ...flags] };
}

/** Whether this Squab has the option --durability. */
export function hasDurability(): boolean {
  return execFileSync(process.execPath, [cli, '--help'], { encoding: 'utf8' }).includes('--durability');
}

/** The floor as plain JavaScript: if Node.js stripped its types, that would cost start-up time and memory. */
export function floorCommand(port = 0): Command {
  const script = join(lastingFolder(), 'floor.mjs');
  writeFileSync(script, stripTypeScriptTypes(readFileSync(join(root, 'bench/servers/floor.ts'), 'utf8')));
  return { name: 'floor', script, flags: [`${port}`] };
}

/** Without the user's SQUAB_… variables, which are not meant for the servers measured here. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([variable]) => !variable.startsWith('SQUAB_')),
);

/** Runs a program that is killed when this one ends. By default, its standard output is ignored. */
export function run(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const { env, ...others } = options;
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    ...others,
    env: { ...environment, ...env },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs a program and waits for its end. Throws an Error with its output if it fails. */
export async function carryOut(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = run(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => output.push(String(chunk)));
  const [code] = await once(child, 'close').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`The program ${program} is not installed.`) : error;
  });
  if (code !== 0) throw new Error(`${program} exited with ${code}: ${output.join('').trim().slice(-500)}`);
}

/** Runs a server's script. The server is ready when it prints a line of JSON with a `url`. */
export async function launch({ name, script, flags, nodeFlags = [] }: Command): Promise<Server> {
  const args = [...nodeFlags, script, ...flags];
  const child = run(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout!).on('line', (line) => {
      const entry = line.startsWith('{') ? (JSON.parse(line) as { url?: string }) : {};
      if (entry.url) resolve(entry.url);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} exited with ${code} before it was ready.`)));
  });
  return { name, url, ...processOf(child) };
}

/** The measurements of a child process, and how to stop it. */
export function processOf(child: ChildProcess): Pick<Server, 'cpuMs' | 'rss' | 'stop'> {
  return {
    cpuMs: () => cpuMsOf(child.pid!),
    rss: () => rssOf(child.pid!),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** A server that the benchmark did not start. */
export function elsewhere(name: string, url: string): Server {
  return { name, url, cpuMs: () => undefined, rss: () => undefined, stop: async () => {} };
}

/** The CPU time of all threads of a process, which Linux has in nanoseconds. */
function cpuMsOf(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanoseconds = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  } catch {
    return undefined;
  }
}

function rssOf(pid: number): number | undefined {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', `${pid}`], { encoding: 'utf8' })) * 1024;
  } catch {
    return undefined;
  }
}
