/**
 * Chance that can be repeated: the same seed gives the same numbers. The generator is mulberry32, by Tommy Ettinger
 * (public domain, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c), good enough to decide which
 * request is to fail, and for nothing that has to be secret.
 */

import { crc32 } from 'node:zlib';

/** Gives the next number: 0 or more, and less than 1. */
export type Chance = () => number;

/** `seed` is a whole number; those that differ by 2³² are the same. */
export function chanceOf(seed: number): Chance {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed of its own for each text. */
export function seedOf(text: string): number {
  return crc32(text);
}

/** The numbers below `count` in an order that chance decides (Fisher and Yates). */
export function shuffled(count: number, chance: Chance): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
