/**
 * The short-term memory of a FIFO queue: recent sends, so that a duplicate is not stored, and the messages that
 * receives with an attempt ID handed out, so that a receive can be repeated if its response was lost.
 */

import type { Millis } from '../../time/clock.ts';
import type { RememberedSend } from '../inspection.ts';
import type { NewMessage, Receipt, Sent } from '../store.ts';
import type { Changes } from './changes.ts';
import { bytesOfRemembered, type Memory } from './memory.ts';
import { Sorted } from './sorted.ts';

export interface Attempt {
  receipts: Receipt[];
  receivedAt: Millis;
  /** When the messages become visible again, unless another request changes them. */
  visibleAt: Millis;
  /** Until when the receive can be repeated. */
  until: Millis;
}

export interface RememberedEntries {
  sends: [key: string, RememberedSend][];
  attempts: [id: string, Attempt][];
}

interface Surroundings {
  changes: Changes;
  memory: Memory;
}

export class Remembered {
  readonly sends: Entries<RememberedSend>;
  readonly attempts: Entries<Attempt>;

  constructor(surroundings: Surroundings) {
    this.sends = new Entries(surroundings);
    this.attempts = new Entries(surroundings);
  }

  get bytes(): number {
    return this.sends.bytes + this.attempts.bytes;
  }

  /**
   * Remembers a send under its deduplication key. If the key is already remembered and its window has not ended,
   * leaves that entry and returns the original; otherwise returns undefined.
   */
  keepSent({ key, windowMs }: NonNullable<NewMessage['deduplication']>, sent: Sent, now: Millis): Sent | undefined {
    const earlier = this.sends.find(key, now);
    if (earlier) return { messageId: earlier.messageId, key: earlier.key };
    this.sends.set(key, { ...sent, until: now + windowMs });
    return undefined;
  }

  /** Returns everything, for `restore`. */
  entries(): RememberedEntries {
    return { sends: [...this.sends], attempts: [...this.attempts] };
  }

  restore({ sends, attempts }: RememberedEntries): void {
    for (const [key, send] of sends) this.sends.set(key, send);
    for (const [id, attempt] of attempts) this.attempts.set(id, attempt);
  }

  /** Forgets up to `limit` sends and attempts whose windows have ended. Returns how many. */
  forget(now: Millis, limit: number): number {
    const sends = this.sends.forget(now, limit);
    return sends + this.attempts.forget(now, limit - sends);
  }
}

/** When an entry can be forgotten, and its ID. */
interface End {
  until: Millis;
  id: string;
}

const byEnd = (a: End, b: End) => a.until - b.until || (a.id < b.id ? -1 : Number(a.id > b.id));

/** Entries, by their IDs, which can be forgotten when their windows have ended. */
class Entries<Entry extends { until: Millis }> {
  readonly #surroundings: Surroundings;
  readonly #byId = new Map<string, Entry>();
  readonly #ends = new Sorted<End>(byEnd);
  bytes = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Returns an entry whose window has not ended. */
  find(id: string, now: Millis): Entry | undefined {
    const entry = this.#byId.get(id);
    return entry && entry.until > now ? entry : undefined;
  }

  set(id: string, entry: Entry): void {
    const before = this.#byId.get(id);
    this.#replace(id, before, entry);
    this.#surroundings.changes.record(() => this.#replace(id, entry, before));
  }

  /** Forgets up to `limit` entries whose windows have ended. Returns how many. */
  forget(now: Millis, limit: number): number {
    let forgotten = 0;
    for (let { first } = this.#ends; first && first.until <= now && forgotten < limit; { first } = this.#ends) {
      const { id } = first;
      const entry = this.#byId.get(id)!;
      this.#replace(id, entry, undefined);
      this.#surroundings.changes.record(() => this.#replace(id, undefined, entry));
      forgotten++;
    }
    return forgotten;
  }

  *[Symbol.iterator](): Generator<[id: string, Entry], undefined> {
    yield* this.#byId;
  }

  #replace(id: string, before: Entry | undefined, after: Entry | undefined): void {
    if (before) this.#ends.delete({ id, until: before.until });
    if (after) this.#ends.add({ id, until: after.until });
    if (after) this.#byId.set(id, after);
    else this.#byId.delete(id);
    if (before && after) return;
    const bytes = (after ? 1 : -1) * bytesOfRemembered(id);
    this.bytes += bytes;
    this.#surroundings.memory.use(bytes);
  }
}
