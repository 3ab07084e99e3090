/** Repeatable randomness. */

import { describe, expect, it } from 'vitest';
import { chanceOf, seedOf, shuffled } from '../../../src/queues/faults/chance.ts';

const draw = (seed: number, count: number) => {
  const chance = chanceOf(seed);
  return Array.from({ length: count }, chance);
};

describe('The random number generator', () => {
  it('returns the numbers of mulberry32', () => {
    // These come from the generator's original code: Math.imul(t ^ t >>> 15, t | 1) and so on, divided by 2 ** 32.
    expect(draw(0, 3)).toEqual([0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]);
  });

  it('returns the same numbers for the same seed, even a negative or a large one, and others for another', () => {
    for (const seed of [1, -1, 2 ** 31, 2 ** 32 + 5]) expect(draw(seed, 20)).toEqual(draw(seed, 20));
    expect(draw(1, 5)).not.toEqual(draw(2, 5));
    expect(seedOf('0 a')).not.toBe(seedOf('0 b'));
  });

  it('is evenly distributed between 0 and 1', () => {
    const tenths = new Array<number>(10).fill(0);
    for (const number of draw(42, 10_000)) tenths[Math.floor(number * 10)]!++;
    expect(Math.min(...tenths)).toBeGreaterThan(850);
    expect(Math.max(...tenths)).toBeLessThan(1150);
  });

  it('shuffles three numbers into every order about equally often', () => {
    const seen = new Map<string, number>();
    const chance = chanceOf(7);
    for (let round = 0; round < 6000; round++) {
      const order = shuffled(3, chance).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210']);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });
});
