import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src/queues/redrive/pace.ts';

const START = 1_000_000;

/**
 * Returns the work done over `ms` milliseconds by a worker that wakes at each `nextAt()`: times from the start, and
 * counts.
 */
function schedule(perSecond: number, ms: number): [at: number, count: number][] {
  const pace = new Pace(perSecond, START);
  const done: [number, number][] = [];
  for (let now = START; now < START + ms; now = pace.nextAt()) {
    const due = pace.due(now);
    pace.did(due);
    done.push([now - START, due]);
    expect(pace.due(now)).toBe(0);
    expect(pace.nextAt()).toBeGreaterThan(now);
  }
  return done;
}

const total = (done: [number, number][]) => done.reduce((sum, [, count]) => sum + count, 0);

describe('A pace', () => {
  it('begins at once, and schedules one at a time at low rates', () => {
    expect(schedule(1, 3000)).toEqual([
      [0, 1],
      [1000, 1],
      [2000, 1],
    ]);
    expect(schedule(3, 1000)).toEqual([
      [0, 1],
      [334, 1],
      [667, 1],
    ]);
  });

  it('schedules several at a time at high rates', () => {
    expect(schedule(500, 150)).toEqual([
      [0, 25],
      [50, 25],
      [100, 25],
    ]);
    expect(schedule(50, 200)).toEqual([
      [0, 2],
      [50, 3],
      [100, 2],
      [150, 3],
    ]);
  });

  it('schedules exactly the rate in each second, for every rate', () => {
    for (let perSecond = 1; perSecond <= 500; perSecond++) {
      expect(total(schedule(perSecond, 1000))).toBe(perSecond);
      expect(total(schedule(perSecond, 3000))).toBe(3 * perSecond);
    }
  });

  it('catches up after a short delay, but not after a long one', () => {
    const pace = new Pace(10, START);
    expect(pace.due(START + 450)).toBe(5);
    expect(pace.due(START + 3_600_000)).toBe(1);
    pace.did(1);
    expect(pace.nextAt()).toBe(START + 3_600_100);
  });

  it('schedules nothing more when the clock was set back, and then continues as if no time had passed', () => {
    const pace = new Pace(10, START);
    pace.did(pace.due(START + 250));
    expect(pace.due(START - 5000)).toBe(0);
    expect(pace.nextAt()).toBe(START - 5000 + 50);
    expect(pace.due(START - 5000 + 50)).toBe(1);
  });
});
