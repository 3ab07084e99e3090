/** The room for messages that are being delivered. */

import { expect, it } from 'vitest';
import { Room } from '../../../src/topics/deliveries/room.ts';

it('is not kept waiting for by lines that have ended', async () => {
  const room = new Room(1);
  const leave = room.enter(1);
  const [ended, going] = [new AbortController(), new AbortController()];
  const [first, second] = [room.reserve(1, ended.signal), room.reserve(1, going.signal)];
  ended.abort();
  expect(await first).toBeUndefined();
  leave();
  expect(await second).toBeTypeOf('function');
});
