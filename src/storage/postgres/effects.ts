/**
 * What a transaction has to report: its events and announcements, and the earliest new expiry. Transactions run side by
 * side, so each has its own. They are reported after the commit; those of a transaction that failed are dropped.
 */

import type { Millis } from '../../time/clock.ts';
import type { Happening } from '../happenings.ts';
import type { Outbox } from '../outbox.ts';
import type { Message, Queue, ReceiveRequest } from '../store.ts';

export class Effects {
  readonly #happenings: Happening[] = [];
  readonly #announcements: [queueId: number, at: Millis][] = [];
  /** Calls to make between events, with the number of events to report before each. */
  readonly #calls: { after: number; listener: () => void }[] = [];
  #expiresAt = Number.POSITIVE_INFINITY;

  /** Records an event. Undefined if there is no listener, so that callers need not create the event. */
  readonly record: ((happening: Happening) => void) | undefined;

  /** `recordsEvents`: whether there is a listener for events. */
  constructor(recordsEvents: boolean) {
    this.record = recordsEvents ? (happening) => this.#happenings.push(happening) : undefined;
  }

  /** The queues that may have something to deliver, and from which instants on. */
  get announcements(): readonly [queueId: number, at: Millis][] {
    return this.#announcements;
  }

  get happenings(): readonly Happening[] {
    return this.#happenings;
  }

  /** Records that a receive hands these messages out, or finds none. */
  recordReceived(queue: Queue, request: ReceiveRequest, messages: readonly Message[], now: Millis): void {
    if (!this.record) return;
    if (messages.length === 0) this.record({ kind: 'empty-receive', queue });
    const receiver = messages.length > 0 ? request.receiver?.() : undefined;
    const visibleAt = now + request.visibilityMs;
    for (const { receipt, messageId, receiveCount } of messages) {
      this.record({ kind: 'received', queue, key: receipt.key, messageId, receiveCount, visibleAt, receiver });
    }
  }

  /** Records an announcement. */
  announce(queueId: number, at: Millis): void {
    this.#announcements.push([queueId, at]);
  }

  /** Records that a message expires at `at`, perhaps earlier than any other message of its queue. */
  expires(at: Millis): void {
    this.#expiresAt = Math.min(this.#expiresAt, at);
  }

  /** Has `listener` called after the events that were recorded before, and before those that are recorded from now on. */
  call(listener: () => void): void {
    this.#calls.push({ after: this.#happenings.length, listener });
  }

  /** Adds everything to an outbox, which sends it. */
  addTo(outbox: Outbox): void {
    let recorded = 0;
    const recordUpTo = (end: number) => {
      for (; recorded < end; recorded++) outbox.record?.(this.#happenings[recorded]!);
    };
    for (const { after, listener } of this.#calls) {
      recordUpTo(after);
      outbox.call(listener);
    }
    recordUpTo(this.#happenings.length);
    for (const [queueId, at] of this.#announcements) outbox.announce(queueId, at);
    if (this.#expiresAt !== Number.POSITIVE_INFINITY) outbox.expires(this.#expiresAt);
  }
}
