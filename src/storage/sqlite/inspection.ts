/**
 * Inspects messages without receiving them, and removes, dead-letters or shows a single one. Pages are in the order of the
 * keys, or of the index that a receive uses. A verb reads a limited number of rows and bytes, whatever it looks for.
 * See ../inspection.ts.
 */

import type { Millis } from '../../time/clock.ts';
import { charactersOf } from '../content-size.ts';
import { isHidden } from '../hidden.ts';
import type {
  Inspection,
  MessageState,
  Peek,
  PeekedMessage,
  PeekedPage,
  ReceivePreview,
  Search,
  SearchedPortion,
} from '../inspection.ts';
import { BODIES_AT_ONCE, PEEKED_AT_ONCE, PORTION_BYTES, SEARCHED_AT_ONCE } from '../portions.ts';
import { tryReceive } from '../preview.ts';
import type { Candidate, MessageRow } from '../rows/message-row.ts';
import type { Queue, ReceiveRequest, Redrive } from '../store.ts';
import { finderOf } from '../text-search.ts';
import { type Blocker, type BlockerSearch, Blockers } from './blockers.ts';
import type { Connection } from './database.ts';
import { deadLetter, isExpired, makeVisible, remove } from './interventions.ts';
import type { Messages } from './messages.ts';
import { IS_GROUPED } from './order/lines.ts';
import type { Parts } from './parts.ts';
import type { QueueState } from './queue-table.ts';
import type { Turns } from './turns.ts';

type Row = MessageRow & { rank: number };
type OnQueue = <T>(queueId: number, now: Millis, verb: (state: QueueState) => T) => Promise<T | undefined>;

/** The position after which a page starts, and how many rows it reads. */
interface Range {
  generation: number;
  now: Millis;
  key: number;
  visibleAt: Millis;
  rank: number;
  limit: number;
}

export class SqliteInspection implements Inspection {
  readonly #parts: Parts;
  readonly #messages: Messages;
  readonly #onQueue: OnQueue;
  readonly #turns: Pick<Turns, 'run' | 'tryOut'>;
  readonly #bySending;
  readonly #visible;
  readonly #hidden;
  readonly #blockers;
  readonly #messageId;
  readonly #searchAll;
  readonly #searchQueue;

