/**
 * The lines of standard queues: which messages a receive can hand out, and in which order. Messages that became visible
 * first come first, and at the same instant those with the smaller `rank` (see schema.ts). Messages with a group, and
 * those without one, are two lines in the index, so that the first message without a group is found at once, however
 * many others are ahead of it.
 */

import type { Millis } from '../../../time/clock.ts';
import { RECEIVED_AT_ONCE_BYTES, RECEIVED_FREELY } from '../../portions.ts';
import { type Candidate, sizeOf } from '../../rows/message-row.ts';
import type { Connection } from '../database.ts';
import { CANDIDATE_COLUMNS } from '../message-table.ts';

/** What decides which of two messages is ahead in line. */
export type Place = Pick<Candidate, 'key' | 'visible_at' | 'rank'>;

/** Whether a row of `messages` is a message with a group: the second column of the index. */
export const IS_GROUPED = '(group_number IS NOT NULL)';

export class Lines {
  readonly #candidates;
  readonly #nextVisibleAt;

  constructor(connection: Connection) {
    // The rule of a standard queue: a message can be delivered when it is visible and its retention period has not
    // ended. No message is visible before it is sent, so the range of the index that can only contain expired
    // messages is skipped. (One exception: a message that was made visible while the clock was set back may have a
    // visible_at before its sent_at. It loses that much of the end of its retention period.)
    this.#candidates = connection.prepare<
      [{ generation: number; grouped: 0 | 1; now: Millis; expired: Millis; max: number }],
      Candidate
    >(
      `SELECT ${CANDIDATE_COLUMNS}
       FROM messages m INDEXED BY messages_by_visible_at CROSS JOIN contents c ON c.key = m.key
       WHERE generation = :generation AND ${IS_GROUPED} = :grouped
         AND visible_at > :expired AND visible_at <= :now AND sent_at > :expired
       ORDER BY visible_at, rank, m.key LIMIT :max`,
    );
    this.#nextVisibleAt = connection
      .prepare<[number, 0 | 1, Millis], Millis | null>(
        `SELECT min(visible_at) FROM messages INDEXED BY messages_by_visible_at
         WHERE generation = ? AND ${IS_GROUPED} = ? AND visible_at > ?`,
      )
      .pluck();
  }

  /** Returns up to `max` messages that can be delivered. Messages sent at `expired` or earlier are left out. */
  candidates(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    const grouped = readRows(this.#candidates, { generation, grouped: 1 as const, now, expired, max });
    const inOrder = [...this.ungrouped(generation, now, expired, max), ...grouped].sort(inLine).slice(0, max);
    // Each line was read up to that size, so everything up to there is in the list.
    return max <= RECEIVED_FREELY ? inOrder : upToSize(inOrder);
  }

  /** Like `candidates`, without messages that have a group. */
  ungrouped(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    return readRows(this.#candidates, { generation, grouped: 0 as const, now, expired, max });
  }

  /**
   * Returns the next instant after `now` at which a message becomes visible, in a queue of either type; undefined if
   * there is none.
   */
  nextVisibleAt(generation: number, now: Millis): Millis | undefined {
    const ungrouped = this.#nextVisibleAt.get(generation, 0, now);
    const grouped = this.#nextVisibleAt.get(generation, 1, now);
    return ungrouped && grouped ? Math.min(ungrouped, grouped) : (ungrouped ?? grouped ?? undefined);
  }
}

interface Rows<Parameters> {
  all(parameters: Parameters): Candidate[];
  iterate(parameters: Parameters): Iterable<Candidate>;
}

/** Returns the rows of a query for up to `max` messages: if these are many, not more than a receive returns. */
export function readRows<Parameters extends { max: number }>(
  query: Rows<Parameters>,
  parameters: Parameters,
): Candidate[] {
  return parameters.max <= RECEIVED_FREELY ? query.all(parameters) : upToSize(query.iterate(parameters));
}

/** Returns the first messages, until they have as many bytes as a receive returns. */
function upToSize(messages: Iterable<Candidate>): Candidate[] {
  const found: Candidate[] = [];
  let bytes = 0;
  for (const message of messages) {
    found.push(message);
    bytes += sizeOf(message);
    if (bytes >= RECEIVED_AT_ONCE_BYTES) break;
  }
  return found;
}

/** Compares messages by their places in line. */
export function inLine(a: Place, b: Place): number {
  return a.visible_at - b.visible_at || a.rank - b.rank || a.key - b.key;
}
