/** Measures the cost of waiting long polls: the throughput of one queue, with and without long polls on another. */

import { ratio, spread } from '../figures.ts';
import { load, withConnections } from '../load/load.ts';
import type { QueuePlan } from '../load/queue.ts';
import type { Requests } from '../load/requests.ts';
import { cycle } from '../load/works.ts';
import type { Server } from '../servers/servers.ts';
import { printed, table } from '../table.ts';
import type { Part } from './part.ts';

const WAITING = 1000;
const CONNECTIONS = 16;
const BUSY: QueuePlan = { name: 'busy', attributes: {}, depth: 0 };
const QUIET: QueuePlan = { name: 'quiet', attributes: {}, depth: 0 };
const KEYS = ['waiting-0', `waiting-${WAITING}`] as const;

export const waiting: Part = {
  title: `Cycles (c=${CONNECTIONS}), requests per second, without and with ${WAITING.toLocaleString('en')} waiting polls`,
  keys: () => KEYS,
  async measure(fleet, { rounds, roundMs }, figures) {
    const all = fleet.squabs.map(({ name }) => ({ name, without: [] as number[], beside: [] as number[] }));
    for (let round = -1; round < rounds; round++) {
      for (const [index, column] of fleet.squabs.entries()) {
        const server = await fleet.server(column);
        const busy = await fleet.queue(column, server, BUSY);
        const quiet = await fleet.queue(column, server, QUIET);
        const work = async () => (await load(server.url, CONNECTIONS, roundMs, cycle(busy, BUSY))).requestsPerSecond;
        const without = await work();
        const beside = await besideWaiting(server, quiet, work);
        if (round < 0) continue;
        all[index]!.without.push(without);
        all[index]!.beside.push(beside);
      }
    }
    const lines = all.map(({ name, without, beside }) => {
      figures.set(KEYS[0], name, without);
      figures.set(KEYS[1], name, beside);
      return [name, printed(spread(without), 0), printed(spread(beside), 0), printed(ratio(beside, without), 2)];
    });
    return table(['', 'without', 'with', 'ratio'], lines);
  },
};

async function besideWaiting(server: Server, { build }: Requests, work: () => Promise<number>): Promise<number> {
  const barrier = () => withConnections(server.url, 1, ([connection]) => connection!.ask(build('GetQueueAttributes')));
  const result = await withConnections(server.url, WAITING, async (connections) => {
    let ended = 0;
    const poll = build('ReceiveMessage', { WaitTimeSeconds: 20 });
    const polls = connections.map(({ ask }) => ask(poll).finally(() => ended++));
    for (const one of polls) one.catch(() => {});
    await barrier();
    const throughput = await work();
    if (ended > 0) throw new Error(`${ended} of ${WAITING} long polls ended too early.`);
    return throughput;
  });
  // Closing their connections must not slow down the next round.
  await barrier();
  return result;
}
