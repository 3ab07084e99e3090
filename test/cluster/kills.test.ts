/**
 * What is acknowledged stays so, whatever is killed: nodes, their connections, the network in the middle of a commit, or
 * the database itself, while clients use two nodes in turn. The ledger of test/crash judges.
 *
 * `npm run test:cluster` runs more rounds: SQUAB_CLUSTER_ROUNDS and SQUAB_CLUSTER_SEED.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { checkCounts, finalCheck, prepare, summaryOf } from '../crash/checks.ts';
import { Ledger } from '../crash/ledger.ts';
import { Load } from '../crash/load.ts';
import { Publications } from '../crash/publications.ts';
import { prepareTopics, startEndpoint } from '../crash/publishers.ts';
import { eventually } from '../eventually.ts';
import { serverUrl, sql } from '../postgres.ts';
import { newFolder, type Server, startServer } from '../postgres-server.ts';
import { snsClient } from '../sns-client.ts';
import { randomNumbers } from '../storage/random.ts';
import { alternatingClient, endConnections, type Network, startNetwork } from './cluster.ts';
import { type Node, startNode } from './processes.ts';

const rounds = Number(process.env.SQUAB_CLUSTER_ROUNDS ?? 6);
const seed = Number(process.env.SQUAB_CLUSTER_SEED ?? 1);

/** A server that loses nothing when it is killed. The one of the run cannot be killed, and may lose data. */
const DURABLE = ['-c', 'fsync=on', '-c', 'synchronous_commit=on'];
const SCHEMA = 'squab';

/** What is done to the nodes in a round, in the middle of it. At its end, a node is killed. */
const FAULTS = ['none', 'backends', 'before', 'after', 'freeze', 'server'] as const;
type Fault = (typeof FAULTS)[number];

let summary = '';
afterAll(() => summary && console.log(summary));

class Database {
  readonly #folder = newFolder();
  server!: Server;
  network!: Network;

  async start(): Promise<void> {
    this.server = await startServer(DURABLE, this.#folder);
    this.network ??= await startNetwork(this.server.url);
    this.network.leadTo(this.server.url);
  }

  /** As if the machine of the database had failed: the server recovers from its log, and empties unlogged tables. */
  async crash(): Promise<void> {
    process.kill(this.server.pid, 'SIGQUIT');
    await eventually(() => expect(() => process.kill(this.server.pid, 0)).toThrow());
    await this.start();
  }
}

it.skipIf(!(await serverUrl()))(
  `keeps what it acknowledged through ${rounds} kills (seed ${seed})`,
  {
    timeout: 120_000 + rounds * 15_000,
  },
  async () => {
    const random = randomNumbers(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const database = new Database();
    await database.start();
    onTestFinished(() => database.server.stop());
    const { network } = database;
    const place = { database: network.url, databaseSchema: SCHEMA };
    const [ledger, publications] = [new Ledger(), new Publications()];
    const load = new Load(ledger, publications, random, true);
    const { url: endpoint, delivered, stop } = await startEndpoint();
    onTestFinished(async () => void (await stop()));
    const start = (name: string) => startNode(name, place, ['--confirm-http', '--log-level', 'info']);
    const nodes: [Node, Node] = [await start('a'), await start('b')];
    const done: Record<Fault, number> = { none: 0, backends: 0, before: 0, after: 0, freeze: 0, server: 0 };

    async function inflict(fault: Fault, node: Node): Promise<void> {
      if (fault === 'backends') await endConnections(database.server.url, node.name);
      else if (fault === 'before' || fault === 'after') network.state = fault;
      else if (fault === 'server') await database.crash();
      else if (fault === 'freeze') {
        node.child.kill('SIGSTOP');
        await pause(500 + below(1500));
        node.child.kill('SIGCONT');
      }
    }

    for (let round = 0; round < rounds; round++) {
      const [call, url] = [alternatingClient(nodes.map((node) => node.url)), nodes[0].url];
      const fault = FAULTS[round % FAULTS.length]!;
      const about = `round ${round} (${fault}) of seed ${seed}`;
      if (round === 0) {
        await prepare(call, url, ledger);
        await prepareTopics(snsClient(url), call, endpoint);
      }
      await eventually(() => checkCounts(call, url, ledger, about), 5000);
      const victim = below(2);
      const { child, ended } = nodes[victim]!;
      const kill = async () => {
        await inflict(fault, nodes[below(2)]!);
        await pause(below(300));
        child.kill('SIGKILL');
      };
      const killed = { done: Promise.resolve() };
      await load
        // Publishers use the node that is killed, the others both.
        .run({ wire: 'JSON', call }, nodes[victim]!.url, 1 + below(200), () => {
          killed.done = kill();
        })
        .catch((error: Error) => expect.fail(`${about}: ${error.message}`));
      await killed.done;
      expect(await ended, about).toMatchObject({ signal: 'SIGKILL', stderr: '' });
      network.state = 'passes';
      nodes[victim] = await start(victim === 0 ? 'a' : 'b');
      done[fault]++;
    }
    for (const { child } of nodes) child.kill('SIGTERM');
    for (const { ended } of nodes) expect(await ended).toMatchObject({ code: 0 });
    // The nodes that were killed hold a move task for some seconds more.
    await sql(database.server.url, `UPDATE ${SCHEMA}.move_tasks SET runner_until = NULL`);
    await finalCheck({ database: database.server.url }, { ledger, publications, delivered });
    const faults = Object.entries(done).map(([fault, count]) => `${fault} ${count}`);
    summary = `${rounds} kills (${faults.join(', ')}), seed ${seed}: ${summaryOf(ledger, publications)}`;
  },
);
