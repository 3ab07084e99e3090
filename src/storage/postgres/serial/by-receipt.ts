/** Deletes, and changes of visibility timeouts, in queues whose rows are locked. */

import type { Millis } from '../../../time/clock.ts';
import { isOfEarlier, type MessageRow } from '../../rows/message-row.ts';
import type { DeleteOutcome, Queue, Receipt, VisibilityChange, VisibilityOutcome } from '../../store.ts';
import { eraOf, isVoid } from '../eras.ts';
import { UnknownOutcome } from '../faults.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { isFull, wasFull } from '../standard/full-queues.ts';
import { type Statement, statement } from '../statement.ts';
import { firstOf, type GroupTable, UPDATE_GROUPS } from './group-table.ts';
import { isExpired } from './rows.ts';

/** A message that a receipt was issued for. */
interface FoundRow extends MessageRow {
  /** The place of the receipt in the list, counted from 1. */
  place: number;
  is_void: boolean;
}

/**
 * Finds the messages of the generation $1 with the keys $2, and whether receipts of the eras $3 are void. A standard queue
 * may be used without its lock at the same time, so there the messages are locked, too.
 */
const finding = (lock: '' | 'FOR UPDATE') => `
  SELECT u.place, m.*, ${isVoid('u.era')} AS is_void
  FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS u (key, era, place)
    CROSS JOIN LATERAL (
      SELECT key, sent_at, visible_at, receives, earlier_receives, group_number FROM squab.messages
      WHERE messages.generation = $1::bigint AND messages.key = u.key
      ${lock || 'OFFSET 0'}
    ) m`;

const FIND = { group: statement<FoundRow>(finding('')), tenant: statement<FoundRow>(finding('FOR UPDATE')) };

interface DeletedRow extends FoundRow {
  is_deleted: boolean;
}

/** A row is about a message that was found, or about a group of deleted messages that has others. */
type DeletedOrGroup = (DeletedRow | { key: null; ready_at: Millis }) & {
  /** Whether messages in flight were deleted, although a receive on some node has met the in-flight limit. */
  makes_room: boolean;
};

/**
 * As above, and deletes those that a receipt with the number of receives $4 can delete: the message must have been sent
 * after $5, not after the receive at $8, and in a FIFO queue be hidden at $6. Also returns the instants at which their groups
 * have something to deliver. $7 is the queue's ID.
 */
function deleting(kind: 'group' | 'tenant'): Statement<DeletedOrGroup> {
  const isHidden = kind === 'group' ? 'AND f.visible_at > $6::bigint' : 'AND $6::bigint IS NOT NULL';
  return statement(`
    WITH found AS MATERIALIZED (${finding(kind === 'group' ? '' : 'FOR UPDATE')}
    ), matched AS MATERIALIZED (
      SELECT f.*, NOT is_void AND sent_at > $5::bigint AND sent_at <= u.received_at
        AND u.receive = f.earlier_receives + f.receives AND u.receive > f.earlier_receives ${isHidden} AS is_deleted
      FROM found f CROSS JOIN LATERAL (
        SELECT ($4::bigint[])[f.place] AS receive, ($8::bigint[])[f.place] AS received_at OFFSET 0
      ) u
    ), ${removing('SELECT key FROM matched WHERE is_deleted')}, changed AS MATERIALIZED (
      SELECT g.number, f.key, f.visible_at, f.rank
      FROM (SELECT DISTINCT group_number AS number FROM matched WHERE is_deleted AND group_number IS NOT NULL) g
        LEFT JOIN LATERAL (
          ${firstOf(kind, '$1::bigint', 'g.number', 'AND key <> ALL (ARRAY(SELECT key FROM matched WHERE is_deleted))')}
        ) f ON true
    ), ${UPDATE_GROUPS}, room AS MATERIALIZED (
      SELECT CASE
        WHEN EXISTS (SELECT FROM matched WHERE is_deleted AND receives > 0 AND visible_at > $6::bigint)
          THEN EXISTS (${isFull('$7::bigint')})
        ELSE false
      END AS makes_room
    )
    SELECT place, key, sent_at, visible_at, receives, earlier_receives, group_number, is_void, is_deleted,
      NULL::bigint AS ready_at, (SELECT makes_room FROM room) AS makes_room
    FROM matched
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, visible_at, false FROM changed WHERE key IS NOT NULL`);
}

