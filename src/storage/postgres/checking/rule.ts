/** What a rule for the tables is. */

// A row has the columns that the rule's statement selects.
// biome-ignore lint/suspicious/noExplicitAny: each rule names the columns that it reads
export type Row = Record<string, any>;

export interface Rule {
  /** Completes "Checking …". */
  about: string;
  /** Selects the rows that break the rule, or those that `isWrong` has to look at. */
  sql: string;
  /** Whether the rule is broken by a row; if it is absent, by every row. */
  isWrong?(row: Row): boolean;
  /** Returns a sentence about a row that breaks the rule. */
  say(row: Row): string;
}

/** Whether a text is JSON of this type. PostgreSQL before 16 cannot tell without an error. */
export function isJson(text: string, type: 'array' | 'object'): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return type === 'array' ? Array.isArray(value) : typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
