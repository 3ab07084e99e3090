/**
 * Decides which receipts a restored snapshot makes void. A receipt holds the number of its receive, and after a
 * restore a message can be received a second time under the same number. The receipt of the first must not match the
 * second.
 *
 * So receipts carry an era. A new era begins when a snapshot is taken, and another when it is restored; the restore
 * makes the eras in between void. The list of void eras is part of the data and so of every snapshot, which is why
 * older and newer snapshots can be restored in any order. Eras are numbers from numbers.ts. Until the first snapshot
 * the era is 0, which receipts leave out.
 */

import type { Receipt } from '../store.ts';
import type { Connection } from './database.ts';
import type { Numbers } from './numbers.ts';

interface Span {
  from_era: number;
  /** The first era that is valid again. */
  to_era: number;
}

export class Eras {
  readonly #numbers: Numbers;
  readonly #all;
  readonly #insert;
  #void: Span[] = [];
  #current = 0;

  constructor(connection: Connection, numbers: Numbers) {
    this.#numbers = numbers;
    this.#all = connection.prepare<[], Span>('SELECT * FROM void_eras');
    this.#insert = connection.prepare('INSERT OR REPLACE INTO void_eras VALUES (?, ?)');
    this.reload();
  }

  /** Reads the void eras from the database, after a rollback or a restore. */
  reload(): void {
    this.#void = this.#all.all();
    for (const { to_era } of this.#void) this.#current = Math.max(this.#current, to_era);
  }

  /** Begins an era and returns its number. Must be called in a transaction. */
  begin(): number {
    this.#current = this.#numbers.next();
    return this.#current;
  }

  /** Begins an era, and makes void all receipts that were issued since `era` began. */
  beginVoiding(era: number): void {
    this.#insert.run(era, this.begin());
    this.reload();
  }

  /** Puts a receipt into the current era. */
  stamped(receipt: Receipt): Receipt {
    return this.#current === 0 ? receipt : { ...receipt, era: this.#current };
  }

  isVoid({ era = 0 }: Receipt): boolean {
    return this.#void.some((span) => span.from_era <= era && era < span.to_era);
  }
}
