/** The rows of the benchmark of the engine: each measures lanes that are compared with each other. */

import pg from 'pg';
import type { Figures } from '../figures.ts';
import { table } from '../table.ts';
import { LOOPS } from './contender.ts';
import type { Contenders } from './contenders.ts';
import type { Work } from './node.ts';
import type { Process } from './processes.ts';
import { type Lane, type Plan, race } from './rounds.ts';
import { byDatabase } from './targets.ts';

export interface Row {
  /** Its name for `--rows`. */
  name: string;
  title: string;
  /** The keys of its figures. */
  keys: readonly string[];
  measure(contenders: Contenders, plan: Plan, figures: Figures): Promise<string>;
}

const CYCLERS = ['squab', 'pgmq', 'pg-boss'];
const ALL = [...CYCLERS, 'graphile-worker'];
const DEEP = ['squab', 'pgmq'];

/** Repeats some work on a queue, which is emptied after each round unless it is to stay as deep as it is. */
async function laneOn(contenders: Contenders, row: string, server: string, work: Work, queue: string, keep = false) {
  const { database, node } = await contenders.get(server);
  await node.ask('make', queue);
  const lane: Lane = { row, server, database, run: (ms) => node.ask('repeat', work, queue, LOOPS, ms) };
  return keep ? lane : { ...lane, tidy: () => node.ask('empty', queue) };
}

/** The same work for every contender that can be had. Cycles leave the queue as it was, and go on from round to round. */
function compared(name: string, title: string, work: Work, servers: readonly string[]): Row {
  return {
    ...{ name, title, keys: [name, byDatabase(name)] },
    async measure(contenders, plan, figures) {
      const lanes: Lane[] = [];
      for (const server of contenders.among(servers)) {
        lanes.push(await laneOn(contenders, name, server, work, name.replaceAll('-', '_'), work === 'cycle'));
      }
      return race(lanes, plan, figures);
    },
  };
}

const workedOff: Row = {
  ...{ name: 'work-off', title: 'Working off what was sent before: receive 10, delete 10, or the workers of a peer' },
  keys: ['work-off', byDatabase('work-off')],
  async measure(contenders, plan, figures) {
    const lanes: Lane[] = [];
    for (const server of contenders.among(ALL)) {
      const { database, node } = await contenders.get(server);
      const fill = () => node.ask('fill', 'work_off', plan.jobs, LOOPS);
      await node.ask('make', 'work_off');
      await fill();
      lanes.push({
        ...{ row: 'work-off', server, database, run: () => node.ask('workOff', 'work_off', plan.jobs, LOOPS) },
        async tidy() {
          await node.ask('empty', 'work_off');
          await fill();
        },
      });
    }
    return race(lanes, plan, figures);
  },
};

/** Cycles on an empty queue, on a deep one, and on one with many messages in flight, in the same rounds. */
const depths: Row = {
  ...{ name: 'depth', title: 'Cycles on an empty queue, a deep one, and one with many messages in flight' },
  keys: ['cycle-of-depth', 'cycle-deep', 'cycle-in-flight'].flatMap((key) => [key, byDatabase(key)]),
  async measure(contenders, plan, figures) {
    const lanes: Lane[] = [];
    for (const server of contenders.among(DEEP)) {
      lanes.push(await laneOn(contenders, 'cycle-of-depth', server, 'cycle', 'short', true));
      const deep = await laneOn(contenders, 'cycle-deep', server, 'cycle', 'deep', true);
      const inFlight = await laneOn(contenders, 'cycle-in-flight', server, 'cycle', 'in_flight', true);
      const { node } = await contenders.get(server);
      await node.ask('fill', 'deep', plan.deep, LOOPS);
      await node.ask('fill', 'in_flight', plan.inFlight, LOOPS);
      await node.ask('hide', 'in_flight', plan.inFlight, LOOPS);
      lanes.push(deep, inFlight);
    }
    const printed = await race(lanes, plan, figures);
    for (const server of contenders.among(DEEP)) {
      const { node } = await contenders.get(server);
      for (const queue of ['deep', 'in_flight', 'short']) await node.ask('empty', queue);
    }
    return printed;
  },
};

