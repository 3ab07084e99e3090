/** Servers to measure, each in a process of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Server {
  /** What stands above its column. */
  name: string;
  url: string;
  /** CPU time that its process has used so far; undefined where that is not known. */
  cpuMs(): number | undefined;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '..');

/** Squab as its users have it: what the build made. */
export function startSquab(name: string, flags: readonly string[]): Promise<Server> {
  return launch(name, join(root, 'dist/cli.js'), ['--port', '0', ...flags]);
}

export function startFloor(): Promise<Server> {
  return launch('floor', join(root, 'bench/floor.ts'), []);
}

/** Runs a script with this Node; it is ready when it writes a line of JSON that has a `url`. */
async function launch(name: string, script: string, flags: readonly string[]): Promise<Server> {
  // What is set for somebody's own Squab is not meant for this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('SQUAB_')));
  const child = spawn(process.execPath, [script, ...flags], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const entry = line.startsWith('{') ? (JSON.parse(line) as { url?: string }) : {};
      if (entry.url) resolve(entry.url);
    });
    exit.then(([code]) => reject(new Error(`${name} ended with ${code} before it answered requests.`)), reject);
  });
  return {
    name,
    url,
    cpuMs: () => cpuMsOf(child.pid!),
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
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
