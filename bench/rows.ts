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
const cycle: Work = (write) => {
  const fill = sendBatch(write);
  const receive = write('ReceiveMessage', { MaxNumberOfMessages: BATCH });
  return async (ask) => {
    const sent = await fill(ask);
    return sent - (await receiveAndDelete(ask, write, receive));
  };
};

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
    { name: 'send batch of 10', connections: 16, queue, work: sendBatch },
    { name: 'cycle', connections: 16, queue, work: cycle },
    { name: 'receive nothing', connections: 16, queue: hidden, work: receiveNothing },
  ];
}
