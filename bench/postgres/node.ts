/**
 * A process that runs one contender: `node.ts NAME URL`. Its parent (nodes.ts) tells it what to do in messages.
 */

import { BATCH, type Contender } from './contender.ts';
import { fetchers } from './peers.ts';
import { squab } from './squab.ts';

/** What the loops of a process do over and over. */
export type Work = 'send' | 'send-batch' | 'cycle';

export interface Done {
  messages: number;
  ms: number;
  /** CPU time of this process, in milliseconds. */
  cpuMs: number;
}

const [name, url] = process.argv.slice(2) as [string, string];
const contender: Contender = name === 'squab' ? await squab(url) : await (await fetchers[name]!()).open(url);

const steps: Readonly<Record<Work, (queue: string) => Promise<number>>> = {
  async send(queue) {
    await contender.send(queue, 1);
    return 1;
  },
  async 'send-batch'(queue) {
    await contender.send(queue, BATCH);
    return BATCH;
  },
  async cycle(queue) {
    await contender.send(queue, BATCH);
    return consume(queue);
  },
};

async function consume(queue: string): Promise<number> {
  const taken = await contender.take!(queue, BATCH);
  if (taken.length > 0) await contender.remove!(queue, taken);
  return taken.length;
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const inLoops = (loops: number, work: () => Promise<void>) => Promise.all(Array.from({ length: loops }, work));

const verbs = {
  make: (queue: string) => contender.make(queue),
  empty: (queue: string) => contender.empty(queue),
  /** Repeats some work in each loop for `ms` milliseconds. */
  async repeat(work: Work, queue: string, loops: number, ms: number): Promise<Done> {
    const start = performance.now();
    const before = process.cpuUsage();
    let messages = 0;
    await inLoops(loops, async () => {
      while (performance.now() - start < ms) {
        const done = await steps[work](queue);
        messages += done;
      }
    });
    return { messages, ms: performance.now() - start, cpuMs: cpuMsSince(before) };
  },
  /** Sends so many messages. */
  async fill(queue: string, count: number, loops: number): Promise<void> {
    let left = count;
    await inLoops(loops, async () => {
      while (left > 0) {
        left -= 100;
        await contender.send(queue, 100);
      }
    });
  },
  /** Takes so many messages and keeps them. */
  async hide(queue: string, count: number, loops: number): Promise<void> {
    let left = count;
    await inLoops(loops, async () => {
      while (left > 0) {
        left -= 100;
        for (let missing = 100; missing > 0; ) missing -= (await contender.take!(queue, missing)).length;
      }
    });
  },
  /** Works off the `count` messages that are in the queue. */
  async workOff(queue: string, count: number, loops: number): Promise<Done> {
    const start = performance.now();
    const before = process.cpuUsage();
    let left = count;
    if (contender.workOff) await contender.workOff(queue, count, loops);
    else {
      await inLoops(loops, async () => {
        while (left > 0) {
          const done = await consume(queue);
          left -= done;
        }
      });
    }
    return { messages: count, ms: performance.now() - start, cpuMs: cpuMsSince(before) };
  },
  end: () => contender.end(),
};

export type Verbs = typeof verbs;

export interface Question {
  id: number;
  verb: keyof Verbs;
  values: readonly unknown[];
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

process.on('message', async ({ id, verb, values }: Question) => {
  const answer = (rest: Omit<Answer, 'id'>) => process.send?.({ id, ...rest });
  try {
    const value = await (verbs[verb] as (...all: readonly unknown[]) => Promise<unknown>)(...values);
    answer({ value });
    if (verb === 'end') process.disconnect();
  } catch (error) {
    answer({ error: (error as Error).message });
  }
});
process.send!({ id: 0 });
