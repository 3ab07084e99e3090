/**
 * The targets of the engine for PostgreSQL. Ratios are of the same rounds. Rates are judged per second of CPU time, of the
 * database and of Node.js together: elapsed time depends on the machine's other work.
 */

import type { Target } from '../targets.ts';

/** The key of the row with the database's CPU time per message, in µs. */
export const byDatabase = (row: string) => `${row}, CPU time of the database`;

/** Compares how many messages a second two contenders, or two rows of one, handle. */
const rate = (what: string, row: string, [server, other]: [string, string], atLeast: number): Target => ({
  what: `${what}, ${server} / ${other}`,
  ...{ of: { row, server }, to: { row, server: other }, atLeast },
});

const rows = (
  what: string,
  [row, other]: [string, string],
  limits: Pick<Target, 'atLeast' | 'atMost' | 'by'>,
): Target => ({
  ...{ what, of: { row, server: 'squab' }, to: { row: other, server: 'squab' } },
  ...limits,
});

export const TARGETS: readonly Target[] = [
  rate('cycle', 'cycle', ['squab', 'pgmq'], 1.5),
  {
    what: 'cycle, CPU time of the database, squab / pgmq',
    of: { row: byDatabase('cycle'), server: 'squab' },
    to: { row: byDatabase('cycle'), server: 'pgmq' },
    ...{ by: 'time', atMost: 0.33 },
  },
  rate('send 1', 'send', ['squab', 'pgmq'], 1.5),
  rate('send 1', 'send', ['squab', 'pg-boss'], 3),
  rate('send 1', 'send', ['squab', 'graphile-worker'], 8),
  rows('cycle, 1,000,000 visible / 0', ['cycle-deep', 'cycle-of-depth'], { atLeast: 0.85 }),
  rows('cycle, 100,000 in flight / 0', ['cycle-in-flight', 'cycle-of-depth'], { atLeast: 0.85 }),
  rows(
    'cycle with an old snapshot, CPU time of the database, last / second 5 s of 60',
    ['old-snapshot-last', 'old-snapshot-second'],
    {
      atMost: 1.3,
    },
  ),
  rows('cycle, 4 nodes / 1 node, CPU time of the database', [byDatabase('nodes-4'), byDatabase('nodes-1')], {
    atMost: 1.8,
  }),
  rows('cycle, 4 nodes / 1 node', ['nodes-4', 'nodes-1'], { by: 'time', atLeast: 1.15 }),
  rows('FIFO cycle / cycle', ['fifo-nodes-1-queues-1', 'nodes-1'], { by: 'time', atLeast: 0.5 }),
  rows('FIFO cycle, 4 nodes and 4 queues / 1 node and 1 queue', ['fifo-nodes-4-queues-4', 'fifo-nodes-1-queues-1'], {
    ...{ by: 'time', atLeast: 1.4 },
  }),
  { what: 'wake-up on another node p99, ms', of: { row: 'wake-up-p99', server: 'squab' }, by: 'time', atMost: 25 },
  {
    what: 'cycle over HTTP, c=16, PostgreSQL / SQLite with --durability power',
    of: { row: 'http-cycle', server: 'PostgreSQL' },
    to: { row: 'http-cycle', server: 'SQLite, power' },
    // Both wait for the disk more than they compute.
    ...{ by: 'time', atLeast: 0.5 },
  },
];
