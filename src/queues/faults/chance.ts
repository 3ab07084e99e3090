/**
 * Repeatable randomness: the same seed gives the same numbers. The generator is mulberry32, by Tommy Ettinger (public
 * domain, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). It is good enough to decide which
 * requests fail, but must not be used for secrets.
 */

import { crc32 } from 'node:zlib';

/** Returns the next random number: at least 0, and less than 1. */
export type Chance = () => number;

/** Returns a random number generator. `seed` is a whole number, of which only the low 32 bits count. */
export function chanceOf(seed: number): Chance {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Derives a seed from a text: its CRC-32. */
export function seedOf(text: string): number {
  return crc32(text);
}

/** Returns the whole numbers from 0 to `count - 1` in random order (a Fisher-Yates shuffle). */
export function shuffled(count: number, chance: Chance): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
