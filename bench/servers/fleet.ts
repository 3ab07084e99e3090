/** The servers and queues of a run. Each is created when a row first needs it. */

import { basename, join } from 'node:path';
import { deleteQueue, makeQueue, type QueuePlan } from '../load/queue.ts';
import type { Requests } from '../load/requests.ts';
import { elsewhere, floorCommand, hasDurability, launch, type Server, scratchFolder, squabCommand } from './servers.ts';

/** The AWS SDK for JavaScript, in some version. */
export type Sdk = Pick<
  typeof import('@aws-sdk/client-sqs'),
  'SQSClient' | 'CreateQueueCommand' | 'SendMessageCommand' | 'ReceiveMessageCommand' | 'DeleteMessageCommand'
>;

/** A column of the tables. */
export interface Column {
  name: string;
  /** Another emulator, which may fail where Squab does not. */
  peer: boolean;
  /**
   * Whether it is measured at every depth. `power` is not: the cost of a commit does not depend on it, and filling
   * takes long.
   */
  deep: boolean;
  /** Set for a server that the benchmark did not start. */
  elsewhere?: true;
  /** Set for a peer that the latest SDK cannot talk to: one that can. */
  sdk?: Sdk | undefined;
  /** Starts a server; `folder` is for its data. */
  start(folder: string): Promise<Server>;
}

/** Squab in one of its configurations. */
export interface SquabColumn extends Column {
  peer: false;
  flags(folder: string): readonly string[];
}

/** Squab in memory, on disk, and on disk with durability `power`. `profiles` is the folder for CPU profiles. */
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
  return { name, peer: true, deep: true, elsewhere: true, start: async () => elsewhere(name, url) };
}

/** If a peer needs longer to fill a queue, it is not measured on that queue. */
const PEER_PATIENCE_MS = 90_000;

export class Fleet {
  readonly squabs: readonly SquabColumn[];
  readonly peers: readonly Column[];
  readonly folder = scratchFolder('run');
  readonly #servers = new Map<string, Promise<Server>>();
  readonly #queues = new Map<string, { column: Column; server: Server; requests: Promise<Requests> }>();
  /** A server that was already running may have other queues. */
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

  /** The server of a column. Squab has a separate one for each `place`; a peer has only one. */
  server(column: Column, place = 'shared'): Promise<Server> {
    const key = column.peer ? column.name : `${column.name}-${place}`;
    return this.#started(key, () => column.start(this.folderOf(column, place)));
  }

  folderOf({ name }: Column, place: string): string {
    return join(this.folder, `${name}-${place}`);
  }

  /** The queue on that server, created and filled by the first call. */
  queue(column: Column, server: Server, plan: QueuePlan): Promise<Requests> {
    const key = `${server.url} ${plan.name}`;
    const known = this.#queues.get(key);
    if (known) return known.requests;
    const named = { ...plan, name: this.#prefix + plan.name };
    const requests = makeQueue(server, named, column.peer ? PEER_PATIENCE_MS : Infinity);
    this.#queues.set(key, { column, server, requests });
    return requests;
  }

  /** Stops one server, before the end of the run. */
  async stop(column: Column, place: string): Promise<void> {
    const key = `${column.name}-${place}`;
    const server = await this.#servers.get(key);
    this.#servers.delete(key);
    for (const [queue, { server: owner }] of this.#queues) if (owner === server) this.#queues.delete(queue);
    await server?.stop();
  }

  /** Stops all servers of the run, and deletes its queues from servers that it did not start. */
  async end(): Promise<void> {
    const onPeers = [...this.#queues.values()].filter(({ column }) => column.peer);
    await Promise.allSettled(onPeers.map(async ({ server, requests }) => deleteQueue(server, await requests)));
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
