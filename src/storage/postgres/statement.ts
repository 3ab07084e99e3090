/** SQL statements, as constants that stand beside the verb that they serve. Values reach them only as parameters. */

import { createHash } from 'node:crypto';

/** A statement whose rows have the type `Row`. In its text, `squab.` stands for the schema; see `inSchema`. */
export interface Statement<Row> {
  /** The name under which a connection prepares the statement once. */
  readonly name: string;
  readonly text: string;
  /** Never set. It ties the type of the rows to the statement. */
  readonly row?: Row;
}

/** Makes a statement. Its parameters are $1, $2 and so on, with a type where PostgreSQL needs one (`$2::bigint[]`). */
export function statement<Row>(text: string): Statement<Row> {
  return { name: `squab_${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`, text };
}

/**
 * Replaces the placeholder `squab.` in SQL by a schema, as a quoted identifier, and `squab_snapshots.` by that of its
 * snapshots; also at the beginning of a literal (`'squab.numbers'`).
 */
export function inSchema(text: string, schema: string): string {
  const quoted = schema.replaceAll('"', '""');
  const inText = quoted.replaceAll("'", "''");
  return text.replace(/('?)\bsquab(_snapshots)?\./g, (_, quote, suffix = '') => {
    return `${quote}"${quote ? inText : quoted}${suffix}".`;
  });
}

/**
 * Returns whether a text can be stored. PostgreSQL has no texts with NUL, and SQS allows none; a statement with one fails.
 * So nothing that is stored equals, or begins with, a text that cannot be: names and IDs to look up come from clients.
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
