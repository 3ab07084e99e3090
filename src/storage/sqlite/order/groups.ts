/**
 * Message groups of FIFO queues, and which of their messages can be delivered.
 *
 * The rule: **a message can be delivered when it is visible and no earlier message of its group is hidden**, that is,
 * in flight or delayed. So a group can deliver the run of visible messages at its front, up to the first hidden one,
 * and it has something to deliver exactly when its first message is visible. That instant, `ready_at`, is stored and
 * indexed in the group's row, together with the key of the first message. A receive starts from the groups that are
 * ready and never looks at one that is not, however many messages wait behind its locked front.
 *
 * The group that has been ready longest delivers first, as many messages as the receive asked for; then the next group.
 * Of groups that became ready at the same instant (for example, the groups of a batch), the one whose first message was
 * sent first is ahead; a group whose first message was put at the back of the line is behind those that were ready
 * then. The column `rank` decides this (see schema.ts).
 */

import type { Millis } from '../../../time/clock.ts';
import { RECEIVED_AT_ONCE_BYTES } from '../../portions.ts';
import { type Candidate, sizeOf } from '../../rows/message-row.ts';
import type { Announcement } from '../../store.ts';
import type { Connection } from '../database.ts';
import { bySize, portionsOf } from '../many-rows/by-size.ts';
import { CANDIDATE_COLUMNS } from '../message-table.ts';
import type { Numbers } from '../numbers.ts';
import type { QueueState } from '../queue-table.ts';
import { readRows } from './lines.ts';

interface GroupRow {
  number: number;
  ready_at: Millis;
  rank: number;
}

/** The first message of a group. */
interface First {
  key: number;
  visible_at: Millis;
  rank: number;
}

export class GroupTable {
  readonly #numbers: Numbers;
  readonly #announce: Announcement;
  readonly #find;
  readonly #insert;
  readonly #update;
  readonly #delete;
  readonly #readyGroups;
  readonly #front;
  readonly #hide;
  readonly #first;
  readonly #firstOfTenant;
  readonly #nextReadyAt;
  readonly #refreshAll;
  readonly #deleteSome;

