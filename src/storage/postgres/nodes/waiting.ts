/**
 * Which queues the polls of this node wait for. They are in a table, so that other nodes know whom to notify. The row is
 * written before a poll looks, and a node that commits a message reads the table afterwards: so one of the two sees the
 * other. Rows outlive the polls for a while, since consumers come back.
 */

import { type Millis, systemClock } from '../../../time/clock.ts';
import type { Announcement } from '../../store.ts';
import type { Lane } from '../lanes.ts';
import { statement } from '../statement.ts';
import { LEAVING } from './leaving.ts';

/** For how long a row counts, unless it is renewed. */
const ROW_SECONDS = 60;

/** How often rows are renewed. */
const RENEW_EVERY_MS: Millis = 10_000;

/** How long a row is kept after the last poll has gone. */
const KEPT_MS: Millis = 30_000;

/**
 * How often the first poll of a line looks without a wake-up. A node that is killed between a commit and its
 * notification wakes no other, and without an ear none is heard.
 */
const LOOK_EVERY_MS: Millis = 5000;
const LOOK_EVERY_MS_WITHOUT_EAR: Millis = 1000;

/** Writes rows. Sorted by queue, so that two such statements cannot wait for each other. */
const WRITE = statement(`
  INSERT INTO squab.waiting (queue_id, node, wait_until)
  SELECT w.queue_id, $1, clock_timestamp() + $3::integer * interval '1 second'
  FROM unnest($2::bigint[]) AS w (queue_id)
  ON CONFLICT (queue_id, node) DO UPDATE SET wait_until = excluded.wait_until`);

/** Removes the rows of a node that stops, and those that nodes have left behind. */
const REMOVE = statement(`
  DELETE FROM squab.waiting WHERE node = $1 OR wait_until < clock_timestamp() - interval '1 minute'`);

/** Removes rows that nodes have left behind. */
const TIDY = statement(`DELETE FROM squab.waiting WHERE wait_until < clock_timestamp() - interval '1 minute'`);

interface Entry {
  /** How many lines attend to the queue: long polls and deliveries have their own. */
  lines: number;
  /** When the last line ended. */
  idleSince: Millis;
  /** When a poll was last made to look. */
  lookedAt: Millis;
  /** Resolves once the row is in the table. */
  written: Promise<void>;
}

interface Request {
  queueId: number;
  resolve(): void;
  reject(error: unknown): void;
}

export class Waiting {
  readonly #lane: Lane;
  readonly #node: string;
  readonly #entries = new Map<number, Entry>();
  readonly #look: Announcement;
  readonly #hears: () => boolean;
  #requests: Request[] = [];
  #writing = false;
  #renewedAt = systemClock.now();

  /** `look` makes a poll of the queue look. `hears` returns whether this node hears the others. */
  constructor(lane: Lane, node: string, look: Announcement, hears: () => boolean) {
    this.#lane = lane;
    this.#node = node;
    this.#look = look;
    this.#hears = hears;
  }

  /** See `Store.attend`. */
  async attend(queueId: number): Promise<() => void> {
    const now = systemClock.now();
    let entry = this.#entries.get(queueId);
    if (!entry) {
      entry = { lines: 0, idleSince: now, lookedAt: now, written: this.#request(queueId) };
      this.#entries.set(queueId, entry);
    }
    const attended = entry;
    attended.lines++;
    const end = () => {
      attended.lines--;
      attended.idleSince = systemClock.now();
    };
    try {
      await attended.written;
    } catch (error) {
      end();
      if (this.#entries.get(queueId) === attended) this.#entries.delete(queueId);
      throw error;
    }
    let ended = false;
    return () => {
      if (!ended) end();
      ended = true;
    };
  }

  /** Writes all rows again: the database may have lost them. */
  async rewrite(): Promise<void> {
    const queueIds = [...this.#entries.keys()];
    if (queueIds.length > 0) await this.#write(queueIds);
  }

  /** Must be called every second. Makes polls look from time to time, and renews rows. */
  async tick(): Promise<void> {
    const now = systemClock.now();
    const every = this.#hears() ? LOOK_EVERY_MS : LOOK_EVERY_MS_WITHOUT_EAR;
    for (const [queueId, entry] of this.#entries) {
      if (entry.lines === 0 || now < entry.lookedAt + every) continue;
      entry.lookedAt = now;
      this.#look(queueId, 0);
    }
    if (now < this.#renewedAt + RENEW_EVERY_MS) return;
    this.#renewedAt = now;
    for (const [queueId, { lines, idleSince }] of this.#entries) {
      if (lines === 0 && now >= idleSince + KEPT_MS) this.#entries.delete(queueId);
    }
    await this.rewrite();
  }

  /** Removes rows of nodes that have not removed them. */
  async tidy(): Promise<void> {
    await this.#lane.run((session) => session.run(TIDY, []), { repeatable: true });
  }

  /** Removes all rows of this node. */
  async remove(): Promise<void> {
    this.#entries.clear();
    await this.#lane.run((session) => session.run(REMOVE, [this.#node]), LEAVING);
  }

  #request(queueId: number): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#requests.push({ queueId, resolve, reject });
    });
    if (!this.#writing) void this.#writeRequested();
    return written;
  }

  /** Writes the rows that were asked for; those that are asked for in the meantime go together next. */
  async #writeRequested(): Promise<void> {
    this.#writing = true;
    while (this.#requests.length > 0) {
      const requests = this.#requests;
      this.#requests = [];
      try {
        await this.#write(requests.map(({ queueId }) => queueId));
        for (const { resolve } of requests) resolve();
      } catch (error) {
        for (const { reject } of requests) reject(error);
      }
    }
    this.#writing = false;
  }

  async #write(queueIds: readonly number[]): Promise<void> {
    const values = [this.#node, queueIds.toSorted((a, b) => a - b), ROW_SECONDS];
    await this.#lane.run((session) => session.run(WRITE, values), { repeatable: true });
  }
}
