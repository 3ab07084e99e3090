/** Waits for what other processes, connections and timers do. Only a failure takes as long as the limit. */

import { setTimeout as pause } from 'node:timers/promises';

/** Repeats `look` until it does not throw, for at most `ms`. Resolves to its result; rejects with its last error. */
export async function eventually<T>(look: () => Promise<T> | T, ms = 20_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(5);
    }
  }
}