  constructor(connection: Connection, numbers: Numbers, announce: Announcement) {
    this.#numbers = numbers;
    this.#announce = announce;
    this.#find = connection.prepare<[number, string], GroupRow>(
      'SELECT number, ready_at, rank FROM groups WHERE generation = ? AND group_id = ?',
    );
    this.#insert = connection.prepare('INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?)');
    this.#update = connection.prepare('UPDATE groups SET ready_at = ?, rank = ?, first_key = ? WHERE number = ?');
    this.#delete = connection.prepare('DELETE FROM groups WHERE number = ?');
    this.#readyGroups = connection
      .prepare<[number, Millis], number>(
        `SELECT number FROM groups INDEXED BY groups_by_ready_at
         WHERE generation = ? AND ready_at <= ? ORDER BY ready_at, rank, first_key`,
      )
      .pluck();
    this.#front = connection.prepare<[{ generation: number; group: number; expired: Millis; max: number }], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS}
       FROM messages m INDEXED BY messages_by_group CROSS JOIN contents c ON c.key = m.key
       WHERE generation = :generation AND group_number = :group AND group_number > 0 AND sent_at > :expired
       ORDER BY m.key LIMIT :max`,
    );
    this.#hide = bySize(
      connection,
      '?',
      (marks) => `UPDATE groups SET ready_at = ?, rank = coalesce(?, first_key)
       WHERE number IN (${marks}) AND first_key IN (${marks})`,
    );
    this.#first = connection.prepare<[number, number], First>(
      `SELECT key, visible_at, rank FROM messages INDEXED BY messages_by_group
       WHERE generation = ? AND group_number = ? AND group_number > 0 ORDER BY key LIMIT 1`,
    );
    this.#firstOfTenant = connection.prepare<[number, number], First>(
      `SELECT key, visible_at, rank FROM messages INDEXED BY messages_by_tenant
       WHERE generation = ? AND group_number = ? AND group_number < 0 ORDER BY visible_at, rank, key LIMIT 1`,
    );
    this.#nextReadyAt = connection
      .prepare<[number, Millis], Millis>(
        'SELECT ready_at FROM groups WHERE generation = ? AND ready_at > ? ORDER BY ready_at LIMIT 1',
      )
      .pluck();
    this.#refreshAll = connection.prepare(
      `UPDATE groups SET (ready_at, rank, first_key) = (
         SELECT visible_at, rank, key FROM messages INDEXED BY messages_by_group
         WHERE messages.generation = groups.generation AND group_number = number AND group_number > 0
         ORDER BY key LIMIT 1
       ) WHERE generation = ?`,
    );
    this.#deleteSome = connection.prepare(
      'DELETE FROM groups WHERE number IN (SELECT number FROM groups WHERE generation = ? LIMIT ?)',
    );
  }

  /**
   * Appends a message to its group. Returns the group's number, and the instant from which the group may have
   * something to deliver.
   */
  join(generation: number, groupId: string, key: number, visibleAt: Millis): { number: number; readyAt: Millis } {
    const group = this.#find.get(generation, groupId);
    if (group) return { number: group.number, readyAt: Math.max(group.ready_at, visibleAt) };
    const number = this.#numbers.next();
    this.#insert.run(number, generation, groupId, visibleAt, key, key);
    return { number, readyAt: visibleAt };
  }

  /** Like `join`, for a standard queue, in which the message may become visible before the others of its tenant. */
  joinTenant(generation: number, tenant: string, { key, visible_at, rank }: First): number {
    const known = this.#find.get(generation, tenant);
    const isFirst = known && (known.ready_at - visible_at || known.rank - rank) > 0;
    if (isFirst) this.#update.run(visible_at, rank, key, known.number);
    if (known) return known.number;
    const number = -this.#numbers.next();
    this.#insert.run(number, generation, tenant, visible_at, key, rank);
    return number;
  }

  /** Returns up to `max` messages that can be delivered. Messages sent at `expired` or earlier are left out. */
  candidates(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    const found: Candidate[] = [];
    let bytes = 0;
    for (const group of this.ready(generation, now)) {
      for (const candidate of readRows(this.#front, { generation, group, expired, max: max - found.length })) {
        if (candidate.visible_at > now) break;
        found.push(candidate);
        bytes += sizeOf(candidate);
      }
      if (found.length === max || bytes >= RECEIVED_AT_ONCE_BYTES) break;
    }
    return found;
  }

  /** Returns the groups (in a standard queue, the tenants) that are ready, in the order in which they deliver. */
  ready(generation: number, now: Millis): IterableIterator<number> {
    return this.#readyGroups.iterate(generation, now);
  }

  /**
   * Updates the groups of changed messages, and announces when those of a FIFO queue have something to deliver. A
   * group without messages has no row.
   */
  refresh({ generation, queue }: QueueState, changed: readonly { group_number: number | null }[]): void {
    for (const number of new Set(changed.map((message) => message.group_number))) {
      if (number === null) continue;
      const first = (queue.fifo ? this.#first : this.#firstOfTenant).get(generation, number);
      if (first) this.#update.run(first.visible_at, first.rank, first.key, number);
      else this.#delete.run(number);
      if (first && queue.fifo) this.#announce(queue.id, first.visible_at);
    }
  }

  /**
   * Does what `refresh` does, in less time, after a receive from a FIFO queue has hidden messages until `visibleAt`. They
   * were the first ones of their groups, unless an expired message that has not been freed is before them.
   */
  hide({ queue }: QueueState, hidden: readonly Candidate[], visibleAt: Millis, rank: number | undefined): void {
    const firsts = new Map<number, number>();
    for (const { group_number: number, key } of hidden) {
      firsts.set(number!, Math.min(key, firsts.get(number!) ?? key));
    }
    if (firsts.size === 0) return;
    for (const portion of portionsOf([...firsts])) {
      const [numbers, keys] = [portion.map(([number]) => number), portion.map(([, key]) => key)];
      this.#hide(portion.length).run(visibleAt, rank ?? null, ...numbers, ...keys);
    }
    this.#announce(queue.id, visibleAt);
  }

  /** Updates all groups of a queue, without announcing anything. */
  refreshAll(generation: number): void {
    this.#refreshAll.run(generation);
  }

  /** Returns the next instant later than `after` at which a group becomes ready; undefined if there is none. */
  nextReadyAt(generation: number, after: Millis = -1): Millis | undefined {
    return this.#nextReadyAt.get(generation, after);
  }

  /** Frees up to `limit` groups of a generation that no queue has any more. Returns how many. */
  free(generation: number, limit: number): number {
    return this.#deleteSome.run(generation, limit).changes;
  }
}
