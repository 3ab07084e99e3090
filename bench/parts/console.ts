/**
 * Measures what an open console costs: the throughput of one queue, with and without a client that asks what the page
 * asks while it shows this queue. Rates per second of CPU time are steadier than throughput, so the target is for them.
 */

import { get } from 'node:http';
import { byCpu, ratio, spread } from '../figures.ts';
import { Connection, load } from '../load/load.ts';
import type { QueuePlan } from '../load/queue.ts';
import { cycle } from '../load/works.ts';
import type { Server } from '../servers/servers.ts';
import { printed, table } from '../table.ts';
import type { Part } from './part.ts';

const CONNECTIONS = 16;
/** The console asks once a second, so a round has to last at least that long. */
const ROUNDS_IN_ONE = 5;
const EVERY_MS = 1000;
const QUEUE: QueuePlan = { name: 'watched', attributes: {}, depth: 0 };
const KEYS = ['console-closed', 'console-open'] as const;

/** The requests of the page once a second, on the screen of a queue. */
const askedFor = (queue: string) => [
  `/queues/${queue}?account=000000000000&region=us-east-1`,
  `/queues/${queue}/messages?account=000000000000&region=us-east-1&limit=25&bodyCharacters=200`,
  '/clock',
];

/** The stream of events of the queue. */
const followedFor = (queue: string) => `/events?queue=${queue}&past=100&perSecond=50`;

export const openConsole: Part = {
  title: `Cycles (c=${CONNECTIONS}), requests per second, without and with an open console`,
  keys: () => KEYS,
  async measure(fleet, { rounds, roundMs }, figures) {
    const all = fleet.squabs.map(({ name }) => ({ name, closed: seriesOf(), open: seriesOf() }));
    for (let round = -1; round < rounds; round++) {
      for (const [index, column] of fleet.squabs.entries()) {
        const server = await fleet.server(column);
        const requests = await fleet.queue(column, server, QUEUE);
        const work = () =>
          worked(server, () => load(server.url, CONNECTIONS, roundMs * ROUNDS_IN_ONE, cycle(requests, QUEUE)));
        const beside = () => besideConsole(server, work);
        // Every other round begins with the console, so that neither is always the first.
        const before = round % 2 === 0 ? await beside() : undefined;
        const closed = await work();
        const open = before ?? (await beside());
        if (round < 0) continue;
        add(all[index]!.closed, closed);
        add(all[index]!.open, open);
      }
    }
    const lines = all.map(({ name, closed, open }) => {
      for (const [key, series] of [
        [KEYS[0], closed],
        [KEYS[1], open],
      ] as const) {
        figures.set(key, name, series.perSecond);
        figures.set(byCpu(key), name, series.perCpuSecond);
      }
      return [
        ...[name, printed(spread(closed.perSecond), 0), printed(spread(open.perSecond), 0)],
        ...[
          printed(ratio(open.perSecond, closed.perSecond), 2),
          printed(ratio(open.perCpuSecond, closed.perCpuSecond), 3),
        ],
      ];
    });
    return table(['', 'closed', 'open', 'ratio', 'ratio by CPU time'], lines);
  },
};

interface Round {
  perSecond: number;
  perCpuSecond: number;
}

const seriesOf = () => ({ perSecond: [] as number[], perCpuSecond: [] as number[] });

function add(series: ReturnType<typeof seriesOf>, { perSecond, perCpuSecond }: Round): void {
  series.perSecond.push(perSecond);
  series.perCpuSecond.push(perCpuSecond);
}

async function worked(
  server: Server,
  work: () => Promise<{ requests: number; requestsPerSecond: number }>,
): Promise<Round> {
  const before = server.cpuMs() ?? Number.NaN;
  const { requests, requestsPerSecond } = await work();
  const seconds = ((server.cpuMs() ?? Number.NaN) - before) / 1000;
  return { perSecond: requestsPerSecond, perCpuSecond: requests / seconds };
}

/** Does what the page does, until the work is done. */
async function besideConsole(server: Server, work: () => Promise<Round>): Promise<Round> {
  const connection = await Connection.open(server.url);
  const { host } = new URL(server.url);
  const read = (path: string) => connection.ask(Buffer.from(`GET /_squab${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
  // A run puts something before the names of its queues.
  const [queue] = JSON.parse(`${await read(`/queues?contains=${QUEUE.name}`)}`).queues as [{ name: string }];
  const ask = async () => {
    for (const path of askedFor(queue.name)) await read(path);
  };
  let failure: unknown;
  await ask();
  const timer = setInterval(() => void ask().catch((error) => (failure ??= error)), EVERY_MS);
  const stream = get(`${server.url}/_squab${followedFor(queue.name)}`, (response) =>
    response.on('error', () => {}).resume(),
  );
  stream.on('error', () => {});
  try {
    const round = await work();
    if (failure) throw failure;
    return round;
  } finally {
    clearInterval(timer);
    stream.destroy();
    connection.close();
  }
}
