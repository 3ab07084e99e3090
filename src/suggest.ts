/** Suggests the known word that a misspelt one was probably meant to be. */

/** A longer word is not compared with the known ones, because that takes a time proportional to its length. */
const LENGTH_MAX = 80;

/** Returns ` Did you mean "redrive"?`, or an empty string if no known word is close. */
export function suggestion(word: string, known: Iterable<string>): string {
  const near = word.length > LENGTH_MAX ? undefined : nearest(word, known);
  return near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
}

/** Finds the known word at the smallest edit distance, ignoring case. Undefined if too many letters differ. */
function nearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) >= least) continue;
    const changes = distance(wanted, candidate.toLowerCase(), least);
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/**
 * The Damerau–Levenshtein distance: how many letters to add, remove, replace or swap with the next one. Stops at
 * `enough`, and returns at least that if the distance is at least that.
 */
function distance(from: string, to: string, enough: number): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = swaps ? before[j - 2]! + 1 : replaced;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    // A later row cannot have a smaller distance than the smallest in two successive rows.
    if (Math.min(...row, ...next) >= enough) return enough;
    [before, row] = [row, next];
  }
  return row[to.length]!;
}
