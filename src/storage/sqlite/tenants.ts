/**
 * Fair queues: messages with a group id in a standard queue. Their group is a tenant, and a tenant that keeps consumers
 * busy is noisy; while it is, messages of the quiet ones go first. Nothing is held back: with no quiet message waiting,
 * noisy ones flow as ever. A message without a group id is a tenant of its own, and so never noisy.
 *
 * Who is noisy is asked only of the tenants at the front of the line, so queues without tenants pay nothing. Tenants have
 * rows in `groups`, as message groups have, with negative numbers; `ready_at` is when their first message is visible.
 *
 * Source: developer guide, "Amazon SQS fair queues". Of its two measures of noise this is the first, in-flight messages;
 * consumer processing time is not measured.
 */

import type { Millis } from '../../time/clock.ts';
import type { Connection } from './database.ts';
import type { GroupTable } from './groups.ts';
import { CANDIDATE_COLUMNS, type Candidate } from './message-table.ts';

/** "More than 10 % of all in-flight messages, and at least 30." */
const NOISY_SHARE = 0.1;
const NOISY_MESSAGES = 30;

/** Messages without a group id are looked for among so many visible ones, when noisy tenants stand before them. */
const LOOK_AHEAD = 1000;

interface Moment {
  generation: number;
  now: Millis;
  expired: Millis;
  max: number;
}

export class TenantTable {
  readonly #groups: GroupTable;
  readonly #hasInFlight;
  readonly #inFlight;
  readonly #ofTenant;
  readonly #ungrouped;

  constructor(connection: Connection, groups: GroupTable) {
    this.#groups = groups;
    const inFlight = `FROM messages INDEXED BY messages_by_tenant
      WHERE generation = ? AND group_number = ? AND group_number < 0 AND visible_at > ? AND receives > 0`;
    this.#hasInFlight = connection.prepare<[number, number, Millis, number]>(`SELECT 1 ${inFlight} LIMIT 1 OFFSET ?`);
    this.#inFlight = connection.prepare<[number, number, Millis], number>(`SELECT count(*) ${inFlight}`).pluck();
    this.#ofTenant = connection.prepare<[Moment & { tenant: number }], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS}
       FROM messages m INDEXED BY messages_by_tenant CROSS JOIN contents c ON c.key = m.key
       WHERE generation = :generation AND group_number = :tenant AND group_number < 0
         AND visible_at > :expired AND visible_at <= :now AND sent_at > :expired
       ORDER BY visible_at LIMIT :max`,
    );
    this.#ungrouped = connection.prepare<[Moment], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS}
       FROM (
         SELECT key AS found, group_number AS tenant FROM messages INDEXED BY messages_by_visible_at
         WHERE generation = :generation AND visible_at > :expired AND visible_at <= :now AND sent_at > :expired
         ORDER BY visible_at, key LIMIT ${LOOK_AHEAD}
       ) ahead CROSS JOIN messages m CROSS JOIN contents c ON c.key = m.key
       WHERE tenant IS NULL AND m.generation = :generation AND m.key = found LIMIT :max`,
    );
  }

  /**
   * The messages to hand out, given those at the front of the line and how many of the queue are in flight: the same,
   * unless a tenant among them is noisy.
   */
  fair(front: Candidate[], moment: Moment, inFlight: number): Candidate[] {
    if (inFlight < NOISY_MESSAGES) return front;
    const noisy = new Map<number, boolean>();
    const isNoisy = (tenant: number) => {
      const known = noisy.get(tenant) ?? this.#isNoisy(tenant, moment, inFlight);
      noisy.set(tenant, known);
      return known;
    };
    if (!front.some(({ group_number }) => group_number !== null && isNoisy(group_number))) return front;

    const quiet = this.#ungrouped.all(moment);
    let tenants = 0;
    for (const tenant of this.#groups.ready(moment.generation, moment.now)) {
      if (isNoisy(tenant)) continue;
      quiet.push(...this.#ofTenant.all({ ...moment, tenant }));
      tenants++;
      // Those that are ready later have no earlier message.
      if (tenants === moment.max) break;
    }
    quiet.sort(inOrder);
    const others = [...noisy].filter(([, is]) => is).map(([tenant]) => tenant);
    return [...quiet, ...this.#fewestInFlightFirst(others, moment)].slice(0, moment.max);
  }

  #isNoisy(tenant: number, { generation, now }: Moment, inFlight: number): boolean {
    const threshold = Math.max(NOISY_MESSAGES, Math.floor(inFlight * NOISY_SHARE) + 1);
    return this.#hasInFlight.get(generation, tenant, now, threshold - 1) !== undefined;
  }

  #fewestInFlightFirst(tenants: readonly number[], moment: Moment): Candidate[] {
    // One alone need not be compared, and counting takes a look at all that it has in flight.
    if (tenants.length === 1) return this.#ofTenant.all({ ...moment, tenant: tenants[0]! });
    const { generation, now } = moment;
    const counted = tenants.map((tenant) => ({ tenant, inFlight: this.#inFlight.get(generation, tenant, now)! }));
    return counted
      .sort((a, b) => a.inFlight - b.inFlight)
      .flatMap(({ tenant }) => this.#ofTenant.all({ ...moment, tenant }));
  }
}

function inOrder(a: Candidate, b: Candidate): number {
  return a.visible_at - b.visible_at || a.key - b.key;
}
