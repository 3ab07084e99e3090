/**
 * Which receipts a restored snapshot makes void. A receipt names the how-manieth receive it stands for, and after a
 * restore a message is received for the same how-manieth time once more: the receipt of the first one must not fit.
 *
 * So receipts carry an era. One begins when a snapshot is taken, and one when it is restored, which makes void what lies
 * between. The list of what is void belongs to the data: it is part of snapshots, and so an older one or a newer one can
 * be restored in any order. Eras are numbers as in numbers.ts; until the first snapshot it is 0, which receipts leave out.
 */

import type { Receipt } from '../store.ts';
import type { Connection } from './database.ts';
import type { Numbers } from './numbers.ts';

interface Span {
  from_era: number;
  /** The first era that is good again. */
  to_era: number;
}

export class Eras {
  readonly #numbers: Numbers;
  readonly #all;
  readonly #insert;
  #void: Span[] = [];
  #present = 0;

  constructor(connection: Connection, numbers: Numbers) {
    this.#numbers = numbers;
    this.#all = connection.prepare<[], Span>('SELECT * FROM void_eras');
    this.#insert = connection.prepare('INSERT OR REPLACE INTO void_eras VALUES (?, ?)');
    this.reload();
  }

  /** Reads what is void from the database, after a rollback or a restore. */
  reload(): void {
    this.#void = this.#all.all();
    this.#present = Math.max(this.#present, ...this.#void.map((span) => span.to_era));
  }

  /** Begins an era, within a transaction. */
  begin(): number {
    this.#present = this.#numbers.next();
    return this.#present;
  }

  /** Begins an era in which no receipt is good that was given out since `era` began. */
  beginInPlaceOf(era: number): void {
    this.#insert.run(era, this.begin());
    this.reload();
  }

  receipt(key: number, receive: number): Receipt {
    return this.#present === 0 ? { key, receive } : { key, receive, era: this.#present };
  }

  isVoid({ era = 0 }: Receipt): boolean {
    return this.#void.some((span) => span.from_era <= era && era < span.to_era);
  }
}
