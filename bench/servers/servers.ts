/** Servers to measure, each in a process of its own. */

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Server {
  /** What stands above its column. */
  name: string;
  url: string;
  /** CPU time that its process has used so far, in milliseconds; undefined where that is not known. */
  cpuMs(): number | undefined;
  /** Bytes of memory that its process has in use; undefined where that is not known. */
  rss(): number | undefined;
  stop(): Promise<void>;
}

/** What it takes to run a server with this Node. */
export interface Command {
  name: string;
  script: string;
  flags: readonly string[];
  /** Of Node itself. */
  nodeFlags?: readonly string[];
}

export const root = join(import.meta.dirname, '../..');

/**
 * Where everything is written: beside the code, for the folder of temporary files is memory on many machines, which would
 * make a disk look faster than it is.
 */
const scratch = join(root, '.squab-bench');

const cli = join(root, 'dist/cli.js');
const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** However this process ends from now on, short of SIGKILL: no child and no folder of it stays. */
export function leaveNothingBehind(): void {
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
}

/** A folder that stays. */
export function lastingFolder(...names: string[]): string {
  const folder = join(scratch, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder that goes when this process ends. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(lastingFolder(), `${name}-`));
  folders.add(folder);
  return folder;
}

/** Squab as its users have it: what the build made. */
export function squabCommand(name: string, flags: readonly string[], port = 0): Command {
  return { name, script: cli, flags: ['--port', `${port}`, ...flags] };
}

/** Whether this Squab can be told how durable a commit is to be. */
export function hasDurability(): boolean {
  return execFileSync(process.execPath, [cli, '--help'], { encoding: 'utf8' }).includes('--durability');
}

/** As plain JavaScript: to have Node strip the types would cost the floor time at its start, and memory. */
export function floorCommand(port = 0): Command {
  const script = join(lastingFolder(), 'floor.mjs');
  writeFileSync(script, stripTypeScriptTypes(readFileSync(join(root, 'bench/servers/floor.ts'), 'utf8')));
  return { name: 'floor', script, flags: [`${port}`] };
}

/** What is set for somebody's own Squab is not meant for this one. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([variable]) => !variable.startsWith('SQUAB_')),
);

/** Runs a program that ends when this one does. Its output is there to be read, and else has to be ignored. */
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

/** Runs a program to its end. Throws what it complained of when it fails. */
export async function carryOut(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = run(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => said.push(String(chunk)));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.join('').trim().slice(-500)}`);
}

/** Runs a script; it is ready when it writes a line of JSON that has a `url`. */
export async function launch({ name, script, flags, nodeFlags = [] }: Command): Promise<Server> {
  const args = [...nodeFlags, script, ...flags];
  const child = run(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout!).on('line', (line) => {
      const entry = line.startsWith('{') ? (JSON.parse(line) as { url?: string }) : {};
      if (entry.url) resolve(entry.url);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it answered requests.`)));
  });
  return { name, url, ...processOf(child) };
}

/** What can be known of a child, and its end. */
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

/** A server that somebody else has started. */
export function elsewhere(name: string, url: string): Server {
  return { name, url, cpuMs: () => undefined, rss: () => undefined, stop: async () => {} };
}

/** Linux keeps the time of each thread, in nanoseconds. */
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
