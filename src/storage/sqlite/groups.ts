/**
 * Message groups of FIFO queues, and which of their messages may go out.
 *
 * The rule: **a message may go out when it is visible and no earlier message of its group is hidden**, be it in flight
 * or delayed. So what a group has to deliver is the run of visible messages at its front, up to the first hidden one;
 * and it has something to deliver exactly when its first message is visible. That instant, `ready_at`, stands in the
 * group's row, with the first message's key, under an index: a receive starts from the groups that are ready and never
 * meets one that is not, however many messages wait behind a locked front.
 *
 * Of ready groups, the one that is ready longest goes first, with as many messages as are asked for; then the next. Of
 * groups that became ready in one instant (as those of a batch do), the one whose first message was sent first.
 */

import type { Millis } from '../../time/clock.ts';
import type { Announcement } from '../store.ts';
import type { Connection } from './database.ts';
import { CANDIDATE_COLUMNS, type Candidate } from './message-table.ts';
import type { Numbers } from './numbers.ts';
import type { QueueState } from './queue-table.ts';

interface GroupRow {
  number: number;
  ready_at: Millis;
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
  readonly #first;
  readonly #firstOfTenant;
  readonly #nextReadyAt;
  readonly #refreshAll;
  readonly #deleteSome;

  constructor(connection: Connection, numbers: Numbers, announce: Announcement) {
    this.#numbers = numbers;
    this.#announce = announce;
    this.#find = connection.prepare<[number, string], GroupRow>(
      'SELECT number, ready_at FROM groups WHERE generation = ? AND group_id = ?',
    );
    this.#insert = connection.prepare('INSERT INTO groups VALUES (?, ?, ?, ?, ?)');
    this.#update = connection.prepare('UPDATE groups SET ready_at = ?, first_key = ? WHERE number = ?');
    this.#delete = connection.prepare('DELETE FROM groups WHERE number = ?');
    this.#readyGroups = connection
      .prepare<[number, Millis], number>(
        `SELECT number FROM groups INDEXED BY groups_by_ready_at
         WHERE generation = ? AND ready_at <= ? ORDER BY ready_at, first_key`,
      )
      .pluck();
    this.#front = connection.prepare<[{ generation: number; group: number; expired: Millis; max: number }], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS}
       FROM messages m INDEXED BY messages_by_group CROSS JOIN contents c ON c.key = m.key
       WHERE generation = :generation AND group_number = :group AND group_number > 0 AND sent_at > :expired
       ORDER BY m.key LIMIT :max`,
    );
    this.#first = connection.prepare<[number, number], { key: number; visible_at: Millis }>(
      `SELECT key, visible_at FROM messages INDEXED BY messages_by_group
       WHERE generation = ? AND group_number = ? AND group_number > 0 ORDER BY key LIMIT 1`,
    );
    this.#firstOfTenant = connection.prepare<[number, number], { key: number; visible_at: Millis }>(
      `SELECT key, visible_at FROM messages INDEXED BY messages_by_tenant
       WHERE generation = ? AND group_number = ? AND group_number < 0 ORDER BY visible_at LIMIT 1`,
    );
    this.#nextReadyAt = connection
      .prepare<[number, Millis], Millis>(
        'SELECT ready_at FROM groups WHERE generation = ? AND ready_at > ? ORDER BY ready_at LIMIT 1',
      )
      .pluck();
    this.#refreshAll = connection.prepare(
      `UPDATE groups SET (ready_at, first_key) = (
         SELECT visible_at, key FROM messages INDEXED BY messages_by_group
         WHERE messages.generation = groups.generation AND group_number = number AND group_number > 0
         ORDER BY key LIMIT 1
       ) WHERE generation = ?`,
    );
    this.#deleteSome = connection.prepare(
      'DELETE FROM groups WHERE number IN (SELECT number FROM groups WHERE generation = ? LIMIT ?)',
    );
  }

  /** The group that a message joins at the end, and from when on that group may have something to deliver. */
  join(generation: number, groupId: string, key: number, visibleAt: Millis): { number: number; readyAt: Millis } {
    const group = this.#find.get(generation, groupId);
    if (group) return { number: group.number, readyAt: Math.max(group.ready_at, visibleAt) };
    const number = this.#numbers.next();
    this.#insert.run(number, generation, groupId, visibleAt, key);
    return { number, readyAt: visibleAt };
  }

  /** As `join`, in a standard queue, where the message may be the first of its tenant to be visible. */
  joinTenant(generation: number, tenant: string, key: number, visibleAt: Millis): number {
    const known = this.#find.get(generation, tenant);
    if (known && known.ready_at > visibleAt) this.#update.run(visibleAt, key, known.number);
    if (known) return known.number;
    const number = -this.#numbers.next();
    this.#insert.run(number, generation, tenant, visibleAt, key);
    return number;
  }

  /** Up to `max` messages that may go out; what was sent at `expired` or before is left out. */
  candidates(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    const found: Candidate[] = [];
    for (const group of this.ready(generation, now)) {
      for (const candidate of this.#front.all({ generation, group, expired, max: max - found.length })) {
        if (candidate.visible_at > now) break;
        found.push(candidate);
      }
      if (found.length === max) break;
    }
    return found;
  }

  /** The groups (in a standard queue: tenants) that are ready, in the order in which they go out. */
  ready(generation: number, now: Millis): IterableIterator<number> {
    return this.#readyGroups.iterate(generation, now);
  }

  /**
   * Notes what the messages that were touched mean for their groups, and says when those of a FIFO queue have something
   * to deliver. A group without messages has no row.
   */
  refresh({ generation, queue }: QueueState, touched: readonly { group_number: number | null }[]): void {
    for (const number of new Set(touched.map((message) => message.group_number))) {
      if (number === null) continue;
      const first = (queue.fifo ? this.#first : this.#firstOfTenant).get(generation, number);
      if (first) this.#update.run(first.visible_at, first.key, number);
      else this.#delete.run(number);
      if (first && queue.fifo) this.#announce(queue.id, first.visible_at);
    }
  }

  /** As `refresh`, for all groups of a queue. */
  refreshAll(generation: number): void {
    this.#refreshAll.run(generation);
  }

  /** When the next group gets ready, of those that were not at `after`; undefined when there is none. */
  nextReadyAt(generation: number, after: Millis = -1): Millis | undefined {
    return this.#nextReadyAt.get(generation, after);
  }

  /** Frees up to `limit` groups of a generation that no queue has any more. Returns how many. */
  free(generation: number, limit: number): number {
    return this.#deleteSome.run(generation, limit).changes;
  }
}
