/** Searches for the source queues of a dead-letter queue. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Env } from '../../../src/queues/env.ts';
import { deadLetterSources } from '../../../src/queues/redrive/redrive.ts';
import type { Queue } from '../../../src/storage/store.ts';

it('looks at a few pages of queues in each turn, however many searches there are', async () => {
  let turn = 0;
  const listed: number[] = [];
  const queue = { account: '000000000000', region: 'us-east-1', name: 'q', attributes: new Map() } as unknown as Queue;
  const store = { listQueues: async () => (listed.push(turn), []) };
  const env = { store } as unknown as Env;
  const searches = Array.from({ length: 100 }, () => deadLetterSources(env, queue, {}));
  for (turn = 1; listed.length < searches.length; turn++) await nextTurn();
  expect(await Promise.all(searches)).toHaveLength(100);
  const counts = [...Map.groupBy(listed, (at) => at).values()].map(({ length }) => length);
  // Ten before a turn ends, and ten as it does.
  expect(Math.max(...counts)).toBeLessThanOrEqual(20);
});
