/** Pages of lists, which end early if what they contain is long. */

/** A page ends after this many characters, even if it is shorter than its limit. */
export const PAGE_CHARACTERS = 4_000_000;

/** @internal Returns those of the reports that fit on a page, from the first one on, and at least that one. */
export function thatFit<Report>(reports: readonly Report[]): readonly Report[] {
  let characters = 0;
  const end = reports.findIndex((report, index) => {
    characters += JSON.stringify(report).length;
    return index > 0 && characters > PAGE_CHARACTERS;
  });
  return end === -1 ? reports : reports.slice(0, end);
}
