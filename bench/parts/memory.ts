/**
 * Measures the memory and disk space that a queued message takes. This also fills the queues that the deep rows use.
 */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../figures.ts';
import { deepQueue } from '../rows.ts';
import type { Fleet, SquabColumn } from '../servers/fleet.ts';
import { number, table } from '../table.ts';
import type { Part } from './part.ts';
import { firstAnswer } from './start-up.ts';

/** Time in which the garbage collector can run by itself. */
const SETTLE_MS = 2000;

export const memory: Part = {
  title: 'Size of a queued message of 1 KiB, in bytes',
  keys: ({ depths }) => [`rss-per-message-${depths.standard[0]}`, `disk-per-message-${depths.standard[0]}`],
  async measure(fleet, { depths }, figures) {
    const depth = depths.standard[0]!;
    const columns = fleet.squabs.filter(({ deep }) => deep);
    const lines = await Promise.all(columns.map((column) => fillAndWeigh(fleet, column, depth, figures)));
    return table([`depth ${depth.toLocaleString('en')}`, 'RSS', 'on disk', 'time to fill'], lines);
  },
};

async function fillAndWeigh(fleet: Fleet, column: SquabColumn, depth: number, figures: Figures): Promise<string[]> {
  const { name } = column;
  const server = await fleet.server(column, `${depth}`);
  await firstAnswer(server.url);
  const before = server.rss();
  const start = performance.now();
  await fleet.queue(column, server, deepQueue(depth));
  const seconds = (performance.now() - start) / 1000;
  await sleep(SETTLE_MS);
  const after = server.rss();
  const onDisk = bytesIn(fleet.folderOf(column, `${depth}`));
  if (before !== undefined && after !== undefined) {
    figures.set(`rss-per-message-${depth}`, name, [(after - before) / depth]);
  }
  if (onDisk > 0) figures.set(`disk-per-message-${depth}`, name, [onDisk / depth]);
  const rss = figures.get(`rss-per-message-${depth}`, name)?.[0];
  return [
    name,
    rss === undefined ? 'unknown' : number(rss, 0),
    onDisk > 0 ? number(onDisk / depth, 0) : '–',
    `${number(seconds, 0)} s`,
  ];
}

/** The total size of all files in a folder; 0 if the folder does not exist. */
export function bytesIn(folder: string): number {
  let sum = 0;
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) sum += statSync(join(entry.parentPath, entry.name)).size;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return sum;
}
