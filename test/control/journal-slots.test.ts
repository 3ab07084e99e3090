/** The hash table in which the journal finds messages. */

import { expect, it } from 'vitest';
import { Slots } from '../../src/control/journal/slots.ts';
import { chanceOf } from '../../src/queues/faults/chance.ts';

const SIZE = 7;

it.each([1, 2, 3])('agrees with a Map after any sequence of changes (seed %i)', (seed) => {
  const chance = chanceOf(seed);
  const below = (end: number) => Math.floor(chance() * end);
  const slots = new Slots(SIZE);
  const model = new Map<number, number>();
  const slotInUse = new Map<number, number>();
  for (let step = 0; step < 2000; step++) {
    const slot = below(SIZE);
    const old = slotInUse.get(slot);
    if (old !== undefined) {
      slots.delete(slot);
      model.delete(old);
      slotInUse.delete(slot);
    } else {
      // Few enough keys that several of them share a bucket.
      const key = below(3 * SIZE);
      if (model.has(key)) continue;
      slots.set(key, slot);
      model.set(key, slot);
      slotInUse.set(slot, key);
      expect(slots.keyOf(slot)).toBe(key);
    }
    for (let key = 0; key < 3 * SIZE; key++) expect(slots.get(key)).toBe(model.get(key));
  }
});

it('returns the slot that was set last, and after its deletion the other one, if two have the same key', () => {
  const slots = new Slots(SIZE);
  slots.set(5, 0);
  slots.set(5, 1);
  expect(slots.get(5)).toBe(1);
  slots.delete(1);
  expect(slots.get(5)).toBe(0);
  slots.delete(0);
  expect(slots.get(5)).toBeUndefined();
});

it('finds nothing if it has room for no slot', () => {
  expect(new Slots(0).get(5)).toBeUndefined();
});
