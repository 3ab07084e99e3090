/**
 * Which receipts a restored snapshot makes void. A receipt holds the number of its receive, and after a restore a
 * message can be received a second time under the same number. The receipt of the first must not match the second.
 *
 * So receipts carry an era. A new era begins when a snapshot is taken, and another when it is restored; the restore
 * makes the eras in between void. Eras are numbers of the sequence, and no node keeps them in memory: a statement that
 * receives reads the current one, and a statement that takes receipts checks them, so that all nodes agree at once.
 * The table `void_eras` is part of every snapshot, which is why older and newer ones can be restored in any order. It
 * has a row for each era that began (`from_era`), whose span is empty unless a restore made it void.
 */

import type { Receipt } from '../store.ts';

/** An expression: the current era, or null until the first snapshot is taken. */
export const CURRENT_ERA = '(SELECT max(from_era) FROM squab.void_eras)';

/** Returns a condition: whether receipts of this era, which is an expression, are void. */
export function isVoid(era: string): string {
  return `EXISTS (SELECT FROM squab.void_eras WHERE from_era <= ${era} AND ${era} < to_era)`;
}

/** Puts a receipt into the era that the statement of the receive has read. */
export function stamped(receipt: Receipt, era: number | null): Receipt {
  return era === null ? receipt : { ...receipt, era };
}

/** Returns the era of a receipt, as the statements take it. */
export function eraOf({ era = 0 }: Receipt): number {
  return era;
}
