/**
 * Fair queues: messages with a group ID in a standard queue. Their group is a tenant. A tenant that keeps consumers
 * busy is noisy, and while it is, messages of quiet tenants are delivered first. Nothing is blocked: if no quiet
 * message is waiting, noisy ones are delivered as usual. A message without a group ID is its own tenant, never noisy.
 *
 * Only tenants at the front of the line are checked for noise, so queues without tenants pay nothing. Like message
 * groups, tenants have rows in `groups`, with negative numbers. A tenant's first message becomes visible at `ready_at`.
 *
 * Source: developer guide, "Amazon SQS fair queues". Of its two measures of noise, Squab uses the first, in-flight
 * messages; it does not measure consumer processing time.
 */

import type { Millis } from '../../../time/clock.ts';
import { RECEIVED_FREELY } from '../../portions.ts';
import type { Candidate } from '../../rows/message-row.ts';
import type { Connection } from '../database.ts';
import { CANDIDATE_COLUMNS } from '../message-table.ts';
import type { GroupTable } from './groups.ts';
import { inLine, type Lines, type Place } from './lines.ts';

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

export class TenantTable {
  readonly #lines: Lines;
  readonly #groups: GroupTable;
  readonly #hasInFlight;
  readonly #inFlight;
  readonly #ofTenant;
  readonly #candidate;

  constructor(connection: Connection, lines: Lines, groups: GroupTable) {
    this.#lines = lines;
    this.#groups = groups;
    const inFlight = `FROM messages INDEXED BY received_by_tenant
      WHERE generation = ? AND group_number = ? AND group_number < 0 AND visible_at > ? AND receives > 0`;
    this.#hasInFlight = connection.prepare<[number, number, Millis, number]>(`SELECT 1 ${inFlight} LIMIT 1 OFFSET ?`);
    this.#inFlight = connection.prepare<[number, number, Millis], number>(`SELECT count(*) ${inFlight}`).pluck();
    // Without contents: most of these messages are not handed out.
    this.#ofTenant = connection.prepare<[Line & { tenant: number }], Place>(
      `SELECT key, visible_at, rank FROM messages INDEXED BY messages_by_tenant
       WHERE generation = :generation AND group_number = :tenant AND group_number < 0
         AND visible_at > :expired AND visible_at <= :now AND sent_at > :expired
       ORDER BY visible_at, rank, key LIMIT :max`,
    );
    this.#candidate = connection.prepare<[number, number], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS} FROM messages m CROSS JOIN contents c ON c.key = m.key
       WHERE generation = ? AND m.key = ?`,
    );
  }

  /**
   * Returns the messages to hand out, given those at the front of the line and how many messages of the queue are in
   * flight. These are the same messages, unless a tenant among them is noisy.
   */
  fair(front: Candidate[], line: Line, inFlight: number): Candidate[] {
    if (inFlight < NOISY_MESSAGES) return front;
    const noisy = new Map<number, boolean>();
    const isNoisy = (tenant: number) => {
      const known = noisy.get(tenant) ?? this.#isNoisy(tenant, line, inFlight);
      noisy.set(tenant, known);
      return known;
    };
    if (!front.some(({ group_number }) => group_number !== null && isNoisy(group_number))) return front;

    const { generation, now, expired } = line;
    const max = Math.min(line.max, RECEIVED_FREELY);
    const quiet: Place[] = this.#lines.ungrouped(generation, now, expired, max);
    let tenants = 0;
    for (const tenant of this.#groups.ready(generation, now)) {
      if (isNoisy(tenant)) continue;
      quiet.push(...this.#ofTenant.all({ ...line, max, tenant }));
      tenants++;
      // Tenants that became ready later have no message that comes earlier.
      if (tenants === max) break;
    }
    quiet.sort(inLine);
    const others = [...noisy].filter(([, is]) => is).map(([tenant]) => tenant);
    const places = quiet.length < max ? [...quiet, ...this.#fewestInFlightFirst(others, { ...line, max })] : quiet;
    return places.slice(0, max).map(({ key }) => this.#candidate.get(generation, key)!);
  }

  #isNoisy(tenant: number, { generation, now }: Line, inFlight: number): boolean {
    const threshold = Math.max(NOISY_MESSAGES, Math.floor(inFlight * NOISY_SHARE) + 1);
    return this.#hasInFlight.get(generation, tenant, now, threshold - 1) !== undefined;
  }

  #fewestInFlightFirst(tenants: readonly number[], line: Line): Place[] {
    // A single tenant need not be compared, and counting would read all its messages in flight.
    if (tenants.length === 1) return this.#ofTenant.all({ ...line, tenant: tenants[0]! });
    const { generation, now } = line;
    const counted = tenants.map((tenant) => ({ tenant, inFlight: this.#inFlight.get(generation, tenant, now)! }));
    return counted
      .sort((a, b) => a.inFlight - b.inFlight)
      .flatMap(({ tenant }) => this.#ofTenant.all({ ...line, tenant }));
  }
}
