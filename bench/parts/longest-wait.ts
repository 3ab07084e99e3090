/** Measures how long one client has to wait for another's requests. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Carries `work` out, and resolves to the longest time in milliseconds that another client's request took during that
 * work.
 */
export async function longestWait(url: string, work: () => Promise<unknown>): Promise<number> {
  const prober = new Worker(new URL('./prober.ts', import.meta.url), { workerData: url });
  await once(prober, 'message');
  await work();
  prober.postMessage('end');
  const [longest] = await once(prober, 'message');
  return longest as number;
}
