/** How a standard queue becomes serial: when it gets the first message that has a tenant. It stays so. */

import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { statement } from '../statement.ts';

/** Verbs that do not lock the queue read the column, and then leave the queue to those that do. */
const MAKE_SERIAL = statement<{ version: number }>(
  'UPDATE squab.queues SET serial = true, version = version + 1 WHERE id = $1 RETURNING version',
);

/** Makes a locked queue serial, unless it is. */
export async function makeSerial(turn: Turn, state: QueueState): Promise<void> {
  if (state.serial) return;
  const [row] = await turn.tx.run(MAKE_SERIAL, [state.queue.id]);
  turn.changed({
    ...{ queue: state.queue, generation: state.generation, serial: true, version: row!.version, bytes: state.bytes },
    get full() {
      return state.full;
    },
    set full(isFull) {
      state.full = isFull;
    },
  });
}