/** Cycles while a transaction holds a snapshot, so that nothing that is deleted can be freed. */
const oldSnapshot: Row = {
  ...{ name: 'old-snapshot', title: 'Cycles while another transaction holds an old snapshot, in slices of 5 s' },
  keys: ['old-snapshot-second', 'old-snapshot-last'],
  async measure(contenders, { slices, sliceMs }, figures) {
    const lines: string[][] = [];
    for (const server of contenders.among(DEEP)) {
      const { database, run, tidy } = await laneOn(contenders, 'old-snapshot', server, 'cycle', 'old_snapshot');
      const holder = new pg.Client({ connectionString: database.url });
      await holder.connect();
      await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await holder.query('SELECT 1 FROM pg_class LIMIT 1');
      const micros: number[] = [];
      for (let slice = 0; slice < slices; slice++) {
        const before = database.cpuMs();
        const { messages } = await run(sliceMs);
        micros.push(((database.cpuMs() - before) * 1000) / messages);
      }
      await holder.end();
      await tidy!();
      figures.set('old-snapshot-second', server, [micros[1]!]);
      figures.set('old-snapshot-last', server, [micros.at(-1)!]);
      lines.push([server, ...micros.map((one) => one.toFixed(0))]);
    }
    const heads = Array.from({ length: slices }, (_, slice) => `${slice + 1}`);
    return `CPU time of the database per message, µs:\n\n${table(['', ...heads], lines)}`;
  },
};

/** Cycles of several nodes on one database, on one queue or on one for each node. */
const nodes: Row = {
  ...{ name: 'nodes', title: 'Cycles of 1, 2 and 4 nodes of Squab, on one queue and on one for each node' },
  keys: [...combinations()].flatMap(({ key }) => [key, byDatabase(key)]),
  async measure(contenders, plan, figures) {
    const { database } = await contenders.get('squab');
    const all: Process[] = [];
    for (let count = 0; count < 4; count++) all.push(await contenders.another('squab'));
    const lanes: Lane[] = [];
    for (const { key, nodes: count, queues, fifo } of combinations()) {
      const names = Array.from({ length: queues }, (_, at) => `${key}-${at}${fifo ? '.fifo' : ''}`);
      for (const node of all) for (const name of names) await node.ask('make', name);
      lanes.push({
        ...{ row: key, server: 'squab', database },
        async run(ms) {
          const working = all.slice(0, count).map((node, at) => {
            return node.ask('repeat', 'cycle', names[at % queues]!, LOOPS, ms);
          });
          const done = await Promise.all(working);
          const messages = done.reduce((sum, one) => sum + one.messages, 0);
          const cpuMs = done.reduce((sum, one) => sum + one.cpuMs, 0);
          return { messages, ms: Math.max(...done.map((one) => one.ms)), cpuMs };
        },
        async tidy() {
          for (const name of names) await all[0]!.ask('empty', name);
        },
      });
    }
    const printed = await race(lanes, plan, figures);
    await Promise.all(all.map((node) => node.end()));
    return printed;
  },
};

function* combinations(): Generator<{ key: string; nodes: number; queues: number; fifo: boolean }> {
  for (const count of [1, 2, 4]) yield { key: `nodes-${count}`, nodes: count, queues: 1, fifo: false };
  for (const [count, queues] of [
    [1, 1],
    [4, 1],
    [4, 4],
  ] as const) {
    yield { key: `fifo-nodes-${count}-queues-${queues}`, nodes: count, queues, fifo: true };
  }
}

export const ROWS: readonly Row[] = [
  compared('cycle', 'Cycle: send 10, receive 10, delete 10', 'cycle', CYCLERS),
  compared('send', 'Sending one message a call', 'send', ALL),
  compared('send-batch', 'Sending ten messages a call', 'send-batch', ALL),
  ...[workedOff, depths, oldSnapshot, nodes],
];
