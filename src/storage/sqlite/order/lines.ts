/**
 * The lines of standard queues: which messages a receive can hand out, and in which order. Messages that became visible
 * first come first, and at the same instant those with the smaller `rank` (see schema.ts). Messages with a group, and
 * those without one, are two lines in the index, so that the first message without a group is found at once, however
 * many others are ahead of it.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Candidate } from '../../rows/message-row.ts';
import type { Connection } from '../database.ts';
import { CANDIDATE_COLUMNS } from '../message-table.ts';

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
    const grouped = this.#candidates.all({ generation, grouped: 1, now, expired, max });
    return [...this.ungrouped(generation, now, expired, max), ...grouped].sort(inLine).slice(0, max);
  }

  /** Like `candidates`, without messages that have a group. */
  ungrouped(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    return this.#candidates.all({ generation, grouped: 0, now, expired, max });
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

/** Compares messages by their places in line. */
export function inLine(a: Candidate, b: Candidate): number {
  return a.visible_at - b.visible_at || a.rank - b.rank || a.key - b.key;
}
