/** What is measured: a row of the table is a work, on a queue, by so many connections. */

import type { Step } from './load.ts';
import { BATCH, BODY, type QueuePlan, receiveAndDelete, sendBatch, type Write } from './queue.ts';

export interface Row {
  name: string;
  connections: number;
  queue: QueuePlan;
  work: Work;
}

/** Writes the requests that stay the same once, and gives what is to be repeated. */
export type Work = (write: Write) => Step;

const send: Work = (write) => {
  const request = write('SendMessage', { MessageBody: BODY });
  return async (ask) => {
    await ask(request);
    return 1;
  };
};

/** Leaves the queue as deep as it was. */
function cycle(plan: QueuePlan): Work {
  return (write) => {
    const fill = sendBatch(plan)(write);
    const receive = write('ReceiveMessage', { MaxNumberOfMessages: BATCH });
    return async (ask) => {
      const sent = await fill(ask);
      return sent - (await receiveAndDelete(ask, write, receive));
    };
  };
}

const receiveNothing: Work = (write) => {
  const request = write('ReceiveMessage', { MaxNumberOfMessages: BATCH });
  return async (ask) => {
    const answer = await ask(request);
    if (answer.length > 100) throw new Error(`Received something from a queue that has nothing to give: ${answer}`);
    return 0;
  };
};

/** The rows on queues of that depth. */
export function rowsAt(depth: number): Row[] {
  const queue: QueuePlan = { name: `bench-${depth}`, attributes: {}, depth };
  // However deep, it has nothing to give for as long as the benchmark runs.
  const hidden: QueuePlan = { name: `bench-hidden-${depth}`, attributes: { DelaySeconds: '900' }, depth };
  return [
    { name: 'send', connections: 1, queue, work: send },
    { name: 'send', connections: 16, queue, work: send },
    { name: 'send', connections: 64, queue, work: send },
    { name: 'send batch of 10', connections: 16, queue, work: sendBatch(queue) },
    { name: 'cycle', connections: 16, queue, work: cycle(queue) },
    { name: 'receive nothing', connections: 16, queue: hidden, work: receiveNothing },
    ...[1, 100, 10_000].map((groups) => fifoRow(depth, { groups })),
    ...(depth > 0 ? [fifoRow(depth, { groups: 100, locked: true })] : []),
  ];
}

/** With one group, only one connection at a time has something to do. */
function fifoRow(depth: number, shape: { groups: number; locked?: true }): Row {
  const { groups, locked } = shape;
  const queue: QueuePlan = {
    name: `bench-${depth}-${groups}${locked ? '-locked' : ''}.fifo`,
    attributes: { FifoQueue: 'true' },
    depth,
    ...shape,
  };
  const name = `FIFO cycle, ${groups} ${groups === 1 ? 'group' : 'groups'}${locked ? ', 90 % behind a lock' : ''}`;
  return { name, connections: groups === 1 ? 1 : 16, queue, work: cycle(queue) };
}
