/** Finds what a mistyped word was meant to be. */

/** The word that is fewest changes of a letter away, if those are few; upper and lower case are the same. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of words) {
    const changes = changesBetween(word.toLowerCase(), candidate.toLowerCase());
    if (changes < fewest) [best, fewest] = [candidate, changes];
  }
  return best;
}

/** Letters to change, add or remove: Levenshtein's distance, a row of its table at a time. */
function changesBetween(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const present = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      present.push(Math.min(above[column]! + 1, present[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1)));
    }
    above = present;
  }
  return above.at(-1)!;
}
