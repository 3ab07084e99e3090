/** Messages that wait for the next batch count as messages in memory. */

import { expect, it } from 'vitest';
import type { Entry } from '../../src/functions/event.ts';
import { EventRoom } from '../../src/functions/event-room.ts';
import { LeftOver } from '../../src/functions/left-over.ts';

const entries = [{ bytes: 60 }, { bytes: 40 }] as Partial<Entry>[] as Entry[];

it.each([
  ['taken', (leftOver: LeftOver) => leftOver.take()],
  ['dropped', (leftOver: LeftOver) => leftOver.drop()],
])('until they are %s', async (_, end) => {
  const room = new EventRoom(100);
  const leftOver = new LeftOver(room);
  leftOver.keep(entries);
  expect(room.isFull).toBe(true);
  const waiting = room.wait(new AbortController().signal);
  end(leftOver);
  await waiting;
  expect(room.isFull).toBe(false);
  expect(leftOver.isEmpty).toBe(true);
});
