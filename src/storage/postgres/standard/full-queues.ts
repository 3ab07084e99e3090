/**
 * Queues whose receives have met the in-flight limit. A receive on another node may wait for room, so a note of it is
 * shared: the deletions of all nodes then announce that there is room. The note lasts a minute, and is renewed while
 * receives meet the limit.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Effects } from '../effects.ts';
import type { Lane } from '../lanes.ts';
import type { QueueState } from '../queue-table.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

/** A query with a row if there is a note for a queue, whose ID is an expression. */
export const isFull = (queueId: string) =>
  `SELECT FROM squab.leases WHERE name = 'full ' || ${queueId} AND held_until > clock_timestamp()`;

/** Whether a receive of the queue $1 has met the in-flight limit, on any node. */
const WAS_FULL = statement<{ was_full: boolean }>(`SELECT EXISTS (${isFull('$1::bigint')}) AS was_full`);

/** Resolves to whether a receive of this queue has met the in-flight limit. */
export async function wasFull(tx: Tx, { queue, full }: QueueState): Promise<boolean> {
  return full || (await tx.run(WAS_FULL, [queue.id]))[0]!.was_full;
}

/** Announces that a receive may find room again if one did not, and some of these messages are in flight no longer. */
export async function announceRoomOf(
  tx: Tx,
  effects: Effects,
  state: QueueState,
  messages: readonly { receives: number; visible_at: Millis }[],
  now: Millis,
): Promise<void> {
  if (!messages.some(({ receives, visible_at }) => receives > 0 && visible_at > now)) return;
  if (!(await wasFull(tx, state))) return;
  state.full = false;
  effects.announce(state.queue.id, now);
}

const NOTE = statement<never>(`
  INSERT INTO squab.leases (name, node, held_until)
  VALUES ('full ' || $1::bigint, '', clock_timestamp() + interval '1 minute')
  ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until`);

/** Like NOTE, unless there is a note that lasts for a while. */
const KEEP_NOTE = statement<never>(`
  INSERT INTO squab.leases AS l (name, node, held_until)
  VALUES ('full ' || $1::bigint, '', clock_timestamp() + interval '1 minute')
  ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until
    WHERE l.held_until < clock_timestamp() + interval '40 seconds'`);

/** Notes that a queue is full, in a transaction that has locked it: so no deletion overlooks the note. */
export async function noteFullIn(tx: Tx, state: QueueState): Promise<void> {
  state.full = true;
  await tx.run(KEEP_NOTE, [state.queue.id]);
}

/** How often a node renews a note, in milliseconds of the machine's time. */
const RENEWAL_MS = 20_000;

export class FullQueues {
  readonly #lane: Lane;
  readonly #notedAt = new WeakMap<QueueState, number>();

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Notes that a queue is full. Resolves to whether the note is new: a deletion may have overlooked it so far. */
  async note(state: QueueState): Promise<boolean> {
    state.full = true;
    const now = performance.now();
    if (now - (this.#notedAt.get(state) ?? Number.NEGATIVE_INFINITY) < RENEWAL_MS) return false;
    await this.#lane.run((session) => session.run(NOTE, [state.queue.id]), { repeatable: true });
    this.#notedAt.set(state, now);
    return true;
  }
}
