/** Measures the time from the start of a process to its first response, with its CPU time, and its memory after that. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { byCpu, type Figures, spread } from '../figures.ts';
import { Connection } from '../load/load.ts';
import { type Protocol, requestTo } from '../load/requests.ts';
import { deepQueue } from '../rows.ts';
import type { Fleet } from '../servers/fleet.ts';
import { type Command, executable, floorCommand, processOf, run, squabCommand } from '../servers/servers.ts';
import { printed, table } from '../table.ts';
import type { Part } from './part.ts';

const POLL_MS = 2;
const PATIENCE_MS = 60_000;
/** Time for work after the first response: storing compiled code, collecting garbage. */
const SETTLE_MS = 400;
const MEBIBYTE = 1024 * 1024;

/** A server to start repeatedly. */
interface Starter {
  name: string;
  start(port: number, round: number): ChildProcess;
}

/** The measurements of a server, one per round. Empty if they are not known. */
interface Starts {
  startMs: number[];
  cpuMs: number[];
  rss: number[];
}

export const startUp: Part = {
  title:
    'Start-up time, from spawn to the first response, and the CPU time in it, in ms; and idle memory (RSS), in MiB',
  keys: () => ['start-up', 'rss-idle'],
  async measure(fleet, { rounds }, figures) {
    const squabs = fleet.squabs.map(({ name, flags }): Starter => {
      const empty = (round: number) => join(fleet.folder, `start-${name}-${round}`);
      return { name, start: (port, round) => byNode(squabCommand(name, flags(empty(round)), port)) };
    });
    const starters = [node, floor, ...squabs, ...single];
    const all = await startAll(starters, rounds);
    const lines = starters.map(({ name }, index) => {
      const { startMs, cpuMs, rss } = all[index]!;
      figures.set('start-up', name, startMs);
      if (cpuMs.length > 0) figures.set(byCpu('start-up'), name, cpuMs);
      if (rss.length > 0) figures.set('rss-idle', name, rss);
      const known = (measured: number[], digits: number) =>
        measured.length > 0 ? printed(spread(measured), digits) : 'unknown';
      return [name, known(startMs, 0), known(cpuMs, 0), known(rss, 1)];
    });
    return table(['empty', 'start-up', 'CPU time', 'RSS'], lines);
  },
};

/** The least that a server on Node.js can be. */
const bare = "require('http').createServer((_, response) => response.end('{}')).listen(process.argv[1], '127.0.0.1')";
const node: Starter = { name: 'node', start: (port) => run(process.execPath, ['-e', bare, `${port}`]) };

const floor: Starter = { name: 'floor', start: (port) => byNode(floorCommand(port)) };

/** The single-file executable, which does what `memory` does. Only if it was built. */
const single: Starter[] = existsSync(executable)
  ? [{ name: 'executable', start: (port) => run(executable, ['--port', `${port}`]) }]
  : [];

function byNode({ script, flags }: Command): ChildProcess {
  return run(process.execPath, [script, ...flags]);
}

/** Stops the servers of the deepest queue, and starts them again. */
export const startUpDeep: Part = {
  title: 'Start-up time with a deep queue on disk, in ms',
  keys: ({ depths }) => [`start-up-depth-${depths.standard[0]}`],
  async measure(fleet: Fleet, { depths, rounds }, figures: Figures) {
    const place = `${depths.standard[0]}`;
    const starters: Starter[] = [floor];
    for (const column of fleet.squabs.filter(({ name }) => name === 'disk')) {
      await fleet.queue(column, await fleet.server(column, place), deepQueue(depths.standard[0]!));
      await fleet.stop(column, place);
      const flags = column.flags(fleet.folderOf(column, place));
      starters.push({ name: column.name, start: (port) => byNode(squabCommand(column.name, flags, port)) });
    }
    const all = await startAll(starters, rounds);
    const lines = starters.map(({ name }, index) => {
      figures.set(`start-up-depth-${place}`, name, all[index]!.startMs);
      return [name, printed(spread(all[index]!.startMs), 0)];
    });
    return table([`depth ${Number(place).toLocaleString('en')}`, 'start-up'], lines);
  },
};

/** Starts each server in turn. The first round does not count, because it loads the files into the disk cache. */
async function startAll(starters: readonly Starter[], rounds: number): Promise<Starts[]> {
  const all = starters.map((): Starts => ({ startMs: [], cpuMs: [], rss: [] }));
  for (let round = -1; round < rounds; round++) {
    for (const [index, { start }] of starters.entries()) {
      const port = await freePort();
      const { startMs, cpuMs, rss } = await startOnce(() => start(port, round), port);
      if (round < 0) continue;
      all[index]!.startMs.push(startMs);
      if (cpuMs !== undefined) all[index]!.cpuMs.push(cpuMs);
      if (rss !== undefined) all[index]!.rss.push(rss / MEBIBYTE);
    }
  }
  return all;
}

async function startOnce(spawnServer: () => ChildProcess, port: number) {
  const start = performance.now();
  const child = spawnServer();
  await firstAnswer(`http://127.0.0.1:${port}`, child);
  const startMs = performance.now() - start;
  const { cpuMs, rss, stop } = processOf(child);
  const cpu = cpuMs();
  await sleep(SETTLE_MS);
  const used = rss();
  await stop();
  return { startMs, cpuMs: cpu, rss: used };
}

/** Sends requests until one is answered. Throws if the process ends, or after a minute. */
export async function firstAnswer(url: string, child?: ChildProcess, protocol?: Protocol): Promise<void> {
  const start = performance.now();
  for (;;) {
    try {
      const connection = await Connection.open(url);
      await connection.ask(requestTo(url, 'ListQueues', {}, protocol));
      connection.close();
      return;
    } catch (error) {
      if (child?.exitCode) throw new Error(`${child.spawnargs.join(' ')} exited with ${child.exitCode}.`);
      if (performance.now() - start > PATIENCE_MS) throw new Error(`${url} does not answer: ${error}`);
      await sleep(POLL_MS);
    }
  }
}

/** A port that no process listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
