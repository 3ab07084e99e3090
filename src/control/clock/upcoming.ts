/** What happens next as time passes: messages that become visible, or expire. */

import type { Queue } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import { type ControlContext, isoOf } from '../control-context.ts';
import { type QueueReference, reference } from '../journal/reports.ts';
import { firstOf } from '../queues/order.ts';

/** For how many queues one verb of the engine asks: less than a millisecond of work. */
const QUEUES_AT_ONCE = 100;

/** Something that happens to a message, unless a client changes that first. */
export interface Upcoming {
  /** As ISO 8601. */
  at: string;
  kind: 'delay-ends' | 'visibility-timeout-ends' | 'expires';
  queue: QueueReference;
  messageId?: string;
}

interface Due {
  at: Millis;
  queue: Queue;
  expires: boolean;
}

/**
 * @internal Returns the next events: for each queue up to two, when a message becomes visible and when its oldest one
 * expires.
 */
export async function upcoming(context: ControlContext, limit: number): Promise<Upcoming[]> {
  const { inspection, observation, env } = context;
  const ids = (await inspection.queues()).map(({ id }) => id);
  let first: Due[] = [];
  for (let start = 0; start < ids.length; start += QUEUES_AT_ONCE) {
    const portion = ids.slice(start, start + QUEUES_AT_ONCE);
    const now = env.clock.now();
    const [held, shownAt] = await Promise.all([
      observation.holdings(portion, now),
      observation.nextShown(portion, now),
    ]);
    const queues = new Map(held.map(({ queue }) => [queue.id, queue]));
    const expiring = held.flatMap(({ queue, oldestSentAt }) =>
      oldestSentAt === undefined ? [] : { at: oldestSentAt + queue.retentionMs, queue, expires: true },
    );
    const shown = portion.flatMap((id, index) => {
      const [queue, at] = [queues.get(id), shownAt[index]];
      return queue && at !== undefined ? { at, queue, expires: false } : [];
    });
    first = firstOf([...first, ...shown, ...expiring], limit, (a, b) => a.at - b.at);
  }
  return Promise.all(first.map((due) => described(context, due)));
}

/** Describes what is due, with the message that it is about unless that has changed since. */
async function described({ inspection, env }: ControlContext, { at, queue, expires }: Due): Promise<Upcoming> {
  const peek = async (state?: 'delayed' | 'in-flight') =>
    (await inspection.peek(queue.id, { state, limit: 1 }, env.clock.now()))?.messages[0];
  const report = (kind: Upcoming['kind'], messageId: string | undefined) => ({
    ...{ at: isoOf(at), kind, queue: reference(queue) },
    ...(messageId !== undefined && { messageId }),
  });
  if (expires) return report('expires', (await peek())?.messageId);
  const [delayed, inFlight] = await Promise.all([peek('delayed'), peek('in-flight')]);
  if (delayed?.visibleAt === at) return report('delay-ends', delayed.messageId);
  return report('visibility-timeout-ends', inFlight?.visibleAt === at ? inFlight.messageId : undefined);
}
