/** What a transaction has to tell others. It is told after the commit, and forgotten with a rollback. */

import type { Millis } from '../../clock.ts';
import type { Happening, HappeningListener } from '../happenings.ts';
import type { Announcement } from '../store.ts';

export class Outbox {
  #hearsAnnouncements: Announcement = () => {};
  #hearsHappenings: HappeningListener | undefined;
  #announcements: [queueId: number, at: Millis][] = [];
  #happenings: Happening[] = [];

  /** Notes a happening. Undefined while nobody listens, so that none is made in vain: `outbox.tell?.({ … })`. */
  tell: HappeningListener | undefined;

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
