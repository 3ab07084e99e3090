/**
 * The Squab of a soak test, in a process that reports its memory and resources. For each line on standard input, it
 * collects garbage and writes a line of JSON. It needs `--expose-gc`.
 */

import { createInterface } from 'node:readline';
import { start } from '../../src/index.ts';
import type { Clock } from '../../src/time/clock.ts';

/** The memory of the process, in bytes, and its resources. */
export interface Holdings {
  rss: number;
  heap: number;
  /** Memory of buffers. */
  external: number;
  /** Number of alarms that are set: for waiting polls, for delays that polls wait for, and for the janitor. */
  alarms: number;
  /** Number of resources that keep the process alive, by type: sockets, timers, system requests. */
  resources: Record<string, number>;
}

let alarms = 0;

/** The machine's clock, which also counts alarms. */
const clock: Clock = {
  now: () => Date.now(),
  at(time, wake) {
    let isSet = true;
    alarms++;
    const end = () => {
      if (isSet) alarms--;
      isSet = false;
    };
    const timer = setTimeout(
      () => {
        end();
        wake();
      },
      Math.max(0, time - Date.now()),
    );
    timer.unref();
    return () => {
      end();
      clearTimeout(timer);
    };
  },
};

const collect = globalThis.gc;
if (!collect) throw new Error('Start this program with --expose-gc.');

const { url } = await start({ port: 0, clock });
console.log(JSON.stringify({ url }));

createInterface(process.stdin)
  .on('line', () => {
    collect();
    collect();
    const { rss, heapUsed: heap, external } = process.memoryUsage();
    const resources: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
    console.log(JSON.stringify({ rss, heap, external, alarms, resources } satisfies Holdings));
  })
  .on('close', () => process.exit());
