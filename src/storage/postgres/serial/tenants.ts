/**
 * Fair queues: messages with a group ID in a standard queue. Their group is a tenant. A tenant that keeps consumers busy is
 * noisy, and while it is, messages of quiet tenants are delivered first. Nothing is blocked: if no quiet message is
 * waiting, noisy ones are delivered as usual. A message without a group ID is its own tenant, never noisy.
 *
 * Only tenants at the front of the line are checked for noise. Like message groups, tenants have rows in `groups`, with
 * negative numbers. A tenant's first message becomes visible at `ready_at`.
 *
 * Source: developer guide, "Amazon SQS fair queues". Of its two measures of noise, Squab uses the first, in-flight
 * messages; it does not measure consumer processing time.
 */

import type { Millis } from '../../../time/clock.ts';
import { RECEIVED_FREELY } from '../../portions.ts';
import type { Candidate } from '../../rows/message-row.ts';
import type { Tx } from '../session.ts';
import { inLine } from '../standard/candidates.ts';
import { statement } from '../statement.ts';
import { type FrontRow, LOOK_UNGROUPED } from './fronts.ts';
import { MESSAGE_COLUMNS, WITH_CONTENT } from './rows.ts';

/** "More than 10 % of all in-flight messages, and at least 30." */
const NOISY_SHARE = 0.1;
const NOISY_MESSAGES = 30;

/** Selects messages of a queue to hand out. */
interface Line {
  generation: number;
  now: Millis;
  /** Messages sent at this instant or earlier have expired. */
  expired: Millis;
  /** The largest number of messages to hand out. */
  max: number;
}

/** The messages of a tenant that are in flight at $2. */
const inFlightOf = (tenant: string) => `FROM squab.messages
        WHERE generation = $1::bigint AND group_number = ${tenant} AND group_number < 0 AND visible_at > $2::bigint
          AND receives > 0`;

/** Up to $4 deliverable messages of a tenant at $2, except those sent at $3 or earlier. */
const ofTenant = (tenant: string) => `SELECT ${MESSAGE_COLUMNS} FROM squab.messages
      WHERE generation = $1::bigint AND group_number = ${tenant} AND group_number < 0
        AND visible_at > $3::bigint AND visible_at <= $2::bigint AND sent_at > $3::bigint
      ORDER BY visible_at, rank, key LIMIT $4::bigint`;

/** Those of the tenants $3 that have at least $4 messages in flight. */
const NOISY_AMONG = statement<{ number: number }>(`
  SELECT u.number FROM unnest($3::bigint[]) AS u (number)
  WHERE EXISTS (SELECT ${inFlightOf('u.number')} OFFSET $4::bigint - 1)`);

/** The tenants that are ready at $2, in the order in which they deliver. */
const READY = `SELECT number FROM squab.groups WHERE generation = $1::bigint AND ready_at <= $2::bigint
      ORDER BY ready_at, rank, first_key`;

/**
 * The first $4 deliverable messages of ready tenants with less than $5 messages in flight. Only the first $4 of these tenants
 * count: those that became ready later have no message that comes earlier.
 */
const LOOK_QUIET = statement<Candidate>(`
  WITH front AS MATERIALIZED (
    SELECT f.* FROM (
      SELECT number FROM (${READY}) r
      WHERE NOT EXISTS (SELECT ${inFlightOf('r.number')} OFFSET $5::bigint - 1)
      LIMIT $4::bigint
    ) t CROSS JOIN LATERAL (${ofTenant('t.number')}) f
    ORDER BY visible_at, rank, key LIMIT $4::bigint
  )
  SELECT f.*, c.* FROM front f ${WITH_CONTENT}`);

/** The ready tenants with at least $3 messages in flight, in the order in which they deliver. */
const NOISY = statement<{ number: number; in_flight: number; place: number }>(`
  SELECT r.number, n.in_flight, row_number() OVER () AS place FROM (${READY}) r
    CROSS JOIN LATERAL (SELECT count(*) AS in_flight ${inFlightOf('r.number')}) n
  WHERE n.in_flight >= $3::bigint`);

/** The first $4 deliverable messages of the tenants $5, those of the first tenant first. */
const LOOK_AT_TENANTS = statement<Candidate>(`
  WITH front AS MATERIALIZED (
    SELECT f.* FROM unnest($5::bigint[]) WITH ORDINALITY AS t (number, place)
      CROSS JOIN LATERAL (${ofTenant('t.number')}) f
    ORDER BY place, visible_at, rank, key LIMIT $4::bigint
  )
  SELECT f.*, c.* FROM front f ${WITH_CONTENT}`);

/**
 * Returns the messages to hand out, given those at the front of the line and how many messages of the queue are in flight.
 * These are the same messages, unless a tenant among them is noisy.
 */
export async function fair(tx: Tx, front: Candidate[], line: Line, inFlight: number): Promise<Candidate[]> {
  const tenants = [...new Set(front.flatMap(({ group_number }) => group_number ?? []))];
  if (inFlight < NOISY_MESSAGES || tenants.length === 0) return front;
  const { generation, now, expired } = line;
  const max = Math.min(line.max, RECEIVED_FREELY);
  const threshold = Math.max(NOISY_MESSAGES, Math.floor(inFlight * NOISY_SHARE) + 1);
  const noisyAmong = await tx.run(NOISY_AMONG, [generation, now, tenants, threshold]);
  const firstNoisy = tenants.find((tenant) => noisyAmong.some(({ number }) => number === tenant));
  if (firstNoisy === undefined) return front;

  const [ungrouped, ofQuietTenants] = await Promise.all([
    tx.run(LOOK_UNGROUPED, [generation, now, expired, max]),
    tx.run(LOOK_QUIET, [generation, now, expired, max, threshold]),
  ]);
  const quiet = [...ungrouped.filter((row): row is FrontRow & Candidate => row.key !== null), ...ofQuietTenants];
  quiet.sort(inLine);
  if (quiet.length >= max) return quiet.slice(0, max);
  const noisy = (await tx.run(NOISY, [generation, now, threshold])).sort((a, b) => a.place - b.place);
  // Those with the fewest messages in flight come first, and of several the one that is first in line.
  const isFirst = ({ number }: { number: number }) => Number(number === firstNoisy);
  noisy.sort((a, b) => a.in_flight - b.in_flight || isFirst(b) - isFirst(a));
  const numbers = noisy.map(({ number }) => number);
  const others = await tx.run(LOOK_AT_TENANTS, [generation, now, expired, max, numbers]);
  const order = new Map(numbers.map((number, index) => [number, index]));
  const place = ({ group_number }: Candidate) => order.get(group_number!)!;
  others.sort((a, b) => place(a) - place(b) || inLine(a, b));
  return [...quiet, ...others].slice(0, max);
}
