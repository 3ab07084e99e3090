/** Which messages of serial queues can be delivered, and in which order: parts of statements, and the statements. */

import type { Candidate } from '../../rows/message-row.ts';
import { CURRENT_ERA } from '../eras.ts';
import { statement } from '../statement.ts';
import { MESSAGE_COLUMNS, WITH_CONTENT } from './rows.ts';

/**
 * A subquery: up to $4 messages of the FIFO queue with the generation $1 that can be delivered at $2, except those sent at
 * $3 or earlier, with their `place` in line.
 *
 * The group that has been ready longest delivers first, up to its first hidden message; then the next group.
 */
export const FRONT_OF_GROUPS = `SELECT f.*, row_number() OVER () AS place
    FROM (
      SELECT number FROM squab.groups WHERE generation = $1::bigint AND ready_at <= $2::bigint
      ORDER BY ready_at, rank, first_key
    ) g CROSS JOIN LATERAL (
      SELECT * FROM (
        SELECT *, bool_and(visible_at <= $2::bigint) OVER (ORDER BY key) AS is_open FROM (
          SELECT ${MESSAGE_COLUMNS} FROM squab.messages
          WHERE generation = $1::bigint AND group_number = g.number AND group_number > 0 AND sent_at > $3::bigint
          ORDER BY key LIMIT $4::bigint
        ) m
      ) n WHERE is_open
    ) f LIMIT $4::bigint`;

/** Up to $4 deliverable messages of one line of a standard queue (see schema.ts), under the same conditions. */
const ofLine = (line: 0 | 1) => `(
      SELECT ${MESSAGE_COLUMNS} FROM squab.messages
      WHERE generation = $1::bigint AND line = ${line} AND visible_at > $3::bigint AND visible_at <= $2::bigint
        AND sent_at > $3::bigint
      ORDER BY visible_at, rank, key LIMIT $4::bigint
    )`;

const FRONT_OF_LINES = `SELECT f.*, row_number() OVER (ORDER BY visible_at, rank, key) AS place FROM (
      ${ofLine(0)} UNION ALL ${ofLine(1)}
    ) f ORDER BY visible_at, rank, key LIMIT $4::bigint`;

/** What a statement that looks for messages returns: rows with a message, or one row without. */
export interface FrontRow extends Omit<Candidate, 'key'> {
  key: number | null;
  place: number;
  /** The current era; null until the first snapshot is taken. */
  era: number | null;
}

const looking = (front: string) =>
  statement<FrontRow>(`
  WITH front AS MATERIALIZED (${front})
  SELECT e.era, f.*, c.* FROM (SELECT ${CURRENT_ERA} AS era) e
    LEFT JOIN (front f ${WITH_CONTENT}) ON true`);

/** Up to $4 messages that a receive of any kind of serial queue can hand out, before fairness. */
export const LOOK = { group: looking(FRONT_OF_GROUPS), tenant: looking(FRONT_OF_LINES) };

/** Like the others, of the messages without a tenant. */
export const LOOK_UNGROUPED = looking(`SELECT f.*, 0 AS place FROM ${ofLine(0)} f`);

/** What a move needs to know of a message. */
export interface BriefRow {
  key: number;
  group_number: number | null;
  source_arn: string | null;
  size: number;
  place: number;
}

const briefly = (front: string) =>
  statement<BriefRow>(`
  WITH front AS MATERIALIZED (${front})
  SELECT f.key, f.group_number, f.source_arn, f.place, c.size FROM front f
    CROSS JOIN LATERAL (
      SELECT octet_length(body) + coalesce(octet_length(attributes), 0) AS size
      FROM squab.contents WHERE contents.key = f.key OFFSET 0
    ) c`);

/** As LOOK, without contents. */
export const LOOK_BRIEFLY = { group: briefly(FRONT_OF_GROUPS), tenant: briefly(FRONT_OF_LINES) };