  constructor(
    connection: Connection,
    parts: Parts,
    messages: Messages,
    turns: Pick<Turns, 'run' | 'tryOut'>,
    onQueue: OnQueue,
  ) {
    this.#parts = parts;
    this.#messages = messages;
    this.#turns = turns;
    this.#onQueue = onQueue;
    const columns = 'key, sent_at, visible_at, receives, earlier_receives, group_number, rank';
    const inLine = (condition: string) =>
      [0, 1]
        .map(
          (grouped) => `SELECT ${columns} FROM messages INDEXED BY messages_by_visible_at
             WHERE generation = :generation AND ${IS_GROUPED} = ${grouped}
               AND (visible_at, rank, key) > (:visibleAt, :rank, :key) ${condition}`,
        )
        .join(' UNION ALL ')
        .concat(' ORDER BY visible_at, rank, key LIMIT :limit');
    this.#bySending = connection.prepare<[Range], Row>(
      `SELECT ${columns} FROM messages WHERE generation = :generation AND key > :key ORDER BY key LIMIT :limit`,
    );
    this.#visible = connection.prepare<[Range], Row>(inLine('AND visible_at <= :now'));
    this.#hidden = connection.prepare<[Range], Row>(inLine(''));
    this.#blockers = new Blockers(connection, parts.table);
    this.#messageId = connection.prepare<[number], string>('SELECT message_id FROM contents WHERE key = ?').pluck();
    this.#searchAll = connection.prepare<[number], { key: number; message_id: string }>(
      `SELECT key, message_id FROM contents WHERE key > ? ORDER BY key LIMIT ${SEARCHED_AT_ONCE}`,
    );
    this.#searchQueue = connection.prepare<[number, number], { key: number; message_id: string }>(
      `SELECT m.key, message_id FROM messages m CROSS JOIN contents c ON c.key = m.key
       WHERE generation = ? AND m.key > ? ORDER BY m.key LIMIT ${SEARCHED_AT_ONCE}`,
    );
  }

  queues(): Promise<Queue[]> {
    return this.#turns.run(() => this.#shown().map(({ queue }) => queue));
  }

  peek(queueId: number, peek: Peek, now: Millis): Promise<PeekedPage | undefined> {
    return this.#searching(queueId, now, (state, search) => this.#page(state, peek, now, search));
  }

  look(queueId: number, key: number, now: Millis): Promise<PeekedMessage | undefined> {
    return this.#searching(queueId, now, (state, search) => {
      const row = this.#parts.table.find(state.generation, key);
      if (!row || isExpired(state, row, now)) return undefined;
      const blocker = search.find(state, row, now);
      if (blocker === 'unfinished') return blocker;
      return this.#peeked(state, key, stateOf(row, blocker, now), blocker);
    });
  }

  async preview(queueId: number, request: ReceiveRequest, now: Millis): Promise<ReceivePreview | undefined> {
    const { queues, counts, outbox } = this.#parts;
    const outcome = this.#turns.tryOut(() => {
      const state = queues.byId(queueId);
      if (!state) return undefined;
      const receive = (asked: ReceiveRequest) => {
        counts.bringTo(state, now);
        return this.#messages.receive(state, asked, now);
      };
      const nextVisibleAt = () => this.#messages.nextVisibleAt(state, request.inFlightLimit, now);
      return tryReceive({ outbox, receive, nextVisibleAt }, request);
    });
    // The rollback has read the queue again.
    const state = queues.byId(queueId);
    if (!outcome || !state) return undefined;
    const { delivery, deadLettered, nextVisibleAt } = outcome;
    const peeked = (keys: readonly number[]) => keys.map((key) => this.#peeked(state, key, 'visible', undefined));
    return {
      delivery: typeof delivery === 'string' ? delivery : peeked(delivery),
      deadLettered: peeked(deadLettered),
      nextVisibleAt,
    };
  }

  async search({ messageId, queueId, after = -1 }: Search, now: Millis): Promise<SearchedPortion | undefined> {
    if (queueId === undefined) return this.#turns.run(() => this.#findIn(this.#searchAll.all(after), messageId, now));
    return this.#onQueue(queueId, now, (state) =>
      this.#findIn(this.#searchQueue.all(state.generation, after), messageId, now, [state]),
    );
  }

  remembered(queueId: number, deduplicationKey: string, now: Millis) {
    return this.#onQueue(queueId, now, ({ generation }) =>
      this.#parts.memories.sends.find(generation, deduplicationKey, now),
    );
  }

  remove(queueId: number, key: number, now: Millis): Promise<boolean | undefined> {
    return this.#onQueue(queueId, now, (state) => remove(this.#parts, this.#messages, state, key, now));
  }

  deadLetter(queueId: number, key: number, redrive: Redrive, now: Millis): Promise<boolean | undefined> {
    return this.#onQueue(queueId, now, (state) => deadLetter(this.#parts, this.#messages, state, key, redrive, now));
  }

  makeVisible(queueId: number, key: number, now: Millis): Promise<boolean | undefined> {
    return this.#onQueue(queueId, now, (state) => makeVisible(this.#parts, state, key, now));
  }

  /** Returns all queues, without hidden ones. */
  #shown(): QueueState[] {
    return [...this.#parts.queues.states()].filter(({ queue }) => !isHidden(queue));
  }

  #page(
    state: QueueState,
    { state: wanted, bodyContains = '', limit, after }: Peek,
    now: Millis,
    search: BlockerSearch,
  ): PeekedPage | 'unfinished' {
    const { generation } = state;
    const isFound = finderOf(bodyContains);
    const wantsHidden = wanted === 'in-flight' || wanted === 'delayed';
    const from = after ?? { key: -1, visibleAt: wantsHidden ? now : -1, rank: 0 };
    // If a state or text is wanted, rows of other messages are read too.
    const rowLimit = bodyContains ? BODIES_AT_ONCE : wanted ? PEEKED_AT_ONCE : Math.min(limit, PEEKED_AT_ONCE);
    const range = { generation, now, ...from, limit: rowLimit };
    if (wantsHidden && from.visibleAt <= now) Object.assign(range, { visibleAt: now, rank: Number.MAX_SAFE_INTEGER });
    const rows = (wanted ? (wantsHidden ? this.#hidden : this.#visible) : this.#bySending).all(range);
    const messages: PeekedMessage[] = [];
    let bytes = 0;
    for (const [index, row] of rows.entries()) {
      if (!isExpired(state, row, now)) {
        const blocker = search.find(state, row, now);
        if (blocker === 'unfinished') return blocker;
        const found = stateOf(row, blocker, now);
        if (!wanted || found === wanted) {
          const message = this.#peeked(state, row.key, found, blocker);
          if (isFound(message.body)) messages.push(message);
          bytes += charactersOf(message);
        }
      }
      const isLast = index + 1 === rows.length && rows.length < rowLimit;
      if (messages.length < limit && bytes < PORTION_BYTES && index + 1 < rows.length) continue;
      return isLast ? { messages } : { messages, next: { key: row.key, visibleAt: row.visible_at, rank: row.rank } };
    }
    return { messages };
  }

  /** Runs a verb in as many turns as its search for blockers takes. */
  async #searching<T>(
    queueId: number,
    now: Millis,
    verb: (state: QueueState, search: BlockerSearch) => T | 'unfinished',
  ): Promise<T | undefined> {
    const search = this.#blockers.search();
    for (;;) {
      const result = await this.#onQueue(queueId, now, (state) => {
        search.beginTurn();
        return verb(state, search);
      });
      if (result !== 'unfinished') return result;
    }
  }

  #peeked(state: QueueState, key: number, messageState: MessageState, blocker: Blocker | undefined): PeekedMessage {
    const message = this.#toPeeked(state, this.#parts.table.candidate(state.generation, key)!, messageState);
    if (!blocker) return message;
    const messageId = this.#messageId.get(blocker.key)!;
    return { ...message, blockedBy: { key: blocker.key, messageId, visibleAt: blocker.visible_at } };
  }

  #toPeeked({ queue }: QueueState, row: Candidate, state: MessageState): PeekedMessage {
    const { receipt, firstReceivedAt, ...message } = this.#parts.table.toMessage(row, 0);
    return {
      ...message,
      key: row.key,
      state,
      visibleAt: row.visible_at,
      expiresAt: row.sent_at + queue.retentionMs,
      receivesHere: row.receives,
      firstReceivedAt: firstReceivedAt ?? undefined,
    };
  }

  /** Looks for a message ID among rows, and checks that the message is in one of the queues and has not expired. */
  #findIn(
    rows: readonly { key: number; message_id: string }[],
    messageId: string,
    now: Millis,
    states: readonly QueueState[] = this.#shown(),
  ): SearchedPortion {
    for (const { key } of rows.filter((row) => row.message_id === messageId)) {
      for (const state of states) {
        const message = this.#parts.table.find(state.generation, key);
        if (message && !isExpired(state, message, now)) return { found: { queueId: state.queue.id, key } };
      }
    }
    return rows.length < SEARCHED_AT_ONCE ? {} : { next: rows.at(-1)!.key };
  }
}

function stateOf({ visible_at, receives }: MessageRow, blocker: object | undefined, now: Millis): MessageState {
  if (blocker) return 'blocked';
  if (visible_at <= now) return 'visible';
  return receives > 0 ? 'in-flight' : 'delayed';
}
