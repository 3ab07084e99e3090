/**
 * What an engine has to report of a transaction: its events and announcements, and the earliest new expiry. They are
 * sent after the commit, and dropped after a rollback.
 */

import type { Millis } from '../time/clock.ts';
import type { Happening, HappeningListener } from './happenings.ts';
import { isHidden } from './hidden.ts';
import type { Announcement, Message, Queue, ReceiveRequest } from './store.ts';

/** How much an outbox contains. */
export interface OutboxMark {
  announcements: number;
  happenings: number;
  calls: number;
  expiresAt: Millis;
}

export class Outbox {
  #announcementListener: Announcement = () => {};
  #happeningListener: HappeningListener | undefined;
  #announcements: [queueId: number, at: Millis][] = [];
  #happenings: Happening[] = [];
  /** Calls to make between events, with the number of events to report before each. */
  #calls: { after: number; listener: () => void }[] = [];
  #expiryListener: (at: Millis) => void = () => {};
  #expiresAt = Number.POSITIVE_INFINITY;

  /** Records an event. Undefined while there is no listener, so that callers need not create the event. */
  record: ((happening: Happening) => void) | undefined;

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

  /** Has `listener` called after the events that were recorded before, and before those that are recorded from now on. */
  call(listener: () => void): void {
    this.#calls.push({ after: this.#happenings.length, listener });
  }

  /** Records an announcement. */
  announce(queueId: number, at: Millis): void {
    this.#announcements.push([queueId, at]);
  }

  /** Records that a message expires at `at`, and no other message of its queue earlier. */
  expires(at: Millis): void {
    this.#expiresAt = Math.min(this.#expiresAt, at);
  }

  onExpiry(listener: (at: Millis) => void): void {
    this.#expiryListener = listener;
  }

  onAnnounce(announcement: Announcement): void {
    this.#announcementListener = announcement;
  }

  onHappening(listener: HappeningListener | undefined): void {
    this.#happeningListener = listener;
    this.record =
      listener &&
      ((happening) => {
        if (!isHidden(happening.queue)) this.#happenings.push(happening);
      });
  }

  /** Returns the events that `verb` records, whether or not there is a listener. */
  eventsOf(verb: () => void): readonly Happening[] {
    const { record } = this;
    const events: Happening[] = [];
    this.record = (happening) => events.push(happening);
    try {
      verb();
    } finally {
      this.record = record;
    }
    return events;
  }

  /** Sends everything to the listeners. Events come first, because a receive that an announcement wakes causes more. */
  send(): void {
    const [happenings, announcements] = [this.#happenings, this.#announcements];
    if (announcements.length > 0) this.#announcements = [];
    if (happenings.length > 0) this.#happenings = [];
    this.#report(happenings);
    for (const [queueId, at] of announcements) this.#announcementListener(queueId, at);
    if (this.#expiresAt === Number.POSITIVE_INFINITY) return;
    const at = this.#expiresAt;
    this.#expiresAt = Number.POSITIVE_INFINITY;
    this.#expiryListener(at);
  }

  /** Reports events to the listener, in as few calls as the calls between them allow. */
  #report(happenings: readonly Happening[]): void {
    let reported = 0;
    const calls = this.#calls;
    if (calls.length > 0) this.#calls = [];
    for (const { after, listener } of calls) {
      if (after > reported) this.#happeningListener?.(happenings.slice(reported, after));
      reported = after;
      listener();
    }
    if (reported === happenings.length) return;
    this.#happeningListener?.(reported === 0 ? happenings : happenings.slice(reported));
  }

  mark(): OutboxMark {
    const { length: announcements } = this.#announcements;
    const { length: happenings } = this.#happenings;
    return { announcements, happenings, calls: this.#calls.length, expiresAt: this.#expiresAt };
  }

  /** Drops everything that was recorded since the mark, after a rollback. */
  forget({ announcements, happenings, calls, expiresAt }: OutboxMark = EMPTY): void {
    this.#announcements.length = announcements;
    this.#happenings.length = happenings;
    this.#calls.length = calls;
    this.#expiresAt = expiresAt;
  }
}

const EMPTY: OutboxMark = { announcements: 0, happenings: 0, calls: 0, expiresAt: Number.POSITIVE_INFINITY };
