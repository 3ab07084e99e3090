/** Publishes to a topic: everything that every engine does alike. */

import type { Millis } from '../../time/clock.ts';
import type { NewMessage } from '../message.ts';
import { FREED_AT_ONCE } from '../portions.ts';
import type { Queue } from '../queue.ts';
import { isOutdated } from '../queue-changes.ts';
import type { NewPublication, Published, QueueDelivery } from '../topics.ts';

/** A publication that is remembered: others with the same key are duplicates of it. */
export interface Original {
  messageId: string;
  sequence: number;
}

/** What an engine provides for publishing. */
export interface Publishing {
  /** Issues increasing numbers, none of them twice. */
  nextNumber(): number;
  queue(queueId: number): Queue | undefined;
  /** Brings a queue to the present, as each verb on a queue does first. Frees up to `limit` expired messages. */
  bringTo(queueId: number, now: Millis, limit: number): void;
  /** Sends messages to an existing queue, which has been brought to the present. */
  send(queueId: number, messages: readonly NewMessage[], now: Millis): void;
  /** Returns the remembered publication with this key whose window has not ended. */
  remembered(topicId: number, key: string, now: Millis): Original | undefined;
  /** Remembers a publication until the instant `until`, in place of an earlier one with this key. */
  remember(topicId: number, key: string, original: Original, until: Millis): void;
}

interface Planned {
  published: Published;
  deliveries: readonly QueueDelivery[];
}

/** Publishes to a topic, which must exist. Does nothing if it returns `outdated`. */
export function publish(
  engine: Publishing,
  topicId: number,
  publications: readonly NewPublication[],
  now: Millis,
): Published[] | 'outdated' {
  const planned = planOf(engine, topicId, publications, now);
  if (planned === 'outdated') return 'outdated';
  const queueIds = new Set(planned.flatMap(({ deliveries }) => deliveries.map(({ queueId }) => queueId)));
  // All queues together free about as many expired messages as one queue in other verbs.
  const limit = Math.ceil(FREED_AT_ONCE / queueIds.size);
  for (const queueId of queueIds) engine.bringTo(queueId, now, limit);
  for (const [index, { published, deliveries }] of planned.entries()) {
    const { deduplication } = publications[index]!;
    if (deduplication && !published.duplicate) {
      const { messageId, sequence } = published;
      engine.remember(topicId, deduplication.key, { messageId, sequence }, now + deduplication.windowMs);
    }
    for (const { queueId, message } of deliveries) engine.send(queueId, [message], now);
  }
  return planned.map(({ published }) => published);
}

/** Decides which publications are duplicates, numbers the others, and collects their messages. Changes nothing. */
function planOf(
  engine: Publishing,
  topicId: number,
  publications: readonly NewPublication[],
  now: Millis,
): Planned[] | 'outdated' {
  const earlier = new Map<string, Original>();
  const planned: Planned[] = [];
  for (const { messageId, deduplication, deliveries } of publications) {
    const original =
      deduplication && (earlier.get(deduplication.key) ?? engine.remembered(topicId, deduplication.key, now));
    if (original) {
      planned.push({ published: { ...original, duplicate: true }, deliveries: [] });
      continue;
    }
    const sequence = engine.nextNumber();
    if (deduplication) earlier.set(deduplication.key, { messageId, sequence });
    const messages = deliveries(sequence);
    if (messages.some(({ queueId, expected }) => isStale(engine.queue(queueId), expected))) return 'outdated';
    planned.push({ published: { messageId, sequence, duplicate: false }, deliveries: messages });
  }
  return planned;
}

function isStale(queue: Queue | undefined, expected: QueueDelivery['expected']): boolean {
  return !queue || isOutdated(queue, expected);
}
