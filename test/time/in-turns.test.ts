/** Tasks that share turns of the event loop. */

import { expect, it } from 'vitest';
import { InTurns } from '../../src/time/in-turns.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it('runs the first task at once, and each further one in a turn of its own', async () => {
  const inTurns = new InTurns();
  const done: number[] = [];
  for (const task of [1, 2, 3]) inTurns.run(() => done.push(task));
  expect(done).toEqual([1]);
  await nextTurn();
  expect(done).toEqual([1, 2]);
  inTurns.run(() => done.push(4));
  await nextTurn();
  expect(done).toEqual([1, 2, 3]);
  await nextTurn();
  expect(done).toEqual([1, 2, 3, 4]);
  await nextTurn();
  await nextTurn();
  inTurns.run(() => done.push(5));
  expect(done).toEqual([1, 2, 3, 4, 5]);
});

it('runs several tasks in a turn until they weigh as much as a turn may', async () => {
  const inTurns = new InTurns(10);
  const done: number[] = [];
  for (const weight of [4, 5, 6, 30, 1]) inTurns.run(() => done.push(weight), weight);
  expect(done).toEqual([4, 5, 6]);
  await nextTurn();
  expect(done).toEqual([4, 5, 6, 30]);
  await nextTurn();
  expect(done).toEqual([4, 5, 6, 30, 1]);
});
