/** Rows over HTTP: Squab on PostgreSQL beside Squab on SQLite with `power`, and wake-ups between two nodes. */

import { byCpu, percentile, spread } from '../figures.ts';
import { load, withConnections } from '../load/load.ts';
import { drain, makeQueue, type QueuePlan } from '../load/queue.ts';
import { KIB, receiptHandles, requestsAbout } from '../load/requests.ts';
import { cycle, send, type Work } from '../load/works.ts';
import { launch, type Server, scratchFolder, squabCommand } from '../servers/servers.ts';
import { printed, table } from '../table.ts';
import { LOOPS } from './contender.ts';
import type { Row } from './rows.ts';

const WORKS: readonly { key: string; queue: QueuePlan; work: Work }[] = [
  { key: 'http-send', queue: { name: 'send', attributes: {}, depth: 0 }, work: send() },
  { key: 'http-cycle', queue: { name: 'cycle', attributes: {}, depth: 0 }, work: cycle },
  {
    key: 'http-fifo-cycle',
    queue: { name: 'cycle.fifo', attributes: { FifoQueue: 'true' }, depth: 0, groups: 100 },
    work: cycle,
  },
];

const overHttp: Row = {
  ...{ name: 'http', title: `Over HTTP, c=${LOOPS}` },
  keys: WORKS.map(({ key }) => key),
  async measure(contenders, { rounds, roundMs }, figures) {
    const database = await contenders.database('over HTTP');
    const { url } = database;
    /** The CPU time of both, whichever of them works. */
    const cpuMs = ({ cpuMs: own }: Server) => (own() ?? Number.NaN) + database.cpuMs();
    const servers = [
      await launch(squabCommand('PostgreSQL', ['--database', url])),
      await launch(squabCommand('SQLite, power', ['--data', scratchFolder('power'), '--durability', 'power'])),
    ];
    const lines: string[][] = [];
    for (const { key, queue, work } of WORKS) {
      const lanes = await Promise.all(
        servers.map(async (server) => {
          const requests = await makeQueue(server, queue, Infinity);
          return { server, requests, step: work(requests, queue), rates: [] as number[], micros: [] as number[] };
        }),
      );
      for (let round = -1; round < rounds; round++) {
        for (const { server, requests, step, rates, micros } of lanes) {
          const before = cpuMs(server);
          const result = await load(server.url, LOOPS, roundMs, step);
          const usedMs = cpuMs(server) - before;
          if (result.growth > 0) await drain(server, requests, queue, result.growth);
          if (round < 0) continue;
          rates.push(result.requestsPerSecond);
          micros.push((usedMs * 1000) / result.requests);
        }
      }
      for (const { server, rates, micros } of lanes) {
        figures.set(key, server.name, rates);
        const perCpu = micros.map((one) => 1e6 / one);
        figures.set(byCpu(key), server.name, perCpu);
        lines.push([key, server.name, printed(spread(rates), 0), printed(spread(micros), 0)]);
      }
    }
    await Promise.all(servers.map((server) => server.stop()));
    return table(['row', '', 'requests per second', 'CPU time per request, with the database, µs'], lines);
  },
};

const wakeUps: Row = {
  ...{ name: 'wake-up', title: 'From a send to one node to the response of a long poll on another, in ms' },
  keys: ['wake-up-p50', 'wake-up-p99'],
  async measure(contenders, plan, figures) {
    const { url } = await contenders.database('over HTTP');
    const servers = await Promise.all(
      ['first', 'second'].map((name) => launch(squabCommand(name, ['--database', url]))),
    );
    const times = await wakeUpTimes(servers[0]!, servers[1]!, plan.wakeUps);
    await Promise.all(servers.map((server) => server.stop()));
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    figures.set('wake-up-p50', 'squab', [p50]);
    figures.set('wake-up-p99', 'squab', [p99]);
    return table(['', 'p50', 'p99', 'longest'], [['', ...[p50, p99, Math.max(...times)].map((one) => one.toFixed(1))]]);
  },
};

/** Longer than it takes a poll to reach its node and find nothing. */
const POLL_FIRST_MS = 30;

async function wakeUpTimes(sending: Server, receiving: Server, count: number): Promise<number[]> {
  const queue: QueuePlan = { name: 'wake-ups', attributes: {}, depth: 0 };
  const here = await makeQueue(sending, queue, Infinity);
  const there = requestsAbout(receiving.url, `${receiving.url}/000000000000/${queue.name}`);
  const request = here.build('SendMessage', { MessageBody: KIB });
  const poll = there.build('ReceiveMessage', { WaitTimeSeconds: 20 });
  const times: number[] = [];
  await withConnections(sending.url, 1, ([sender]) =>
    withConnections(receiving.url, 1, async ([receiver]) => {
      for (let index = 0; index < count; index++) {
        const polling = receiver!.ask(poll);
        await new Promise((resolve) => setTimeout(resolve, POLL_FIRST_MS));
        const start = performance.now();
        const sent = sender!.ask(request);
        const received = await polling;
        times.push(performance.now() - start);
        await sent;
        const [ReceiptHandle] = receiptHandles(received);
        if (ReceiptHandle === undefined) throw new Error(`A long poll returned without the message: ${received}`);
        await receiver!.ask(there.build('DeleteMessage', { ReceiptHandle }));
      }
    }),
  );
  return times;
}

export const HTTP_ROWS: readonly Row[] = [overHttp, wakeUps];
