/**
 * What a receive would do: it is carried out with the queue locked, and undone. The locks last for as long as that takes;
 * a receive from a standard queue, which waits for no lock, passes the messages over meanwhile and may find others.
 */

import type { Millis } from '../../../time/clock.ts';
import type { ReceivePreview } from '../../inspection.ts';
import { keysIn, PREVIEWED_PORTIONS_MAX, previewed } from '../../preview.ts';
import type { Delivery, ReceiveRequest } from '../../store.ts';
import { Effects } from '../effects.ts';
import type { QueueState } from '../queue-table.ts';
import type { Receiving } from '../serial/receiving.ts';
import type { Turn } from '../serial.ts';
import type { Tx } from '../session.ts';
import { Contents, peekedOf, rowsOf } from './peeked.ts';

/** How much of the contents is read at once, in bytes. */
const BYTES_AT_ONCE = 1_000_000;

/** Thrown to have the transaction rolled back, with what the receive would do. */
export class Foreseen extends Error {
  readonly preview: ReceivePreview;

  constructor(preview: ReceivePreview) {
    super('A preview is always rolled back.');
    this.preview = preview;
  }
}

/** Throws Foreseen. */
export async function foresee(
  turn: Turn,
  state: QueueState,
  receiving: Receiving,
  asked: ReceiveRequest,
  now: Millis,
): Promise<never> {
  const { tx } = turn;
  const effects = new Effects(true);
  const trial: Turn = {
    ...{ tx, slot: turn.slot, isRepeat: false, effects, counts: turn.counts, bytesRead: 0 },
    state: (queueId) => turn.state(queueId),
    lock: (queueIds) => turn.lock(queueIds),
    changed: () => {},
    removed: () => {},
    nextNumbers: (count) => turn.nextNumbers(count),
  };
  await tx.script('SAVEPOINT foresight');
  let delivery: Delivery = 'unfinished';
  for (let portion = 0; portion < PREVIEWED_PORTIONS_MAX && delivery === 'unfinished'; portion++) {
    const found = await receiving.receive(trial, state, previewed(asked), now, 'with-target');
    if (found === 'needs-target') throw new Error('The dead-letter queue is locked, and yet not found.');
    delivery = found;
  }
  const nextVisibleAt = await receiving.nextVisibleAt(trial, state, asked.inFlightLimit, now);
  await tx.script('ROLLBACK TO SAVEPOINT foresight');
  const { received, deadLettered } = keysIn(effects.happenings);
  throw new Foreseen({
    delivery: typeof delivery === 'string' ? delivery : await peekedAll(tx, state, received),
    deadLettered: await peekedAll(tx, state, deadLettered),
    nextVisibleAt,
  });
}

/** Returns visible messages by their keys, in this order. */
async function peekedAll(tx: Tx, { queue, generation }: QueueState, keys: readonly number[]) {
  const rows = await rowsOf(tx, generation, keys);
  const contents = new Contents(tx, keys, BYTES_AT_ONCE);
  const peeked = [];
  for (const key of keys) {
    const row = rows.get(key);
    const content = row && (await contents.take(key, keys.length));
    if (content) peeked.push(peekedOf(queue, row, content, 'visible'));
  }
  return peeked;
}
