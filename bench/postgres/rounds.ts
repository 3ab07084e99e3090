/** Measures lanes in interleaved rounds: in each round, every lane runs once, one after the other. */

import { byCpu, type Figures, spread } from '../figures.ts';
import { printed, table } from '../table.ts';
import type { Done } from './node.ts';
import type { DatabaseServer } from './server.ts';
import { byDatabase } from './targets.ts';

/** Some work of a contender. */
export interface Lane {
  row: string;
  server: string;
  database: DatabaseServer;
  run(ms: number): Promise<Done>;
  /** Brings the queues back to what they were, after each round. This is not measured. */
  tidy?(): Promise<void>;
}

export interface Plan {
  rounds: number;
  roundMs: number;
  deep: number;
  inFlight: number;
  /** The number of messages that are worked off in a round. */
  jobs: number;
  /** How long a slice with an old snapshot takes, and how many there are. */
  sliceMs: number;
  slices: number;
  wakeUps: number;
}

/** About a quarter of an hour. */
export const FULL: Plan = {
  ...{ rounds: 7, roundMs: 1500, deep: 1_000_000, inFlight: 100_000, jobs: 10_000 },
  ...{ sliceMs: 5000, slices: 12, wakeUps: 500 },
};

/** Long enough to see that nothing is broken, too short for conclusions. */
export const QUICK: Plan = {
  ...{ rounds: 2, roundMs: 200, deep: 10_000, inFlight: 5000, jobs: 1000 },
  ...{ sliceMs: 300, slices: 3, wakeUps: 20 },
};

interface Series {
  rates: number[];
  micros: number[];
  own: number[];
}

/** Measures the lanes, and returns a table of them. The first round warms up and does not count. */
export async function race(lanes: readonly Lane[], { rounds, roundMs }: Plan, figures: Figures): Promise<string> {
  const series = lanes.map((): Series => ({ rates: [], micros: [], own: [] }));
  for (let round = -1; round < rounds; round++) {
    for (const [index, { database, run, tidy }] of lanes.entries()) {
      const before = database.cpuMs();
      const { messages, ms, cpuMs: ownMs } = await run(roundMs);
      const cpuMs = database.cpuMs() - before;
      await tidy?.();
      if (round < 0) continue;
      series[index]!.rates.push((messages * 1000) / ms);
      series[index]!.micros.push((cpuMs * 1000) / messages);
      series[index]!.own.push((ownMs * 1000) / messages);
    }
  }
  const lines = lanes.map(({ row, server }, index) => {
    const { rates, micros, own } = series[index]!;
    figures.set(row, server, rates);
    figures.set(byDatabase(row), server, micros);
    const perCpu = micros.map((ofDatabase, round) => 1e6 / (ofDatabase + own[round]!));
    figures.set(byCpu(row), server, perCpu);
    return [row, server, printed(spread(rates), 0), printed(spread(micros), 0), printed(spread(own), 0)];
  });
  return table(['row', '', 'messages per second', 'CPU time per message, µs: database', 'Node.js'], lines);
}
