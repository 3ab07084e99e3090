/**
 * Measures how long the handover of a message to a waiting long poll takes, from writing the send to reading the
 * response of the poll. For comparison, also measures the shortest kind of request in the same rounds: an empty
 * receive.
 */

import { percentile, spread } from '../figures.ts';
import { type Ask, type Connection, withConnections } from '../load/load.ts';
import type { QueuePlan } from '../load/queue.ts';
import { KIB, type Requests, receiptHandles } from '../load/requests.ts';
import { printed, table } from '../table.ts';
import type { Part } from './part.ts';

const FULL_COUNT = 300;
const QUICK_COUNT = 50;
/** A plan with rounds shorter than this is a quick one. */
const QUICK_MS = 100;

const QUEUE: QueuePlan = { name: 'hand-over', attributes: {}, depth: 0 };
const EMPTY: QueuePlan = { name: 'hand-over-empty', attributes: {}, depth: 0 };

const KINDS = ['hand-over', 'hand-over-empty-receive'] as const;
const SHARES = [
  ['p50', 0.5],
  ['p99', 0.99],
] as const;

export const handOver: Part = {
  title: 'Handover to a long poll, and an empty receive, c=1, in ms',
  keys: () => KINDS.flatMap((kind) => SHARES.map(([share]) => `${kind}-${share}`)),
  async measure(fleet, { rounds, roundMs }, figures) {
    const count = roundMs < QUICK_MS ? QUICK_COUNT : FULL_COUNT;
    const all = fleet.squabs.map(({ name }) => ({ name, rounds: [] as Times[] }));
    for (let round = -1; round < rounds; round++) {
      for (const [index, column] of fleet.squabs.entries()) {
        const server = await fleet.server(column);
        const queues = [await fleet.queue(column, server, QUEUE), await fleet.queue(column, server, EMPTY)] as const;
        const times = await withConnections(server.url, 2, ([sender, receiver]) =>
          timeMany(count, sender!, receiver!, ...queues),
        );
        if (round >= 0) all[index]!.rounds.push(times);
      }
    }
    const lines = all.map(({ name, rounds: measured }) => [
      name,
      ...KINDS.flatMap((kind) =>
        SHARES.map(([label, share]) => {
          const series = measured.map((times) => percentile(times[kind], share));
          figures.set(`${kind}-${label}`, name, series);
          return printed(spread(series), 2);
        }),
      ),
    ]);
    return table(['', 'handover p50', 'p99', 'empty receive p50', 'p99'], lines);
  },
};

type Times = Record<(typeof KINDS)[number], number[]>;

async function timeMany(
  count: number,
  sender: Connection,
  receiver: Connection,
  queue: Requests,
  empty: Requests,
): Promise<Times> {
  const times: Times = { 'hand-over': [], 'hand-over-empty-receive': [] };
  const nothing = empty.build('ReceiveMessage', { MaxNumberOfMessages: 10 });
  for (let index = 0; index < count; index++) {
    times['hand-over'].push(await timeOne(sender.ask, receiver.ask, queue));
    const start = performance.now();
    await sender.ask(nothing);
    times['hand-over-empty-receive'].push(performance.now() - start);
  }
  return times;
}

async function timeOne(sender: Ask, receiver: Ask, { build }: Requests): Promise<number> {
  const send = build('SendMessage', { MessageBody: KIB });
  const receiving = receiver(build('ReceiveMessage', { MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }));
  // The server answers this only after it has read the receive, which then waits.
  await sender(build('GetQueueAttributes', {}));
  const start = performance.now();
  const sending = sender(send);
  const received = await receiving;
  const ms = performance.now() - start;
  await sending;
  const [ReceiptHandle] = receiptHandles(received);
  if (ReceiptHandle === undefined) throw new Error(`A long poll returned without the message: ${received}`);
  await sender(build('DeleteMessage', { ReceiptHandle }));
  return ms;
}
