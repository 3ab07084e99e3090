/**
 * The rows of the benchmark's table. A row is some work on a queue, done on a number of connections. The rows of a
 * race are measured in the same rounds, so that they can be compared with each other and not only with the floor.
 */

import { BATCH, type QueuePlan } from './load/queue.ts';
import { KIB_64 } from './load/requests.ts';
import { attributes, cycle, emptyReceive, overQuery, send, sendBatch, type Work } from './load/works.ts';

export interface Row {
  /** Its name for `--rows` and in targets. */
  key: string;
  /** Rows of a race with the same name and connections make the same requests to the floor, and share its figures. */
  name: string;
  connections: number;
  queue: QueuePlan;
  work: Work;
  /** Runs on separate servers, only with other rows of the same depth, because the size of the database matters too. */
  apart?: true;
}

export type Race = readonly Row[];

/** The depths at which rows are measured. */
export interface Depths {
  /** Of standard queues, deepest first, so that the deepest comes right after the short queue it is compared with. */
  standard: readonly number[];
  fifo: number;
}

/** The deepest queues on which a peer is measured. */
export const PEER_DEPTH_MAX = 100_000;

const GROUPS = [100, 1, 10_000] as const;

export function racesOf({ standard, fifo }: Depths): Race[] {
  const queue: QueuePlan = { name: 'short', attributes: {}, depth: 0 };
  const large: QueuePlan = { name: 'large', attributes: {}, depth: 0 };
  const row = (key: string, name: string, connections: number, work: Work, on = queue): Row => ({
    key,
    name,
    connections,
    queue: on,
    work,
  });
  return [
    [row('send-json-c1', 'SendMessage, JSON', 1, send())],
    [row('send-json-c16', 'SendMessage, JSON', 16, send()), ...GROUPS.map((groups) => fifoRow('send', groups, 0))],
    [row('send-json-c64', 'SendMessage, JSON', 64, send())],
    [row('send-json-64k-c16', 'SendMessage, JSON, 64 KiB', 16, send(KIB_64), large)],
    [row('send-query-c16', 'SendMessage, Query', 16, overQuery(send()))],
    [row('send-batch-c16', `SendMessageBatch of ${BATCH}`, 16, sendBatch)],
    [row('cycle-c16', 'cycle', 16, cycle), ...GROUPS.map((groups) => fifoRow('cycle', groups, 0))],
    [row('cycle-query-c16', 'cycle, Query', 16, overQuery(cycle))],
    [row('empty-receive-c1', 'empty receive', 1, emptyReceive)],
    [
      row('empty-receive-c16', 'empty receive', 16, emptyReceive),
      row('empty-receive-hidden-c16', 'empty receive', 16, emptyReceive, hiddenAt(fifo)),
    ],
    [row('attributes-c16', 'GetQueueAttributes, all', 16, attributes)],
    [fifoRow('cycle', 10_000, 0, 'short'), fifoRow('cycle', 10_000, fifo), lockedRow(fifo)],
    ...(['send', 'cycle', 'attributes'] as const).map((work) => [0, ...standard].map((depth) => deepRow(work, depth))),
  ];
}

/** With one message group, only one connection at a time can receive anything. */
function fifoRow(what: 'send' | 'cycle', groups: number, depth: number, variant?: string): Row {
  const key = [`fifo-${what}-${groups}`, ...(depth > 0 ? [`depth-${depth}`] : []), ...(variant ? [variant] : [])];
  return {
    key: key.join('-'),
    name: `FIFO ${what}, ${groups.toLocaleString('en')} ${groups === 1 ? 'group' : 'groups'}`,
    connections: groups === 1 && what === 'cycle' ? 1 : 16,
    queue: { name: `fifo-${groups}-${depth}.fifo`, attributes: { FifoQueue: 'true' }, depth, groups },
    work: what === 'send' ? send() : cycle,
  };
}

function lockedRow(depth: number): Row {
  const row = fifoRow('cycle', 100, depth);
  const queue: QueuePlan = { ...row.queue, name: `locked-${depth}.fifo`, locked: true };
  return { ...row, key: `fifo-cycle-100-locked-${depth}`, name: `${row.name}, 90 % blocked`, queue };
}

/** A queue whose messages stay delayed for as long as the benchmark runs, so that receives are empty at any depth. */
function hiddenAt(depth: number): QueuePlan {
  return { name: `hidden-${depth}`, attributes: { DelaySeconds: '900' }, depth };
}

export const deepQueue = (depth: number): QueuePlan => ({
  name: `deep-${depth}`,
  attributes: {},
  depth,
});

const DEEP_WORKS = {
  send: { name: 'SendMessage, JSON', work: send() },
  cycle: { name: 'cycle', work: cycle },
  attributes: { name: 'GetQueueAttributes, all', work: attributes },
};

function deepRow(what: keyof typeof DEEP_WORKS, depth: number): Row {
  return { key: `${what}-depth-${depth}`, connections: 16, queue: deepQueue(depth), apart: true, ...DEEP_WORKS[what] };
}
