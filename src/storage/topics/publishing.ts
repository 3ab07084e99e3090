/** Publishes to a topic: everything that every engine does alike. */

import type { Millis } from '../../time/clock.ts';
import type { Queue } from '../queue.ts';
import { isOutdated } from '../queue-changes.ts';
import type { NewPublication, Published, QueueDelivery } from '../topics.ts';

/** A publication that is remembered: others with the same key are duplicates of it. */
export interface Original {
  messageId: string;
  sequence: number;
}

/** A publication to remember until the instant `until`, in place of an earlier one with its key. */
export interface Memory extends Original {
  key: string;
  until: Millis;
}

export interface Plan {
  published: Published[];
  /** In the order in which to send them. */
  deliveries: QueueDelivery[];
  memories: Memory[];
}

/** What a plan depends on. */
export interface Facts {
  /** Issues increasing numbers, none of them twice. */
  nextNumber(): number;
  /** Returns the remembered publication to the topic with this key whose window has not ended. */
  remembered(key: string): Original | undefined;
}

/** Decides which publications are duplicates, numbers the others, and collects their messages. */
export function planOf(publications: readonly NewPublication[], { nextNumber, remembered }: Facts, now: Millis): Plan {
  const earlier = new Map<string, Original>();
  const plan: Plan = { published: [], deliveries: [], memories: [] };
  for (const { messageId, deduplication, deliveries } of publications) {
    const original = deduplication && (earlier.get(deduplication.key) ?? remembered(deduplication.key));
    if (original) {
      plan.published.push({ ...original, duplicate: true });
      continue;
    }
    const sequence = nextNumber();
    if (deduplication) {
      const { key, windowMs } = deduplication;
      earlier.set(key, { messageId, sequence });
      plan.memories.push({ key, messageId, sequence, until: now + windowMs });
    }
    plan.published.push({ messageId, sequence, duplicate: false });
    for (const delivery of deliveries(sequence)) plan.deliveries.push(delivery);
  }
  return plan;
}

/** From this many bytes on, publications take milliseconds, or tenths of a second: they are carried out one by one. */
export const LARGE_BYTES = 1_000_000;

/** Returns about how many bytes the messages of publications take. */
export function bytesOf(publications: readonly NewPublication[]): number {
  return publications.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
}

/** Returns the queues that get messages, each once. */
export function queuesOf({ deliveries }: Plan): number[] {
  return [...new Set(deliveries.map(({ queueId }) => queueId))];
}

/** Returns whether a queue does not exist (any more), or does not meet what a delivery expects of it. */
export function isPlanOutdated({ deliveries }: Plan, queue: (queueId: number) => Queue | undefined): boolean {
  return deliveries.some(({ queueId, expected }) => isStale(queue(queueId), expected));
}

function isStale(queue: Queue | undefined, expected: QueueDelivery['expected']): boolean {
  return !queue || isOutdated(queue, expected);
}
