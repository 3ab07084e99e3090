/** The performance targets of Squab. Most are ratios between two figures of the same rounds. */

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
  /**
   * What is compared: the CPU time of the server (by default, where it is known), or elapsed time. The load shares the
   * cores with the server, so that elapsed time depends on the machine's other work and on the load generator.
   */
  by?: 'cpu' | 'time';
  atLeast?: number;
  atMost?: number;
}

const DEEP = 1_000_000;
const FIFO_DEEP = 100_000;
const fifoShort = 'fifo-cycle-10000-short';
const fifoDeep = `fifo-cycle-10000-depth-${FIFO_DEEP}`;

/** The rows on which Squab is compared with peers, by their names in targets. */
const ROWS = {
  send: 'send-json-c16',
  'FIFO send': 'fifo-send-100',
  'send batch': 'send-batch-c16',
  cycle: 'cycle-c16',
  'FIFO cycle, 100 groups': 'fifo-cycle-100',
  'FIFO cycle, 10,000 groups': 'fifo-cycle-10000',
  'empty receive': 'empty-receive-c16',
  attributes: 'attributes-c16',
} as const;

type Compared = keyof typeof ROWS;

/** Compares Squab with a peer: how many requests per second of CPU time it handles, at least. */
const toPeer = (server: string, peer: string, atLeast: Partial<Record<Compared, number>>): Target[] =>
  Object.entries(atLeast).map(([name, least]) => ({
    what: `${name}, ${server} / ${peer}`,
    of: { row: ROWS[name as Compared], server },
    to: { row: ROWS[name as Compared], server: peer },
    atLeast: least,
  }));

/** Compares a deep queue with a short one on the same server. */
const toShort = (what: string, row: string, other: string, server: string, atLeast: number): Target => ({
  what: `${what}, ${server}`,
  of: { row, server },
  to: { row: other, server },
  atLeast,
});

/** Compares times, of which Squab's is at most so large. */
const toTime = (what: string, row: string, [server, other]: [string, string], atMost: number, by?: 'time'): Target => ({
  what: `${what}, ${server} / ${other}`,
  of: { row, server },
  to: { row, server: other },
  ...(by && { by }),
  atMost,
});

const durable = Object.fromEntries(Object.keys(ROWS).map((name) => [name, 3])) as Record<Compared, number>;

export const TARGETS: readonly Target[] = [
  ...toPeer('memory', 'fauxqs', {
    ...{ send: 1.2, 'FIFO send': 1.2, 'send batch': 1.1 },
    ...{ cycle: 1, 'FIFO cycle, 100 groups': 1, 'FIFO cycle, 10,000 groups': 1 },
    ...{ 'empty receive': 1.5, attributes: 1.5 },
  }),
  {
    what: `cycle, depth ${FIFO_DEEP.toLocaleString('en')}, memory / fauxqs`,
    of: { row: `cycle-depth-${FIFO_DEEP}`, server: 'memory' },
    to: { row: `cycle-depth-${FIFO_DEEP}`, server: 'fauxqs' },
    atLeast: 5,
  },
  ...toPeer('disk', 'fauxqs', { send: 0.9, 'send batch': 0.75, cycle: 0.6, 'FIFO cycle, 100 groups': 0.55 }),
  ...['disk', 'power'].flatMap((server) => toPeer(server, 'fauxqs on disk', durable)),
  ...(['send', 'cycle', 'attributes'] as const).flatMap((row) => [
    toShort(`${row}, depth 1,000,000 / 0`, `${row}-depth-${DEEP}`, `${row}-depth-0`, 'memory', 0.85),
    toShort(`${row}, depth 1,000,000 / 0`, `${row}-depth-${DEEP}`, `${row}-depth-0`, 'disk', 0.75),
  ]),
  ...['disk', 'memory'].map((server) =>
    toShort('FIFO cycle, 10,000 groups, depth 100,000 / short', fifoDeep, fifoShort, server, 0.75),
  ),
  ...['disk', 'memory'].flatMap((server) =>
    ['queue', 'events'].map((screen) =>
      toShort(`cycle, console on ${screen} / closed`, `console-${screen}`, 'console-closed', server, 0.98),
    ),
  ),
  ...['disk', 'memory'].map(
    (server): Target => ({
      what: `handover p99 / empty receive p99, c=1, ${server}`,
      of: { row: 'hand-over-p99', server },
      to: { row: 'hand-over-empty-receive-p99', server },
      by: 'time',
      atMost: server === 'disk' ? 3 : 2,
    }),
  ),
  {
    what: 'p99 of a send, depth 1,000,000 / 0, memory',
    of: { row: `send-p99-depth-${DEEP}`, server: 'memory' },
    to: { row: 'send-p99-depth-0', server: 'memory' },
    by: 'time',
    atMost: 2,
  },
  toTime('start-up, empty', 'start-up', ['memory', 'floor'], 0.8),
  toTime('start-up, empty', 'start-up', ['disk', 'floor'], 1.5),
  toTime('start-up, empty', 'start-up', ['executable', 'node'], 1.5),
  toTime('RSS when idle', 'rss-idle', ['memory', 'floor'], 1),
  toTime('RSS when idle', 'rss-idle', ['disk', 'floor'], 1.3),
  toTime('first 300 requests', 'first-requests', ['memory', 'fauxqs'], 1),
  ...['memory', 'disk'].flatMap((server) => [
    toTime('CI job', 'ci-job', [server, 'fauxqs'], 0.75, 'time'),
    toTime('CI job, over Query', 'ci-job-query', [server, 'GoAWS'], 1.2, 'time'),
    toTime('CI job', 'ci-job', [server, 'ElasticMQ'], 0.12, 'time'),
  ]),
  ...[
    { server: 'memory', atMost: 1400 },
    { server: 'disk', atMost: 300 },
  ].map(({ server, atMost }) => ({
    what: `RSS per queued message of 1 KiB at depth ${DEEP.toLocaleString('en')}, bytes, ${server}`,
    of: { row: `rss-per-message-${DEEP}`, server },
    atMost,
  })),
];
