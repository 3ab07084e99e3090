/**
 * `numeric` conditions: one bound, or a range. Source: developer guide, "Numeric value matching"; texts as observed.
 */

import { InvalidText } from '../invalid-text.ts';
import { comparable, type Test } from './rules.ts';

type Compare = (value: number, bound: number) => boolean;

const comparisons: ReadonlyMap<unknown, Compare> = new Map<unknown, Compare>([
  ['=', (value, bound) => value === bound],
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
]);

/** Returns the test of `{"numeric": […]}`. Throws InvalidText. */
export function numericTest(wanted: unknown): Test {
  if (!Array.isArray(wanted)) throw new InvalidText('Value of numeric must be an array.');
  const members: readonly unknown[] = wanted;
  const [operator, bound] = members;
  if (typeof operator !== 'string') {
    throw new InvalidText(`Invalid member in numeric match: ${tokenAt(members, 0)}`);
  }
  const compare = comparisons.get(operator);
  if (!compare) throw new InvalidText(`Unrecognized numeric range operator: ${operator}`);
  const limit = comparable(boundOf(operator, bound));
  const isBottom = operator.startsWith('>');
  if (!isBottom && members.length > 2) throw new InvalidText('Too many elements in numeric expression');
  if (!isBottom || members.length === 2)
    return (value) => typeof value === 'number' && compare(comparable(value), limit);
  return rangeTest(members, { compare, limit });
}

function rangeTest(members: readonly unknown[], bottom: { compare: Compare; limit: number }): Test {
  const [, , operator, bound] = members;
  if (typeof operator !== 'string') throw new InvalidText(`Bad value in numeric range: ${tokenAt(members, 2)}`);
  if (operator !== '<' && operator !== '<=') throw new InvalidText(`Bad numeric range operator: ${operator}`);
  const top = { compare: comparisons.get(operator)!, limit: comparable(boundOf(operator, bound)) };
  if (members.length > 4) throw new InvalidText('Too many terms in numeric range expression');
  if (top.limit <= bottom.limit) throw new InvalidText('Bottom must be less than top');
  return (value) => {
    if (typeof value !== 'number') return false;
    const compared = comparable(value);
    return bottom.compare(compared, bottom.limit) && top.compare(compared, top.limit);
  };
}

function boundOf(operator: string, bound: unknown): number {
  if (typeof bound === 'number') return bound;
  throw new InvalidText(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`);
}

/** Returns the text of a member as a JSON parser that reads token by token has it: of a list, only its bracket. */
function tokenAt(members: readonly unknown[], index: number): string {
  const member = members[index];
  if (index >= members.length) return ']';
  if (Array.isArray(member)) return '[';
  return typeof member === 'object' && member !== null ? '{' : String(member);
}
