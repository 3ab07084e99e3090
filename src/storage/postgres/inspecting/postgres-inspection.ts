/**
 * Inspects messages without receiving them, and removes, dead-letters or shows a single one. What is only read is read
 * in one transaction that sees one state of the data, and that nobody waits for. See ../../inspection.ts.
 */

import type { Millis } from '../../../time/clock.ts';
import type {
  Inspection,
  Peek,
  PeekedMessage,
  PeekedPage,
  ReceivePreview,
  RememberedSend,
  Search,
  SearchedPortion,
} from '../../inspection.ts';
import type { Queue, ReceiveRequest, Redrive } from '../../store.ts';
import type { Context } from '../context.ts';
import { WAIT_FOR_RESTORE } from '../copies/snapshot-tables.ts';
import type { QueueRow, QueueState } from '../queue-table.ts';
import type { SerialMessages } from '../serial/serial-messages.ts';
import type { Turn } from '../serial.ts';
import type { Tx } from '../session.ts';
import { isStorable, statement } from '../statement.ts';
import { Foreseen, foresee } from './foresight.ts';
import { deadLetter, makeVisible, remove } from './interventions.ts';
import { lookAt, pageOf } from './pages.ts';
import { searchPortion } from './search.ts';

/**
 * Must come before any other statement of its transaction. While a restored snapshot replaces the tables, it waits: a
 * transaction that had its view before would find them empty, since TRUNCATE empties them for everyone.
 */
const READ_ONLY = `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; ${WAIT_FOR_RESTORE}`;

const QUEUE = statement<QueueRow>('SELECT * FROM squab.queues WHERE id = $1');

const REMEMBERED = statement<RememberedSend>(
  `SELECT message_id AS "messageId", message_key AS key, expires_at AS until FROM squab.deduplications
   WHERE generation = $1 AND deduplication_key = $2 AND expires_at > $3`,
);

export class PostgresInspection implements Inspection {
  readonly #context: Context;
  readonly #messages: SerialMessages;

  /** `messages` has the verbs on messages of locked queues. */
  constructor(context: Context, messages: SerialMessages) {
    this.#context = context;
    this.#messages = messages;
  }

  queues(): Promise<Queue[]> {
    return this.#read((tx) => this.#context.queues.outlines(tx));
  }

  peek(queueId: number, peek: Peek, now: Millis): Promise<PeekedPage | undefined> {
    return this.#readQueue(queueId, (tx, state) => pageOf(tx, state, peek, now));
  }

  look(queueId: number, key: number, now: Millis): Promise<PeekedMessage | undefined> {
    return this.#readQueue(queueId, (tx, state) => lookAt(tx, state, key, now));
  }

  async preview(queueId: number, request: ReceiveRequest, now: Millis): Promise<ReceivePreview | undefined> {
    const queueIds = request.redrive ? [queueId, request.redrive.targetId] : [queueId];
    try {
      return await this.#context.serial.run(queueIds, async (turn) => {
        const state = turn.state(queueId);
        return state && foresee(turn, state, this.#messages.receiving, request, now);
      });
    } catch (error) {
      if (error instanceof Foreseen) return error.preview;
      throw error;
    }
  }

  search(search: Search, now: Millis): Promise<SearchedPortion | undefined> {
    const { queueId } = search;
    if (queueId === undefined) return this.#read((tx) => searchPortion(tx, search, undefined, now));
    return this.#readQueue(queueId, (tx, state) => searchPortion(tx, search, state, now));
  }

  remembered(queueId: number, deduplicationKey: string, now: Millis): Promise<RememberedSend | undefined> {
    return this.#readQueue(queueId, async (tx, { generation }) => {
      if (!isStorable(deduplicationKey)) return undefined;
      const [found] = await tx.run(REMEMBERED, [generation, deduplicationKey, now]);
      return found;
    });
  }

  remove(queueId: number, key: number, now: Millis): Promise<boolean | undefined> {
    return this.#locked([queueId], (turn, state) => remove(this.#intervening, turn, state, key, now));
  }

  deadLetter(queueId: number, key: number, redrive: Redrive, now: Millis): Promise<boolean | undefined> {
    return this.#locked([queueId, redrive.targetId], (turn, state) =>
      deadLetter(this.#intervening, turn, state, key, redrive, now),
    );
  }

  makeVisible(queueId: number, key: number, now: Millis): Promise<boolean | undefined> {
    return this.#locked([queueId], (turn, state) => makeVisible(this.#intervening, turn, state, key, now));
  }

  get #intervening() {
    return { byReceipt: this.#messages.byReceipt, groups: this.#context.groups };
  }

  #read<T>(verb: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#context.lanes.other.run(
      (session) =>
        session.transaction((tx) => {
          void tx.script(READ_ONLY);
          return verb(tx);
        }),
      { repeatable: true },
    );
  }

  #readQueue<T>(queueId: number, verb: (tx: Tx, state: QueueState) => Promise<T>): Promise<T | undefined> {
    return this.#read(async (tx) => {
      const [row] = await tx.run(QUEUE, [queueId]);
      return row && verb(tx, this.#context.queues.stateOf(row));
    });
  }

  /** Carries out a verb on the first of these queues, which are locked for it. */
  #locked<T>(
    queueIds: readonly [number, ...number[]],
    verb: (turn: Turn, state: QueueState) => Promise<T>,
  ): Promise<T | undefined> {
    return this.#context.serial.run(queueIds, async (turn) => {
      const state = turn.state(queueIds[0]);
      return state && verb(turn, state);
    });
  }
}
