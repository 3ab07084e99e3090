import { expect, it } from 'vitest';
import { VirtualClock } from '../src/clock.ts';

it('A virtual clock shows whole milliseconds, however it is moved', async () => {
  const clock = new VirtualClock(10.5);
  expect(clock.now()).toBe(10);
  await clock.advance(1000 / 3);
  expect(clock.now()).toBe(343);
});

it('A virtual clock starts at a date too', () => {
  expect(new VirtualClock(new Date('2030-01-01')).now()).toBe(Date.UTC(2030, 0, 1));
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 'x', undefined])(
  'A virtual clock is not moved by %s',
  async (ms) => {
    const clock = new VirtualClock(0);
    await expect(clock.advance(ms as number)).rejects.toThrow(
      `A clock cannot advance by ${ms}: it takes a number of milliseconds, 0 or more.`,
    );
    expect(clock.now()).toBe(0);
  },
);

it.each([Number.NaN, 'now', new Date('never')])('A virtual clock does not start at %s', (start) => {
  expect(() => new VirtualClock(start as number)).toThrow(RangeError);
});
