/** The servers of a run: started when a row first wants them, and with them the queues. */

import { basename, join } from 'node:path';
import { deleteQueue, makeQueue, type QueuePlan } from '../load/queue.ts';
import type { Requests } from '../load/requests.ts';
import { elsewhere, floorCommand, hasDurability, launch, type Server, scratchFolder, squabCommand } from './servers.ts';

/** A column of the tables. */
export interface Column {
  name: string;
  /** Somebody else's server, that may refuse what Squab can do. */
  peer: boolean;
  /** Whether it is measured at every depth: what a commit costs does not depend on it, and filling takes long. */
  deep: boolean;
  /** Starts a server; `folder` is where its data may go. */
  start(folder: string): Promise<Server>;
}

/** Squab, in one of the ways it can be run. */
export interface SquabColumn extends Column {
  peer: false;
  flags(folder: string): readonly string[];
}

/** Squab in memory, on disk, and on disk in the face of a power loss. `profiles` is the folder for CPU profiles. */
export function squabColumns(profiles: string | undefined): SquabColumn[] {
  const column = (name: string, flags: (folder: string) => readonly string[]): SquabColumn => ({
    name,
    peer: false,
    deep: name !== 'power',
    flags,
    start(folder) {
      const profile = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${basename(folder)}.cpuprofile`];
      return launch({ ...squabCommand(name, flags(folder)), nodeFlags: profiles ? profile : [] });
    },
  });
  const durable = (durability: string) => (hasDurability() ? ['--durability', durability] : []);
  const columns = [column('memory', () => []), column('disk', (folder) => ['--data', folder, ...durable('process')])];
  if (hasDurability()) columns.push(column('power', (folder) => ['--data', folder, ...durable('power')]));
  return columns;
}

export function columnElsewhere(name: string, url: string): Column {
  return { name, peer: true, deep: true, start: async () => elsewhere(name, url) };
}

/** A peer that needs longer to fill a queue is not measured on it. */
const PEER_PATIENCE_MS = 90_000;

export class Fleet {
  readonly squabs: readonly SquabColumn[];
  readonly peers: readonly Column[];
  readonly folder = scratchFolder('run');
  readonly #servers = new Map<string, Promise<Server>>();
  readonly #queues = new Map<string, { column: Column; server: Server; requests: Promise<Requests> }>();
  /** Somebody else's server may have queues from before. */
  readonly #prefix = `bench-${Date.now().toString(36)}-`;

  constructor(squabs: readonly SquabColumn[], peers: readonly Column[]) {
    this.squabs = squabs;
    this.peers = peers;
  }

  get columns(): readonly Column[] {
    return [...this.squabs, ...this.peers];
  }

  floor(): Promise<Server> {
    return this.#started('floor', () => launch(floorCommand()));
  }

  /** The server of a column; one of its own for each `place`, which somebody else's server cannot give. */
  server(column: Column, place = 'shared'): Promise<Server> {
    const key = column.peer ? column.name : `${column.name}-${place}`;
    return this.#started(key, () => column.start(this.folderOf(column, place)));
  }

  folderOf({ name }: Column, place: string): string {
    return join(this.folder, `${name}-${place}`);
  }

  /** The queue on that server, made and filled at the first call. */
  queue(column: Column, server: Server, plan: QueuePlan): Promise<Requests> {
    const key = `${server.url} ${plan.name}`;
    const known = this.#queues.get(key);
    if (known) return known.requests;
    const named = { ...plan, name: this.#prefix + plan.name };
    const requests = makeQueue(server, named, column.peer ? PEER_PATIENCE_MS : Infinity);
    this.#queues.set(key, { column, server, requests });
    return requests;
  }

  /** Ends a server before the others. */
  async stop(column: Column, place: string): Promise<void> {
    const key = `${column.name}-${place}`;
    const server = await this.#servers.get(key);
    this.#servers.delete(key);
    for (const [queue, { server: owner }] of this.#queues) if (owner === server) this.#queues.delete(queue);
    await server?.stop();
  }

  /** Ends all that was started, and leaves nothing behind on a server that was not. */
  async end(): Promise<void> {
    const abroad = [...this.#queues.values()].filter(({ column }) => column.peer);
    await Promise.allSettled(abroad.map(async ({ server, requests }) => deleteQueue(server, await requests)));
    const servers = await Promise.allSettled(this.#servers.values());
    await Promise.all(servers.map((result) => result.status === 'fulfilled' && result.value.stop()));
  }

  #started(key: string, start: () => Promise<Server>): Promise<Server> {
    const known = this.#servers.get(key);
    if (known) return known;
    const starting = start();
    this.#servers.set(key, starting);
    return starting;
  }
}
