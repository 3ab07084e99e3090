/** What a rule for the tables is. */

// A row has the columns that the rule's statement selects.
// biome-ignore lint/suspicious/noExplicitAny: each rule names the columns that it reads
export type Row = Record<string, any>;

export interface Rule {
  /** Completes "Looking at …". */
  about: string;
  /** Selects the rows that break the rule. */
  sql: string;
  /** Returns a sentence about a row that breaks the rule. */
  say(row: Row): string;
}
