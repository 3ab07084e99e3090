/**
 * Measures what an open console costs: the throughput of one queue, without a console and with a client that asks what
 * the page asks, on the screen of this queue and on the screen of events. Rates per second of CPU time are steadier than
 * throughput, so the targets are for them.
 */

import { get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
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
const OPENING_MS = 300;
const QUEUE: QueuePlan = { name: 'watched', attributes: {}, depth: 0 };
const KEYS = ['console-closed', 'console-queue', 'console-events'] as const;
type Key = (typeof KEYS)[number];

/** What the page asks once a second on each screen, and whether it follows the events. */
const SCREENS: Record<Key, { asked(queue: string): string[]; follows: boolean } | undefined> = {
  'console-closed': undefined,
  'console-queue': {
    asked: (queue) => [
      `/queues/${queue}?account=000000000000&region=us-east-1`,
      `/queues/${queue}/messages?account=000000000000&region=us-east-1&limit=25&bodyCharacters=200`,
      '/clock',
    ],
    follows: false,
  },
  'console-events': { asked: () => ['/clock'], follows: true },
};

/** The stream of the screen of events. */
const FOLLOWED = '/_squab/events?past=100&perSecond=20';

export const openConsole: Part = {
  title: `Cycles (c=${CONNECTIONS}), requests per second, without and with an open console`,
  keys: () => KEYS.flatMap((key) => [key, byCpu(key)]),
  async measure(fleet, { rounds, roundMs }, figures) {
    const all = fleet.squabs.map(({ name }) => ({ name, rounds: new Map<Key, Round[]>(KEYS.map((key) => [key, []])) }));
    for (let round = -1; round < rounds; round++) {
      for (const [index, column] of fleet.squabs.entries()) {
        const server = await fleet.server(column);
        const requests = await fleet.queue(column, server, QUEUE);
        const work = () =>
          worked(server, () => load(server.url, CONNECTIONS, roundMs * ROUNDS_IN_ONE, cycle(requests, QUEUE)));
        // Each round begins with another one, so that none is always the first.
        for (const place of KEYS.keys()) {
          const key = KEYS[(place + round + KEYS.length) % KEYS.length]!;
          const measured = await besideConsole(server, SCREENS[key], work);
          if (round >= 0) all[index]!.rounds.get(key)!.push(measured);
        }
      }
    }
    const lines = all.map(({ name, rounds }) => {
      const perSecond = (key: Key) => rounds.get(key)!.map((one) => one.perSecond);
      const perCpuSecond = (key: Key) => rounds.get(key)!.map((one) => one.perCpuSecond);
      for (const key of KEYS) {
        figures.set(key, name, perSecond(key));
        figures.set(byCpu(key), name, perCpuSecond(key));
      }
      const [closed, ...open] = KEYS;
      return [
        ...[name, printed(spread(perSecond(closed)), 0)],
        ...open.flatMap((key) => [
          printed(ratio(perSecond(key), perSecond(closed)), 2),
          printed(ratio(perCpuSecond(key), perCpuSecond(closed)), 3),
        ]),
      ];
    });
    return table(['', 'closed', 'queue: ratio', 'by CPU time', 'events: ratio', 'by CPU time'], lines);
  },
};

interface Round {
  perSecond: number;
  perCpuSecond: number;
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

/** Does what the page does on a screen, if any, until the work is done. */
async function besideConsole(
  server: Server,
  screen: (typeof SCREENS)[Key],
  work: () => Promise<Round>,
): Promise<Round> {
  if (!screen) {
    // What follows a pause costs more: so a round without a console begins with one as well.
    await wait(OPENING_MS);
    return work();
  }
  const connection = await Connection.open(server.url);
  const { host } = new URL(server.url);
  const read = (path: string) => connection.ask(Buffer.from(`GET /_squab${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
  // A run puts something before the names of its queues.
  const [queue] = JSON.parse(`${await read(`/queues?contains=${QUEUE.name}`)}`).queues as [{ name: string }];
  const ask = async () => {
    for (const path of screen.asked(queue.name)) await read(path);
  };
  let failure: unknown;
  await ask();
  const timer = setInterval(() => void ask().catch((error) => (failure ??= error)), EVERY_MS);
  const stream = screen.follows
    ? get(`${server.url}${FOLLOWED}`, (response) => response.on('error', () => {}).resume())
    : undefined;
  stream?.on('error', () => {});
  // The page is open already: what it reads at first does not count.
  await wait(OPENING_MS);
  try {
    const round = await work();
    if (failure) throw failure;
    return round;
  } finally {
    clearInterval(timer);
    stream?.destroy();
    connection.close();
  }
}
