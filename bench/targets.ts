/** The performance targets of Squab. Most are ratios between two figures of the same rounds. */

import { byCpu } from './figures.ts';

/** A figure of a row on a server. */
export interface Figure {
  row: string;
  server: string;
}

export interface Target {
  what: string;
  of: Figure;
  /** The figure that it is divided by. Without it, the target is for the figure itself. */
  to?: Figure;
  atLeast?: number;
  atMost?: number;
}

const DEEP = 1_000_000;
const FIFO_DEEP = 100_000;
const fifoShort = 'fifo-cycle-10000-short';
const fifoDeep = `fifo-cycle-10000-depth-${FIFO_DEEP}`;

/** Compares a row on a server with the floor. */
const toFloor = (what: string, row: string, server: string, atLeast: number): Target => ({
  what: `${what}, ${server} / floor`,
  of: { row, server },
  to: { row, server: 'floor' },
  atLeast,
});

/** Compares a row with another one on the same server. */
const toRow = (what: string, row: string, other: string, server: string, atLeast: number): Target => ({
  what: `${what}, ${server}`,
  of: { row, server },
  to: { row: other, server },
  atLeast,
});

/** Compares Squab on disk with a peer that stores nothing. */
const toFauxqs = (what: string, row: string, atLeast: number): Target => ({
  what: `${what}, disk / fauxqs`,
  of: { row, server: 'disk' },
  to: { row, server: 'fauxqs' },
  atLeast,
});

export const TARGETS: readonly Target[] = [
  toFloor('SendMessage JSON, c=16', 'send-json-c16', 'disk', 1),
  toFloor('SendMessage JSON, c=64', 'send-json-c64', 'disk', 1.2),
  toFloor('SendMessage JSON, c=16', 'send-json-c16', 'power', 0.85),
  toFloor('SendMessage JSON, c=1', 'send-json-c1', 'disk', 0.75),
  toFloor('SendMessage Query, c=16', 'send-query-c16', 'disk', 0.85),
  toFloor('cycle, c=16', 'cycle-c16', 'disk', 0.85),
  toFloor('cycle, c=16', 'cycle-c16', 'memory', 1),
  toRow('FIFO send, 100 groups / standard send', 'fifo-send-100', 'send-json-c16', 'disk', 0.9),
  toRow('FIFO cycle, 100 groups / standard cycle', 'fifo-cycle-100', 'cycle-c16', 'disk', 0.9),
  ...['send', 'cycle'].flatMap((row) => [
    toRow(`${row}, depth 1,000,000 / 0`, `${row}-depth-${DEEP}`, `${row}-depth-0`, 'disk', 0.75),
    toRow(`${row}, depth 1,000,000 / 0`, `${row}-depth-${DEEP}`, `${row}-depth-0`, 'memory', 0.85),
  ]),
  ...['disk', 'memory'].flatMap((server) => [
    toRow('GetQueueAttributes, depth 1,000,000 / 0', `attributes-depth-${DEEP}`, 'attributes-depth-0', server, 0.95),
    toRow('FIFO cycle, 10,000 groups, depth 100,000 / short', fifoDeep, fifoShort, server, 0.75),
  ]),
  ...['disk', 'memory'].flatMap((server) =>
    ['queue', 'events'].map((screen) =>
      toRow(`cycle, console on ${screen} / closed`, byCpu(`console-${screen}`), byCpu('console-closed'), server, 0.98),
    ),
  ),
  toFloor('empty receive, c=16', 'empty-receive-c16', 'disk', 1.2),
  toFloor('empty receive, c=16', 'empty-receive-c16', 'memory', 1.2),
  ...['disk', 'memory'].flatMap((server): Target[] => [
    {
      what: `handover p99 / empty receive p99, c=1, ${server}`,
      of: { row: 'hand-over-p99', server },
      to: { row: 'hand-over-empty-receive-p99', server },
      atMost: 2,
    },
    {
      what: `start-up, empty, ${server} / floor`,
      of: { row: 'start-up', server },
      to: { row: 'start-up', server: 'floor' },
      atMost: 1.5,
    },
    {
      what: `RSS when idle, ${server} / floor`,
      of: { row: 'rss-idle', server },
      to: { row: 'rss-idle', server: 'floor' },
      atMost: 1.3,
    },
  ]),
  {
    what: 'start-up, empty, executable / node dist/cli.js',
    of: { row: 'start-up', server: 'executable' },
    to: { row: 'start-up', server: 'memory' },
    atMost: 1.3,
  },
  {
    what: `RSS per queued message of 1 KiB at depth ${DEEP.toLocaleString('en')}, bytes, disk`,
    of: { row: `rss-per-message-${DEEP}`, server: 'disk' },
    atMost: 300,
  },
  toFauxqs('SendMessage JSON, c=16', 'send-json-c16', 1.5),
  toFauxqs('empty receive, c=16', 'empty-receive-c16', 1.5),
  toFauxqs('cycle, short', 'cycle-depth-0', 1),
  toFauxqs('FIFO cycle, 10,000 groups, short', fifoShort, 1),
  toFauxqs(`cycle, depth ${FIFO_DEEP.toLocaleString('en')}`, `cycle-depth-${FIFO_DEEP}`, 3),
  toFauxqs(`FIFO cycle, 10,000 groups, depth ${FIFO_DEEP.toLocaleString('en')}`, fifoDeep, 3),
];
