import { afterEach, describe, expect, it, vi } from 'vitest';
import { steadyClock } from '../../src/time/clock.ts';
import { onSetBack } from '../../src/time/set-back.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';

it('A virtual clock shows whole milliseconds, even if it is moved by a fraction of one', async () => {
  const clock = new VirtualClock(10.5);
  expect(clock.now()).toBe(10);
  await clock.advance(1000 / 3);
  expect(clock.now()).toBe(343);
});

it('A virtual clock can start at a Date', () => {
  expect(new VirtualClock(new Date('2030-01-01')).now()).toBe(Date.UTC(2030, 0, 1));
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 'x', undefined])(
  'A virtual clock rejects a move by %s',
  async (ms) => {
    const clock = new VirtualClock(0);
    await expect(clock.advance(ms as number)).rejects.toThrow(
      `A clock cannot advance by ${ms}: it must be a number of milliseconds from 0 to 8639991360000000.`,
    );
    expect(clock.now()).toBe(0);
  },
);

it.each([Number.NaN, 'now', new Date('never')])('A virtual clock cannot start at %s', (start) => {
  expect(() => new VirtualClock(start as number)).toThrow(RangeError);
});

it('A virtual clock rejects moves of more than a hundred years, or beyond the range of Date', async () => {
  const clock = new VirtualClock(0);
  await expect(clock.set(new Date('9999-12-31'))).rejects.toThrow(
    'A clock cannot move forward by 2932896 days at once: the maximum is 36600.',
  );
  expect(clock.now()).toBe(0);
  // A hundred days before the end, so that a Date can represent when messages expire.
  const late = new VirtualClock(8_640_000_000_000_000 - 8_640_000_000 - 1);
  await late.advance(1);
  await expect(late.advance(1)).rejects.toThrow('A clock cannot go beyond +275760-06-05T00:00:00.000Z.');
  await late.set(0);
  expect(late.now()).toBe(0);
});

it('A virtual clock that is frozen or resumed during a move freezes or runs at the end of the move', async () => {
  const machine = new VirtualClock(1000);
  const clock = VirtualClock.running(machine);
  clock.at(1500, () => clock.freeze());
  await clock.advance(1000);
  expect([clock.frozen, clock.now()]).toEqual([true, 2000]);
  await machine.advance(5);
  expect(clock.now()).toBe(2000);
  clock.at(2500, () => clock.resume());
  await clock.advance(1000);
  expect([clock.frozen, clock.now()]).toEqual([false, 3000]);
  await machine.advance(5);
  expect(clock.now()).toBe(3005);
});

describe('An alarm for a time that has been reached', () => {
  const TIMES = { now: 5000, 'in the past': 10 };

  it.each(Object.entries(TIMES))('rings although the clock is frozen: %s', async (_, time) => {
    const clock = new VirtualClock(5000);
    await new Promise<void>((resolve) => clock.at(time, resolve));
    expect(clock.now()).toBe(5000);
  });

  it.each(Object.entries(TIMES))('rings while the clock runs: %s', async (_, time) => {
    const clock = VirtualClock.running(new VirtualClock(5000));
    await new Promise<void>((resolve) => clock.at(time, resolve));
  });

  it('rings once, and not if it was cancelled', async () => {
    const machine = new VirtualClock(0);
    const clock = new VirtualClock(5000, machine);
    const rung: string[] = [];
    clock.at(5000, () => rung.push('a'));
    clock.at(5000, () => rung.push('cancelled'))();
    clock.at(5000, () => clock.at(5000, () => rung.push('b')));
    await machine.advance(0);
    expect(rung).toEqual(['a', 'b']);
    await clock.advance(1);
    expect(rung).toEqual(['a', 'b']);
  });

  it('rings before a move ends, whether it was set before the move, on the way, or at its end', async () => {
    const clock = new VirtualClock(0, new VirtualClock(0));
    const rung: string[] = [];
    clock.at(0, () => rung.push('before'));
    clock.at(500, () => clock.at(500, () => rung.push('on the way')));
    clock.at(1000, () => clock.at(clock.now(), () => rung.push('at the end')));
    await clock.advance(1000);
    expect(rung).toEqual(['before', 'on the way', 'at the end']);
    clock.at(1000, () => rung.push('before a move back'));
    await clock.set(10);
    expect(rung).toContain('before a move back');
  });
});

describe('When a clock is set back', () => {
  it('a virtual clock reports by how much, and only then', async () => {
    const clock = new VirtualClock(5000);
    const steps: number[] = [];
    const end = onSetBack(clock, new VirtualClock(0), (byMs) => steps.push(byMs));
    await clock.advance(1000);
    await clock.set(2000);
    await clock.set(2000);
    expect(steps).toEqual([4000]);
    end();
    await clock.set(0);
    expect(steps).toEqual([4000]);
  });

  it("a program's own clock is read every second", async () => {
    const machine = new VirtualClock(0);
    let shown = 10_000;
    const steps: number[] = [];
    const end = onSetBack({ now: () => shown, at: () => () => {} }, machine, (byMs) => steps.push(byMs));
    shown = 4000;
    await machine.advance(1000);
    shown = 5000;
    await machine.advance(1000);
    expect(steps).toEqual([6000]);
    end();
    shown = 0;
    await machine.advance(1000);
    expect(steps).toEqual([6000]);
  });
});

describe("The machine's clock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("shows the machine's time; if that is set back, it runs on until the machine catches up", () => {
    let shown = 10_000;
    let elapsed = 0;
    const { now } = steadyClock(
      () => shown,
      () => elapsed,
    );
    expect(now()).toBe(10_000);
    [shown, elapsed] = [4000, 200.5];
    expect(now()).toBe(10_200);
    [shown, elapsed] = [4300, 500.5];
    expect(now()).toBe(10_500);
    [shown, elapsed] = [3000, 600.5];
    expect(now()).toBe(10_600);
    [shown, elapsed] = [11_000, 700.5];
    expect(now()).toBe(11_000);
    shown = 11_200;
    expect(now()).toBe(11_200);
  });

  it('detects a set-back that is shorter than the time since it was last read', () => {
    let shown = 10_000;
    let elapsed = 0;
    const { now } = steadyClock(
      () => shown,
      () => elapsed,
    );
    expect(now()).toBe(10_000);
    // Of 20 seconds, the machine shows only 8.
    [shown, elapsed] = [18_000, 20_000];
    expect(now()).toBe(30_000);
    [shown, elapsed] = [19_000, 21_000];
    expect(now()).toBe(31_000);
    // The machine has caught up. From here on it is adjusted by a little, which is followed.
    [shown, elapsed] = [33_000, 22_000];
    expect(now()).toBe(33_000);
    [shown, elapsed] = [92_970, 82_000];
    expect(now()).toBe(92_970);
  });

  it('wakes after the requested duration, even if the machine sets its clock back in the meantime', () => {
    vi.useFakeTimers();
    const clock = steadyClock(
      () => Date.now(),
      () => performance.now(),
    );
    const wake = vi.fn();
    clock.at(clock.now() + 20_000, wake);
    vi.advanceTimersByTime(5000);
    clock.now();
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(14_999);
    expect(wake).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(wake).toHaveBeenCalledOnce();
  });
});
