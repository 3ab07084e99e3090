/**
 * The Squab of a soak, in a process that tells what it holds: for a line on its standard input it writes one of JSON, when
 * its garbage is collected. It needs `--expose-gc`.
 */

import { createInterface } from 'node:readline';
import { start } from '../../src/index.ts';
import type { Clock } from '../../src/time/clock.ts';

/** What the process holds. Bytes, where they are any. */
export interface Holdings {
  rss: number;
  heap: number;
  /** Buffers. */
  external: number;
  /** Alarms that are set: polls that wait, delays that somebody waits for, and the janitor. */
  alarms: number;
  /** What keeps the process alive, by its kind: sockets, timers, requests to the system. */
  resources: Record<string, number>;
}

let alarms = 0;

/** The machine's time, with its alarms counted. */
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
if (!collect) throw new Error('Start it with --expose-gc.');

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
