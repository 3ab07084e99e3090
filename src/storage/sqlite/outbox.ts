/** What a transaction has to tell others. It is told after the commit, and forgotten with a rollback. */

import type { Millis } from '../../time/clock.ts';
import type { Happening, HappeningListener } from '../happenings.ts';
import type { Announcement, Queue, ReceiveRequest } from '../store.ts';
import type { Candidate } from './message-table.ts';

export class Outbox {
  #hearsAnnouncements: Announcement = () => {};
  #hearsHappenings: HappeningListener | undefined;
  #announcements: [queueId: number, at: Millis][] = [];
  #happenings: Happening[] = [];

  /** Notes a happening. Undefined while nobody listens, so that none is made in vain: `outbox.tell?.({ … })`. */
  tell: HappeningListener | undefined;

  /** Notes that a receive hands these messages out, or finds nothing. */
  tellReceived(queue: Queue, request: ReceiveRequest, messages: readonly Candidate[], now: Millis): void {
    if (!this.tell) return;
    if (messages.length === 0) this.tell({ kind: 'empty-receive', queue });
    const receiver = messages.length > 0 ? request.receiver?.() : undefined;
    for (const { key, message_id: messageId, receives, earlier_receives, visible_at } of messages) {
      const receiveCount = receives + earlier_receives;
      const visibleAt = request.visibilityMs > 0 ? now + request.visibilityMs : visible_at;
      this.tell({ kind: 'received', queue, key, messageId, receiveCount, visibleAt, receiver });
    }
  }

  announce(queueId: number, at: Millis): void {
    this.#announcements.push([queueId, at]);
  }

  onAnnounce(announcement: Announcement): void {
    this.#hearsAnnouncements = announcement;
  }

  onHappening(listener: HappeningListener | undefined): void {
    this.#hearsHappenings = listener;
    this.tell = listener && ((happening) => this.#happenings.push(happening));
  }

  /** Happenings go first: who is woken by an announcement may cause the next ones. */
  send(): void {
    const [happenings, announcements] = [this.#happenings, this.#announcements];
    if (happenings.length > 0) this.#happenings = [];
    if (announcements.length > 0) this.#announcements = [];
    for (const happening of happenings) this.#hearsHappenings?.(happening);
    for (const [queueId, at] of announcements) this.#hearsAnnouncements(queueId, at);
  }

  forget(): void {
    this.#happenings = [];
    this.#announcements = [];
  }
}
