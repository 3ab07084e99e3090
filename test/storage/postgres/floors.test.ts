/** The floors of standard queues on PostgreSQL. */

import { describe, expect, it } from 'vitest';
import type { QueueState } from '../../../src/storage/postgres/queue-table.ts';
import { Floors } from '../../../src/storage/postgres/standard/floors.ts';
import { SECOND, T0 } from '../subject.ts';

describe('the floor of a queue', () => {
  const state = {} as QueueState;

  /** Floors after a first receive at T0, when the machine's time was 0, and a look at its result. */
  const lookedAt = (firstVisibleAt: number | undefined, now = T0 + SECOND) => {
    const floors = new Floors();
    expect(floors.due(state, T0, 0)).toBeUndefined();
    expect(floors.of(state, T0)).toBe(-1);
    expect(floors.due(state, now, 500)).toBe(-1);
    floors.found(state, firstVisibleAt, now);
    return floors;
  };

  it('is just before the first message that a look found, and at least two seconds in the past', () => {
    expect(lookedAt(T0 - 10 * SECOND).of(state, T0 + SECOND)).toBe(T0 - 10 * SECOND - 1);
    expect(lookedAt(T0 + 60 * SECOND).of(state, T0 + SECOND)).toBe(T0 - SECOND - 1);
    expect(lookedAt(undefined).of(state, T0 + SECOND)).toBe(T0 - SECOND - 1);
  });

  it('is looked for twice a second, from the last one on', () => {
    const floors = lookedAt(T0 - 10 * SECOND);
    expect(floors.due(state, T0 + SECOND, 999)).toBeUndefined();
    expect(floors.due(state, T0 + SECOND, 1000)).toBe(T0 - 10 * SECOND - 1);
    expect(floors.due(state, T0 + SECOND, 1001)).toBeUndefined();
  });

  it('heals: every half minute, the look begins before all messages', () => {
    const floors = lookedAt(T0 - 10 * SECOND);
    expect(floors.due(state, T0, 29_999)).toBe(T0 - 10 * SECOND - 1);
    expect(floors.due(state, T0, 30_499)).toBe(-1);
    floors.found(state, T0 - 20 * SECOND, T0 + SECOND);
    expect(floors.of(state, T0 + SECOND)).toBe(T0 - 20 * SECOND - 1);
    expect(floors.due(state, T0, 31_000)).toBe(T0 - 20 * SECOND - 1);
  });

  it('is dropped when the time goes back, but not because of requests that overtake each other', () => {
    const floors = lookedAt(T0 - 10 * SECOND);
    expect(floors.of(state, T0)).toBe(T0 - 10 * SECOND - 1);
    expect(floors.of(state, T0 - 1)).toBe(-1);
    floors.found(state, T0 - 10 * SECOND, T0);
    expect(floors.of(state, T0)).toBe(-1);
  });

  it('is not that of another state of the queue, such as after a purge', () => {
    expect(lookedAt(T0 - 10 * SECOND).of({} as QueueState, T0 + SECOND)).toBe(-1);
  });
});
