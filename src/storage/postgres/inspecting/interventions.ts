/** Changes a single message of a locked queue, whatever its state. The functions return whether it is in the queue. */

import type { Millis } from '../../../time/clock.ts';
import type { Redrive } from '../../store.ts';
import type { QueueState } from '../queue-table.ts';
import type { ByReceipt } from '../serial/by-receipt.ts';
import type { GroupTable } from '../serial/group-table.ts';
import { deadLetterIn } from '../serial/moving.ts';
import { isExpired } from '../serial/rows.ts';
import type { Turn } from '../serial.ts';
import { announceRoomOf } from '../standard/full-queues.ts';

/** The verbs on locked queues that interventions consist of. */
export interface Intervening {
  readonly byReceipt: ByReceipt;
  readonly groups: GroupTable;
}

export async function remove(
  { byReceipt }: Intervening,
  turn: Turn,
  state: QueueState,
  key: number,
  now: Millis,
): Promise<boolean> {
  const [message] = await byReceipt.find(turn, state, [key]);
  if (!message || isExpired(message, state.queue, now)) return false;
  return (await byReceipt.remove(turn, state, [key], now)).length > 0;
}

/** Also returns false if the target does not exist. */
export async function deadLetter(
  { byReceipt, groups }: Intervening,
  turn: Turn,
  state: QueueState,
  key: number,
  { targetId, sourceArn }: Redrive,
  now: Millis,
): Promise<boolean> {
  const target = turn.state(targetId);
  const [message] = await byReceipt.find(turn, state, [key]);
  if (!target || !message || isExpired(message, state.queue, now)) return false;
  await deadLetterIn(turn, state, [message], target, sourceArn, now);
  await Promise.all([
    groups.refresh(turn, state, [message]),
    announceRoomOf(turn.tx, turn.effects, state, [message], now),
  ]);
  return true;
}

export async function makeVisible(
  { byReceipt }: Intervening,
  turn: Turn,
  state: QueueState,
  key: number,
  now: Millis,
): Promise<boolean> {
  const [message] = await byReceipt.find(turn, state, [key]);
  if (!message || isExpired(message, state.queue, now)) return false;
  if (message.visible_at > now) await byReceipt.setVisible(turn, state, [{ message, visibleAt: now }], now);
  return true;
}
