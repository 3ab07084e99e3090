/** Brings queues to the present, and frees expired messages, in portions. */

import type { Millis } from '../../time/clock.ts';
import { FREED_AT_ONCE } from '../portions.ts';
import type { Expired } from '../store.ts';
import type { QueueState } from './all-queues.ts';
import type { Basics } from './basics.ts';
import type { Parts } from './parts.ts';
import type { StoredMessage } from './stored-message.ts';

/** Returns when the next message of a queue expires, or has expired without being freed; infinity if it is empty. */
export function nextExpiry({ queue, contents }: Pick<QueueState, 'queue' | 'contents'>): Millis {
  const { first } = contents.byAge;
  return first ? first.sentAt + queue.retentionMs : Number.POSITIVE_INFINITY;
}

/**
 * Brings the counts to the instant `now`, and frees up to `limit` expired messages; none if this turn has freed very many.
 * Returns how many it freed.
 */
export function bringTo(basics: Basics, state: QueueState, now: Millis, limit = FREED_AT_ONCE): number {
  const { queue, contents } = state;
  contents.bringTo(now);
  if (nextExpiry(state) > now || !basics.freeing.mayFree(queue.id)) return 0;
  const freed = contents.expire(now - queue.retentionMs, limit);
  basics.freeing.spend(freed.length, queue.id);
  for (const { key } of freed) basics.outbox.record?.({ kind: 'expired', queue, key });
  // An expired message may have locked its group.
  announceGroups(basics, state, freed);
  return freed.length;
}

/** Announces when the groups of changed messages of a FIFO queue have something to deliver. */
export function announceGroups(
  { outbox }: Basics,
  { queue, contents: { groups } }: Pick<QueueState, 'queue' | 'contents'>,
  messages: readonly StoredMessage[],
): void {
  if (!queue.fifo) return;
  for (const id of new Set(messages.map((message) => groups.idOf(message)!))) {
    const group = groups.find(id);
    if (group) outbox.announce(queue.id, group.visibleAt);
  }
}

/** Forgets up to `limit` expired messages, recent sends, attempts and publications; says how many, and when there is more to do. */
export function expire(parts: Parts, now: Millis, limit: number): Expired {
  let freed = parts.shelf.publications.forget(now, limit);
  let nextAt: Millis = Number.POSITIVE_INFINITY;
  // Most sweeps find something in one of thousands of queues. The others cost two comparisons each.
  for (const { contents } of parts.queues) freed += contents.remembered.forget(now, limit - freed);
  for (const state of parts.queues) {
    const { contents, queue } = state;
    if (contents.sentFrom + queue.retentionMs <= now) {
      while (freed < limit && nextExpiry(state) <= now) {
        const count = bringTo(parts, state, now, Math.min(limit - freed, FREED_AT_ONCE));
        if (count === 0) return { freed, nextAt: now };
        freed += count;
      }
      contents.sentFrom = contents.byAge.first?.sentAt ?? Number.POSITIVE_INFINITY;
    }
    nextAt = Math.min(nextAt, contents.sentFrom + queue.retentionMs);
  }
  return { freed, nextAt: nextAt === Number.POSITIVE_INFINITY ? undefined : Math.max(nextAt, now) };
}
