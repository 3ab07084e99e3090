import { expect, it } from 'vitest';
import { VirtualClock } from '../src/clock.ts';

it('A virtual clock shows whole milliseconds, however it is moved', async () => {
  const clock = new VirtualClock(10.5);
  expect(clock.now()).toBe(10);
  await clock.advance(1000 / 3);
  expect(clock.now()).toBe(343);
});
