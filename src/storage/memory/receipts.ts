/**
 * Issues receipts, and decides which of them are still valid. A receipt holds the number of its receive. After a
 * snapshot was restored, a message can be received a second time under the same number, and the receipt of the first
 * receive must not match the second. So receipts carry an era: one begins when a snapshot is taken, and another when it
 * is restored. The restore makes the eras in between void. Until the first snapshot the era is 0, which receipts leave
 * out.
 */

import type { Millis } from '../../time/clock.ts';
import { isOfEarlier } from '../rows/message-row.ts';
import type { Queue, Receipt } from '../store.ts';
import { receivesOf, type StoredMessage } from './stored-message.ts';

/** Eras that are void. */
interface Span {
  from: number;
  /** The first era that is valid again. */
  to: number;
}

export class Receipts {
  #era = 0;
  /** Part of every snapshot, so that older and newer ones can be restored in any order. */
  voidEras: readonly Span[] = [];

  /** Issues the receipt of the latest receive of a message, which was `at` an instant. */
  issue(message: StoredMessage, at: Millis): Receipt {
    const { key, sentAt } = message;
    const receipt = { key, receive: receivesOf(message), receivedAt: Math.max(at, sentAt) };
    return this.#era === 0 ? receipt : { ...receipt, era: this.#era };
  }

  beginEra(era: number): void {
    this.#era = era;
  }

  /** Begins an era after a restore, and makes void all receipts that were issued since the snapshot's era began. */
  beginVoiding(snapshotEra: number, voidEras: readonly Span[], era: number): void {
    this.beginEra(era);
    this.voidEras = [...voidEras.filter(({ from }) => from !== snapshotEra), { from: snapshotEra, to: era }];
  }

  /** Returns why a receipt cannot delete a message, or change its visibility; undefined if it can. */
  refusal(
    { fifo, retentionMs }: Queue,
    message: StoredMessage | undefined,
    receipt: Receipt,
    use: 'delete' | 'change',
    now: Millis,
  ): 'gone' | 'stale' | 'lapsed' | undefined {
    if (!message || message.sentAt + retentionMs <= now || isOfEarlier(receipt, message.sentAt)) return 'gone';
    // The message has left the queue since this receive, and has come back.
    if (receipt.receive <= message.earlierReceives) return 'gone';
    const receives = receivesOf(message);
    const acceptsOlder = use === 'change' && !fifo;
    if (acceptsOlder ? receipt.receive > receives : receipt.receive !== receives) return 'stale';
    if (this.#isVoid(receipt)) return 'stale';
    return fifo && message.visibleAt <= now ? 'lapsed' : undefined;
  }

  #isVoid({ era = 0 }: Receipt): boolean {
    return this.voidEras.some(({ from, to }) => from <= era && era < to);
  }
}
