/** Servers to measure, each in a process of its own. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
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

export const root = join(import.meta.dirname, '..');

/**
 * Where everything is written: beside the code, for the folder of temporary files is memory on many machines, which would
 * make a disk look faster than it is.
 */
export const scratch = join(root, '.squab-bench');
mkdirSync(scratch, { recursive: true });

const cli = join(root, 'dist/cli.js');
const running = new Set<ChildProcess>();
const folders = new Set<string>();

// However this process ends, short of SIGKILL: nothing stays behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** A folder that goes when this process ends. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(scratch, `${name}-`));
  folders.add(folder);
  return folder;
}

/** Squab as its users have it: what the build made. */
export function squabCommand(name: string, flags: readonly string[], nodeFlags: readonly string[] = []): Command {
  return { name, script: cli, flags: ['--port', '0', ...flags], nodeFlags };
}

export const hasDurability: boolean = execFileSync(process.execPath, [cli, '--help'], { encoding: 'utf8' }).includes(
  '--durability',
);

/** As plain JavaScript: to have Node strip the types would cost the floor time at its start, and memory. */
export function floorCommand(port = 0): Command {
  const script = join(scratch, 'floor.mjs');
  writeFileSync(script, stripTypeScriptTypes(readFileSync(join(root, 'bench/floor.ts'), 'utf8')));
  return { name: 'floor', script, flags: [`${port}`] };
}

/** What is set for somebody's own Squab is not meant for this one. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([variable]) => !variable.startsWith('SQUAB_')),
);

/** Runs a program that ends when this one does. */
export function run(program: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(program, args, { env: { ...environment, ...variables }, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs a script; it is ready when it writes a line of JSON that has a `url`. */
export async function launch({ name, script, flags, nodeFlags = [] }: Command): Promise<Server> {
  const child = run(process.execPath, [...nodeFlags, script, ...flags]);
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
