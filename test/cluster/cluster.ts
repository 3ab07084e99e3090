/** Several Squabs on one database, and what stands between them, the database and their clients. */

import { type AddressInfo, createServer, connect as openSocket, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { type Squab, type StartOptions, start } from '../../src/index.ts';
import { balanceRequests } from '../balancer.ts';
import { type Client, client, type Input, type Output, wires } from '../helpers.ts';
import { newSchema, sql } from '../postgres.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** Registers a function to call when the running test ends. They are called in reverse order. */
export function atEnd(end: () => unknown): void {
  endings.push(end);
}

export interface Place {
  database: string;
  databaseSchema: string;
}

/** Starts nodes in this process. They stop when the test ends. */
export async function startNodes(count: number, place: Place, options: StartOptions = {}): Promise<Squab[]> {
  const squabs = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      start({ port: 0, ...place, nodeName: 'abcdefgh'[index]!, durability: 'process', ...options }),
    ),
  );
  for (const squab of squabs) atEnd(() => squab.stop());
  return squabs;
}

/** Two nodes, with a client for each. */
export async function twoNodes(database: string, options: StartOptions = {}) {
  const place = { database, databaseSchema: newSchema() };
  const [a, b] = await startNodes(2, place, options);
  const [callA, callB] = [client('JSON', a!.url).call, client('Query', b!.url).call];
  const create = async (call: Client['call'], QueueName: string, Attributes: Record<string, string> = {}) =>
    (await call('CreateQueue', { QueueName, Attributes })).QueueUrl as string;
  return { ...{ place, a: a!, b: b!, callA, callB }, create };
}

/** Returns a client that calls a Squab, or each of several in turn, over both wires in turn. */
export function alternatingClient(urls: readonly string[]): Client['call'] {
  let calls = 0;
  return (operation, input = {}, options) => {
    const wire = wires[calls % wires.length]!;
    const url = urls[Math.floor(calls / wires.length) % urls.length]!;
    calls++;
    return client(wire, url).call(operation, input, options);
  };
}

/** Starts a load balancer in front of nodes. It stops when the test ends. Resolves to its URL. */
export async function startBalancer(urls: () => readonly string[]): Promise<string> {
  const { url, stop } = await balanceRequests(urls);
  atEnd(stop);
  return url;
}

/** A network between nodes and the database. */
export interface Network {
  /** The URL of the database through it. */
  url: string;
  /** Leads new connections to another server. */
  leadTo(database: string): void;
  /**
   * `passes`: as usual. `refuses`: connections are cut, and new ones refused. `silent`: nothing passes, and nobody is
   * told. `before`: the next request is lost, and its connection cut. `after`: the database gets the next request, but
   * the connection is cut before its answer.
   */
  state: 'passes' | 'refuses' | 'silent' | 'before' | 'after';
  /** How many connections were cut, how many were attempted, and how many there are. */
  cuts: number;
  attempts: number;
  open: number;
}

/** Starts a network through which nodes reach a database. */
export async function startNetwork(database: string): Promise<Network> {
  let target = new URL(database);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    network.attempts++;
    if (network.state === 'refuses') {
      near.resetAndDestroy();
      return;
    }
    const far = openSocket(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
      socket.on('error', () => {});
    }
    const cut = () => {
      network.cuts++;
      near.destroy();
      far.destroy();
    };
    let answersAreLost = false;
    near.on('data', (request: Buffer) => {
      if (network.state === 'silent') return;
      if (network.state === 'before') {
        network.state = 'passes';
        cut();
        return;
      }
      far.write(request);
      if (network.state !== 'after') return;
      network.state = 'passes';
      answersAreLost = true;
      far.once('data', cut);
    });
    far.on('data', (answer: Buffer) => {
      if (network.state !== 'silent' && !answersAreLost) near.write(answer);
    });
  });
  await listen(server);
  atEnd(() => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = new URL(database);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let state: Network['state'] = 'passes';
  const network: Network = {
    url: url.href,
    cuts: 0,
    attempts: 0,
    get open() {
      return open.size / 2;
    },
    leadTo(other) {
      target = new URL(other);
    },
    get state() {
      return state;
    },
    set state(next) {
      state = next;
      // What was swallowed while nothing passed is missing from these streams for good.
      if (next === 'refuses') for (const socket of open) socket.resetAndDestroy();
    },
  };
  return network;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

/** Ends connections of the nodes whose names begin like this, or only those on which they listen. */
export function endConnections(database: string, name: string, which: 'all' | 'ears' = 'all'): Promise<unknown> {
  return sql(
    database,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'squab/' || $1 || '-%'
       AND (NOT $2 OR query LIKE 'LISTEN%')`,
    [name, which === 'ears'],
  );
}

/** Resolves to the bodies of the messages that a receive returns, which it deletes. */
export async function take(call: Client['call'], QueueUrl: string, input: Input = {}): Promise<string[]> {
  const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, ...input });
  for (const { ReceiptHandle } of Messages as Output[]) await call('DeleteMessage', { QueueUrl, ReceiptHandle });
  return (Messages as Output[]).map(({ Body }) => Body);
}
