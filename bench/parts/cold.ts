/**
 * Measures servers that have just started, whose code has hardly run: their first 300 requests on one connection, and
 * the whole of a job as in CI, from the start to the stop. Most test suites send no more than that.
 */

import { join } from 'node:path';
import * as latestSdk from '@aws-sdk/client-sqs';
import { byCpu, type Figures, spread } from '../figures.ts';
import { withConnections } from '../load/load.ts';
import { makeQueue } from '../load/queue.ts';
import { KIB, receiptHandles } from '../load/requests.ts';
import type { Column, Fleet, Sdk } from '../servers/fleet.ts';
import type { Server } from '../servers/servers.ts';
import { printed, table } from '../table.ts';
import type { Part } from './part.ts';

const REQUESTS = 300;
const QUEUES = 20;
/** Messages per queue, each of which is sent, received and deleted: 480 operations in all. */
const MESSAGES = 8;

export const firstRequests: Part = {
  title: `The first ${REQUESTS} requests after a start (send, receive, delete; c=1), and the server's CPU time in them, in ms`,
  keys: () => ['first-requests'],
  measure(fleet, { rounds }, figures) {
    return measureCold('first-requests', fleet.columns, fleet, rounds, figures, async (column, folder) => {
      const server = await column.start(folder);
      return { server, ...(await timed(server, sendReceiveDelete)) };
    });
  },
};

export const ciJob: Part = {
  title: `A job as in CI: start, ${QUEUES} queues, ${QUEUES * MESSAGES * 3} operations by the AWS SDK, stop; wall and CPU time, in ms`,
  keys: () => ['ci-job'],
  measure(fleet, { rounds }, figures) {
    const columns = fleet.columns.filter(({ sdk }) => !sdk);
    return measureCold('ci-job', columns, fleet, rounds, figures, jobBy(latestSdk));
  },
};

export const ciJobByQuery: Part = {
  title: 'The same job by the last version of the SDK that speaks the Query protocol; wall and CPU time, in ms',
  keys: () => ['ci-job-query'],
  async measure(fleet, { rounds }, figures) {
    const peers = fleet.peers.filter(({ sdk }) => sdk);
    const [peer] = peers;
    if (!peer) return 'Not measured: there is no peer that speaks only this protocol.';
    return measureCold('ci-job-query', [...fleet.squabs, ...peers], fleet, rounds, figures, jobBy(peer.sdk!));
  },
};

function jobBy(sdk: Sdk): Job {
  return async (column, folder) => {
    const start = performance.now();
    const server = await column.start(folder);
    await useQueues(server, sdk);
    const cpuMs = server.cpuMs();
    await server.stop();
    return { server, ms: performance.now() - start, cpuMs };
  };
}

interface Cold {
  server: Server;
  ms: number;
  cpuMs: number | undefined;
}

type Job = (column: Column, folder: string) => Promise<Cold>;

/** The first round does not count, because it loads the files into the disk cache and stores compiled code. */
async function measureCold(
  key: string,
  columns: readonly Column[],
  { folder }: Fleet,
  rounds: number,
  figures: Figures,
  run: Job,
): Promise<string> {
  const all = columns.filter(({ elsewhere }) => !elsewhere).map((column) => ({ column, ms: [], cpuMs: [] }) as Lane);
  for (let round = -1; round < rounds; round++) {
    for (const { column, ms, cpuMs } of all) {
      const cold = await run(column, join(folder, `${key}-${column.name}-${round}`));
      await cold.server.stop();
      if (round < 0) continue;
      ms.push(cold.ms);
      if (cold.cpuMs !== undefined) cpuMs.push(cold.cpuMs);
    }
  }
  const lines = all.map(({ column: { name }, ms, cpuMs }) => {
    figures.set(key, name, ms);
    if (cpuMs.length > 0) figures.set(byCpu(key), name, cpuMs);
    return [name, printed(spread(ms), 0), cpuMs.length > 0 ? printed(spread(cpuMs), 0) : 'unknown'];
  });
  return table(['', 'wall', 'CPU time'], lines);
}

interface Lane {
  column: Column;
  ms: number[];
  cpuMs: number[];
}

async function timed(server: Server, job: (server: Server) => Promise<void>): Promise<Omit<Cold, 'server'>> {
  const [start, cpuBefore] = [performance.now(), server.cpuMs()];
  await job(server);
  const [ms, cpuAfter] = [performance.now() - start, server.cpuMs()];
  return { ms, cpuMs: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore };
}

async function sendReceiveDelete(server: Server): Promise<void> {
  const { build } = await makeQueue(server, { name: 'cold', attributes: {}, depth: 0 }, Infinity);
  await withConnections(server.url, 1, async ([connection]) => {
    for (let request = 0; request < REQUESTS; request += 3) {
      await connection!.ask(build('SendMessage', { MessageBody: KIB }));
      const [ReceiptHandle] = receiptHandles(await connection!.ask(build('ReceiveMessage')));
      await connection!.ask(build('DeleteMessage', { ReceiptHandle }));
    }
  });
}

async function useQueues({ url }: Server, sdk: Sdk): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new sdk.SQSClient({ endpoint: url, region: 'us-east-1', credentials });
  try {
    for (let queue = 0; queue < QUEUES; queue++) {
      const { QueueUrl } = await client.send(new sdk.CreateQueueCommand({ QueueName: `job-${queue}` }));
      for (let message = 0; message < MESSAGES; message++) {
        await client.send(new sdk.SendMessageCommand({ QueueUrl, MessageBody: KIB }));
        const { Messages = [] } = await client.send(new sdk.ReceiveMessageCommand({ QueueUrl }));
        const ReceiptHandle = Messages[0]?.ReceiptHandle;
        await client.send(new sdk.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  } finally {
    client.destroy();
  }
}
