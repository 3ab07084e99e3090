/** The orders in which queues are listed, and the `next` of a page in such an order. */

import type { Holding } from '../../storage/observation.ts';
import type { Queue } from '../../storage/store.ts';
import { ControlError } from '../control-error.ts';

export const SORT_KEYS = ['name', 'visible', 'in-flight', 'delayed', 'messages', 'age'] as const;

/** `messages` is the number of messages in all states, and `age` the age of the oldest message. */
export type SortKey = (typeof SORT_KEYS)[number];

/** The place of a queue in an order: by `value`, and queues with the same value by `mark`. */
export interface Place {
  value: number;
  mark: string;
}

/** Returns the text by which queues are ordered by name, then region, then account. No part contains a space. */
export const markOf = ({ name, region, account }: Queue): string => `${name} ${region} ${account}`;

const values: Record<SortKey, (holding: Holding) => number> = {
  name: () => 0,
  visible: ({ visible }) => visible,
  'in-flight': ({ inFlight }) => inFlight,
  delayed: ({ delayed }) => delayed,
  messages: ({ visible, inFlight, delayed }) => visible + inFlight + delayed,
  // The later it was sent, the younger it is. An empty queue comes after all others.
  age: ({ oldestSentAt = Number.MAX_SAFE_INTEGER }) => -oldestSentAt,
};

/** Returns the value of a queue in an order. By name, all have the same. */
export const rankOf = (key: SortKey, holding: Holding): number => values[key](holding);

/** Compares places: by value in this order, and those with the same value by name. */
export function compare(key: SortKey, order: 'asc' | 'desc', a: Place, b: Place): number {
  const byName = a.mark < b.mark ? -1 : Number(a.mark > b.mark);
  return (order === 'asc' ? 1 : -1) * (key === 'name' ? byName : a.value - b.value) || byName;
}

/** Returns the `next` of a page that ends with this place. */
export const printPlace = (key: SortKey, { value, mark }: Place): string =>
  key === 'name' ? mark : `${value} ${mark}`;

/** Returns the place that a `next` names. Throws ControlError (400) for the text of another order. */
export function openPlace(key: SortKey, text: string): Place {
  if (key === 'name') return { value: 0, mark: text };
  const [, value, mark] = /^(-?\d+) (.+)$/.exec(text) ?? [];
  if (mark !== undefined && Number.isSafeInteger(Number(value))) return { value: Number(value), mark };
  throw new ControlError(
    400,
    `"after" is invalid: must be the "next" of the previous page, with the same "sort" (got ${JSON.stringify(text)}).`,
  );
}

/**
 * Returns the first `count` of these items, in order. Faster than sorting if there are many more items: each is compared
 * once with the last one that is kept.
 */
export function firstOf<T>(items: Iterable<T>, count: number, before: (a: T, b: T) => number): T[] {
  const kept: T[] = [];
  for (const item of items) {
    if (kept.length === count && before(item, kept[count - 1]!) >= 0) continue;
    let [low, high] = [0, kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(kept[middle]!, item) <= 0) low = middle + 1;
      else high = middle;
    }
    kept.splice(low, 0, item);
    if (kept.length > count) kept.pop();
  }
  return kept;
}