/** Common table expressions that delete messages of the generation $1, whose keys are the rows of a query. */
function removing(keys: string): string {
  return `removed AS (
      DELETE FROM squab.messages WHERE generation = $1::bigint AND key = ANY (ARRAY(${keys}))
    ), removed_contents AS (
      DELETE FROM squab.contents WHERE key = ANY (ARRAY(${keys}))
    )`;
}

const DELETE = { group: deleting('group'), tenant: deleting('tenant') };

/** Deletes messages of the generation $1. Returns those that still existed, as they were. */
const REMOVE = statement<MessageRow>(`
  WITH found AS MATERIALIZED (
    SELECT key, sent_at, visible_at, receives, earlier_receives, group_number FROM squab.messages
    WHERE generation = $1::bigint AND key = ANY ($2::bigint[]) ORDER BY key FOR UPDATE
  ), ${removing('SELECT key FROM found')}
  SELECT * FROM found`);

/**
 * Makes messages of the generation $1 with the keys $2 visible from the instants $3 on. Those that are visible at $4 go to
 * the back of the line, in the order of the list.
 */
const SET_VISIBLE = statement<never>(`
  WITH given AS MATERIALIZED (
    SELECT key, visible_at,
      CASE WHEN visible_at <= $4::bigint THEN nextval('squab.numbers') ELSE key END AS rank
    FROM unnest($2::bigint[], $3::bigint[]) AS u (key, visible_at)
  )
  UPDATE squab.messages SET (visible_at, rank) = (SELECT g.visible_at, g.rank FROM given g WHERE g.key = messages.key)
  WHERE generation = $1::bigint AND key = ANY ($2::bigint[])`);

/** Whether a queue's groups are message groups, or tenants. */
export const kindOf = ({ queue }: QueueState) => (queue.fifo ? 'group' : 'tenant');

export class ByReceipt {
  readonly #groups: GroupTable;

  constructor(groups: GroupTable) {
    this.#groups = groups;
  }

