/** Searches for a message by its ID. Only the engine knows which messages exist; the journal says where to begin. */

import type { PeekedMessage } from '../../storage/inspection.ts';
import type { Queue } from '../../storage/store.ts';
import { PORTION_STEPS, Portions } from '../../time/portions.ts';
import type { ControlContext } from '../control-context.ts';
import type { Journal } from '../journal/journal.ts';

export interface MessageInQueue {
  queue: Queue;
  message: PeekedMessage;
}

/** Returns the message with this ID in the queue `only`, by default in any; undefined if there is none. */
export async function searchMessage(
  context: ControlContext,
  journal: Journal,
  messageId: string,
  only?: Queue,
): Promise<MessageInQueue | undefined> {
  const { inspection, env } = context;
  for (const { key, queue } of journal.find(messageId)) {
    const found = (only ?? queue).id === queue.id && (await look(context, queue.id, key));
    if (found) return found;
  }
  // Message IDs have no index, so that sending does not pay for one. In a deep queue this search takes a while; it
  // runs in portions, each in a turn of its own, so that other requests do not have to wait for many searches at once.
  const portions = new Portions();
  for (let after: number | undefined; ; ) {
    await portions.done(PORTION_STEPS);
    const portion = await inspection.search({ messageId, queueId: only?.id, after }, env.clock.now());
    const found = portion?.found && (await look(context, portion.found.queueId, portion.found.key));
    if (found || portion?.next === undefined) return found;
    after = portion.next;
  }
}

async function look(
  { inspection, env }: ControlContext,
  queueId: number,
  key: number,
): Promise<MessageInQueue | undefined> {
  const message = await inspection.look(queueId, key, env.clock.now());
  const queue = message && (await inspection.queues()).find(({ id }) => id === queueId);
  return queue && { queue, message };
}
