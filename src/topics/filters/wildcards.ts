/**
 * Patterns in which `*` stands for any number of characters. Matching takes a time proportional to the length of the
 * value, however the pattern and the value are made: neither regular expressions nor `indexOf` promise that (searching
 * 256 KiB for 100,000 characters with `indexOf` can take seconds).
 */

import { InvalidText } from '../invalid-text.ts';

/** "A maximum of three wildcards per pattern". Source: developer guide, "Filter policy constraints in Amazon SNS". */
const STARS_MAX = 3;

export interface WildcardPattern {
  matches(value: string): boolean;
  /** What the pattern contributes to the limit on wildcards: 1 for a single `*`, 3 for each of several. */
  points: number;
}

/** Parses a pattern. `starsMax` is the largest number of `*` in it. Throws InvalidText. */
export function wildcardPattern(text: string, starsMax = STARS_MAX): WildcardPattern {
  const parts = partsOf(text);
  const stars = parts.length - 1;
  if (stars > starsMax) {
    throw new InvalidText(`wildcard match pattern can not have more than ${starsMax} wildcard characters`);
  }
  const points = stars > 1 ? stars * 3 : stars;
  const first = parts[0]!;
  if (stars === 0) return { matches: (value) => value === first, points };
  const last = parts.at(-1)!;
  const middle = parts.slice(1, -1).map(searchFor);
  const matches = (value: string) => {
    const end = value.length - last.length;
    if (end < first.length || !value.startsWith(first) || !value.endsWith(last)) return false;
    let from = first.length;
    for (const search of middle) {
      from = search(value, from, end);
      if (from === -1) return false;
    }
    return true;
  };
  return { matches, points };
}

/**
 * Splits a pattern at its wildcards. `\*` and `\\` stand for these characters themselves, and wildcards cannot follow
 * each other, as in the rules of EventBridge, whose texts for other errors SNS uses.
 */
function partsOf(text: string): string[] {
  const parts: string[][] = [[]];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '*') {
      if (text[at + 1] === '*') throw new InvalidText(`Consecutive wildcard characters at pos ${at}`);
      parts.push([]);
    } else if (character === '\\') {
      at++;
      if (text[at] !== '*' && text[at] !== '\\') throw new InvalidText(`Invalid escape character at pos ${at - 1}`);
      parts.at(-1)!.push(text[at]!);
    } else parts.at(-1)!.push(character);
  }
  // Joined at once: texts that grow by a character at a time take 32 bytes for each.
  return parts.map((part) => part.join(''));
}

/**
 * Returns a search for `part`: given a value, where to begin and where to stop, it returns the index behind the first
 * occurrence, or -1. This is the algorithm of Knuth, Morris and Pratt.
 */
function searchFor(part: string): (value: string, from: number, end: number) => number {
  const short = part.length <= SHORT ? fallbacksOf(part, Array<number>(part.length).fill(0)) : undefined;
  return (value, from, end) => {
    if (end - from < part.length) return -1;
    // Those of a long part take more memory than its text, so they are not kept.
    const fallbacks = short ?? fallbacksOf(part, new Uint32Array(part.length));
    let length = 0;
    for (let at = from; at < end; at++) {
      while (length > 0 && value[at] !== part[length]) length = fallbacks[length - 1]!;
      if (value[at] === part[length]) length++;
      if (length === part.length) return at + 1;
    }
    return -1;
  };
}

const SHORT = 100;

/** Fills in, for each index of the part, the length of the longest proper prefix of the part that also ends there. */
function fallbacksOf<T extends number[] | Uint32Array>(part: string, fallbacks: T): T {
  for (let at = 1, length = 0; at < part.length; at++) {
    while (length > 0 && part[at] !== part[length]) length = fallbacks[length - 1]!;
    if (part[at] === part[length]) length++;
    fallbacks[at] = length;
  }
  return fallbacks;
}
