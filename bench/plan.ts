/** The plan of a run: rounds, depths, and the order of its parts. */

import { ciJob, ciJobByQuery, firstRequests } from './parts/cold.ts';
import { openConsole } from './parts/console.ts';
import { handOver } from './parts/hand-over.ts';
import { installedSize } from './parts/installed-size.ts';
import { memory } from './parts/memory.ts';
import type { Part } from './parts/part.ts';
import { sendTimes } from './parts/send-times.ts';
import { startUp, startUpDeep } from './parts/start-up.ts';
import { waiting } from './parts/waiting.ts';
import type { Plan } from './race.ts';
import { racesOf } from './rows.ts';

/** About eight minutes. */
export const FULL: Plan = {
  depths: { standard: [1_000_000, 100_000, 10_000], fifo: 100_000 },
  rounds: 7,
  roundMs: 200,
  warmUpMs: 300,
  firstWarmUpMs: 1500,
};

/** Less than a minute: long enough to see that nothing is broken, too short for conclusions. */
export const QUICK: Plan = {
  depths: { standard: [10_000], fifo: 10_000 },
  rounds: 2,
  roundMs: 60,
  warmUpMs: 60,
  firstWarmUpMs: 200,
};

/** The parts before, between and after the races. `memory` measures while it fills the queues of the deep rows. */
export const PARTS_BEFORE: readonly Part[] = [startUp, firstRequests, ciJob, ciJobByQuery];
export const PARTS_BETWEEN: readonly Part[] = [handOver, waiting, openConsole, memory, sendTimes];
export const PARTS_AFTER: readonly Part[] = [startUpDeep];
/** An install takes a long time, and does not show whether anything is broken. */
export const PARTS_NOT_QUICK: readonly Part[] = [installedSize];

/** The keys of all rows and parts, in the order in which they are measured. */
export function allKeys(plan: Plan): string[] {
  const ofParts = (parts: readonly Part[]) => parts.flatMap((part) => part.keys(plan));
  const ofRows = (apart: boolean) =>
    racesOf(plan.depths).flatMap((rows) => rows.filter((row) => (row.apart ?? false) === apart).map(({ key }) => key));
  return [
    ...ofParts(PARTS_BEFORE),
    ...ofRows(false),
    ...ofParts(PARTS_BETWEEN),
    ...ofRows(true),
    ...ofParts([...PARTS_AFTER, ...PARTS_NOT_QUICK]),
  ];
}
