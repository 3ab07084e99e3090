/** Measures V8's heap. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The fewest turns in which it collects garbage, and how much a turn has to free for another to be worth it. */
const TURNS = 3;
const WORTH_BYTES = 100_000;

/** Resolves to the bytes in use. What earlier tests left becomes garbage only in later turns of the event loop. */
export async function heapUsed(): Promise<number> {
  let used = Number.POSITIVE_INFINITY;
  for (let turn = 1; ; turn++) {
    await nextTurn();
    collect();
    const before = used;
    used = process.memoryUsage().heapUsed;
    if (turn >= TURNS && used > before - WORTH_BYTES) return used;
  }
}