  async delete(turn: Turn, state: QueueState, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[]> {
    const { queue, generation } = state;
    const keys = receipts.map(({ key }) => key);
    const receives = receipts.map(({ receive }) => receive);
    const eras = receipts.map(eraOf);
    const times = receipts.map(({ receivedAt }) => receivedAt);
    const values = [generation, keys, eras, receives, now - queue.retentionMs, now, queue.id, times];
    const rows = await turn.tx.run(DELETE[kindOf(state)], values);
    const found = new Map<number, DeletedRow>();
    const readyAt: Millis[] = [];
    for (const row of rows) {
      if (row.key === null) readyAt.push(row.ready_at);
      else found.set(row.place - 1, row);
    }
    if (rows.some(({ makes_room }) => makes_room)) state.full = true;
    const gone = new Set<number>();
    const outcomes = receipts.map((receipt, index): DeleteOutcome => {
      const row = found.get(index);
      // If a receipt is in the list twice, the second one finds the message gone.
      if (!row || gone.has(row.key)) return 'gone';
      if (!row.is_deleted) return refusal(queue, row, receipt, 'delete', now) ?? 'gone';
      gone.add(row.key);
      this.#removed(turn, state, row, now);
      return 'deleted';
    });
    if (queue.fifo) for (const at of readyAt) turn.effects.announce(queue.id, at);
    return outcomes;
  }

  /** Deletes messages of a locked queue, whatever their state. Returns the keys of those that it had. */
  async remove(turn: Turn, state: QueueState, keys: readonly number[], now: Millis): Promise<number[]> {
    const [rows, full] = await Promise.all([turn.tx.run(REMOVE, [state.generation, keys]), wasFull(turn.tx, state)]);
    if (full) state.full = true;
    rows.sort((a, b) => keys.indexOf(a.key) - keys.indexOf(b.key));
    for (const row of rows) this.#removed(turn, state, row, now);
    await this.#groups.refresh(turn, state, rows);
    return rows.map(({ key }) => key);
  }

  /** Finds messages of a locked queue by their keys; those that are gone are left out. */
  find(turn: Turn, state: QueueState, keys: readonly number[]): Promise<MessageRow[]> {
    return turn.tx.run(FIND[kindOf(state)], [state.generation, keys, keys.map(() => 0)]);
  }

  async changeVisibility(
    turn: Turn,
    state: QueueState,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[]> {
    const { queue, generation } = state;
    const receipts = changes.map(({ receipt }) => receipt);
    const keys = receipts.map(({ key }) => key);
    const rows = await turn.tx.run(FIND[kindOf(state)], [generation, keys, receipts.map(eraOf)]);
    const found = new Map(rows.map((row) => [row.place - 1, row]));
    // When messages are visible after the changes before: the list may have a message more than once.
    const changed = new Map<number, Millis>();
    const outcomes = changes.map(({ receipt, visibilityMs }, index): VisibilityOutcome => {
      const row = found.get(index);
      const message = row && { ...row, visible_at: changed.get(row.key) ?? row.visible_at };
      const refused = refusal(queue, message, receipt, 'change', now);
      // With a timeout of 0, the change that is repeated may itself be why the receipt is refused now.
      if (turn.isRepeat && (!message || refused)) throw new UnknownOutcome();
      if (!message || refused) return refused ?? 'gone';
      // The last change of a message decides its place among those that go to the back of the line.
      changed.delete(message.key);
      changed.set(message.key, now + visibilityMs);
      this.#recordVisible(turn, state, message.key, now + visibilityMs);
      return 'changed';
    });
    const before = new Map(rows.map((row) => [row.key, row]));
    await this.#setVisible(
      turn,
      state,
      [...changed].map(([key, visibleAt]) => ({ message: before.get(key)!, visibleAt })),
      now,
    );
    return outcomes;
  }

  /** Makes messages of a locked queue visible from other instants on, in this order. They must have been read in this turn. */
  async setVisible(
    turn: Turn,
    state: QueueState,
    changes: readonly { message: MessageRow; visibleAt: Millis }[],
    now: Millis,
  ): Promise<void> {
    for (const { message, visibleAt } of changes) this.#recordVisible(turn, state, message.key, visibleAt);
    await this.#setVisible(turn, state, changes, now);
  }

  async #setVisible(
    turn: Turn,
    state: QueueState,
    changes: readonly { message: MessageRow; visibleAt: Millis }[],
    now: Millis,
  ): Promise<void> {
    if (changes.length === 0) return;
    const messages = changes.map(({ message }) => message);
    const keys = messages.map(({ key }) => key);
    const instants = changes.map(({ visibleAt }) => visibleAt);
    const changed = turn.tx.run(SET_VISIBLE, [state.generation, keys, instants, now]);
    await Promise.all([changed, this.#groups.refresh(turn, state, messages)]);
    for (const { message, visibleAt } of changes) {
      turn.counts.replace(state.generation, message, { ...message, visible_at: visibleAt });
      if (visibleAt <= now) announceRoom(turn, state, message, now);
    }
  }

  #recordVisible({ effects }: Turn, { queue }: QueueState, key: number, visibleAt: Millis): void {
    effects.announce(queue.id, visibleAt);
    effects.record?.({ kind: 'visibility-changed', queue, key, visibleAt });
  }

  #removed(turn: Turn, state: QueueState, row: MessageRow, now: Millis): void {
    turn.counts.replace(state.generation, row, undefined);
    announceRoom(turn, state, row, now);
    turn.effects.record?.({ kind: 'deleted', queue: state.queue, key: row.key });
  }
}

/** Announces that a receive may find room again, if one did not, and `message` has just stopped being in flight. */
export function announceRoom({ effects }: Turn, state: QueueState, message: MessageRow, now: Millis): void {
  if (!state.full || message.receives === 0 || message.visible_at <= now) return;
  state.full = false;
  effects.announce(state.queue.id, now);
}

/** Returns why a receipt cannot delete a message, or change its visibility; undefined if it can. */
function refusal(
  queue: Queue,
  message: (MessageRow & { is_void: boolean }) | undefined,
  receipt: Receipt,
  use: 'delete' | 'change',
  now: Millis,
): 'gone' | 'stale' | 'lapsed' | undefined {
  if (!message || isExpired(message, queue, now) || isOfEarlier(receipt, message.sent_at)) return 'gone';
  // The message has left the queue since this receive, and has come back.
  if (receipt.receive <= message.earlier_receives) return 'gone';
  const receives = message.earlier_receives + message.receives;
  const acceptsOlder = use === 'change' && !queue.fifo;
  if (acceptsOlder ? receipt.receive > receives : receipt.receive !== receives) return 'stale';
  if (message.is_void) return 'stale';
  return queue.fifo && message.visible_at <= now ? 'lapsed' : undefined;
}
