/**
 * The short-term memory of a FIFO queue: recent sends, so that a duplicate is not stored, and the messages that
 * receives with an attempt ID handed out, so that a receive can be repeated if its response was lost.
 */

import type { Millis } from '../../time/clock.ts';
import type { Changes } from '../collections/changes.ts';
import { Sorted } from '../collections/sorted.ts';
import type { NewMessage, Receipt, Sent } from '../store.ts';
import { bytesOfRemembered, type Memory } from './memory.ts';

/** When an entry can be forgotten, and its ID. */
export interface End {
  readonly until: Millis;
  /** Of a send, its deduplication key; of an attempt, the ID that the request gave it. */
  readonly id: string;
  readonly receipts?: readonly Receipt[];
}

export interface KeptSend extends End, Sent {}

export interface Attempt extends End {
  receipts: Receipt[];
  receivedAt: Millis;
  /** When the messages become visible again, unless another request changes them. */
  visibleAt: Millis;
}

export interface RememberedEntries {
  sends: readonly KeptSend[];
  attempts: readonly Attempt[];
}

interface Surroundings {
  changes: Changes;
  memory: Memory;
}

export class Remembered {
  readonly sends: Entries<KeptSend>;
  readonly attempts: Entries<Attempt>;
  readonly #memory: Memory;
  /** No window ends before this instant. It may be too early, but never too late. */
  #endsFrom = Number.POSITIVE_INFINITY;

  constructor(surroundings: Surroundings) {
    this.#memory = surroundings.memory;
    const kept = ({ until }: End) => {
      if (until < this.#endsFrom) this.#endsFrom = until;
    };
    this.sends = new Entries<KeptSend>(surroundings, kept);
    this.attempts = new Entries<Attempt>(surroundings, kept);
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
    this.sends.set({ id: key, ...sent, until: now + windowMs });
    return undefined;
  }

  /** Remembers a receive, unless memory is full: receives must work then too, and the clock may be frozen. */
  keepAttempt(attempt: Attempt): void {
    if (this.#memory.hasRoom(bytesOf(attempt))) this.attempts.set(attempt);
  }

  /** Returns everything, for `restore`. */
  entries(): RememberedEntries {
    return { sends: [...this.sends], attempts: [...this.attempts] };
  }

  restore({ sends, attempts }: RememberedEntries): void {
    for (const send of sends) this.sends.set(send);
    for (const attempt of attempts) this.attempts.set(attempt);
  }

  /** Forgets up to `limit` sends and attempts whose windows have ended. Returns how many. */
  forget(now: Millis, limit: number): number {
    if (now < this.#endsFrom) return 0;
    const sends = this.sends.forget(now, limit);
    const attempts = this.attempts.forget(now, limit - sends);
    this.#endsFrom = Math.min(this.sends.nextEnd, this.attempts.nextEnd);
    return sends + attempts;
  }
}

const bytesOf = (entry: End | undefined) => bytesOfRemembered(entry?.id, entry?.receipts?.length);

const byEnd = (a: End, b: End) => a.until - b.until || (a.id < b.id ? -1 : Number(a.id > b.id));

/** Entries, which never change, and can be forgotten when their windows have ended. */
export class Entries<Entry extends End> {
  readonly #surroundings: Surroundings;
  readonly #kept: (entry: End) => void;
  readonly #byId = new Map<string, Entry>();
  readonly #byEnd = new Sorted<End, Entry>(byEnd);
  bytes = 0;

  /** `kept`, if given, is called whenever there is an entry that was not there before. */
  constructor(surroundings: Surroundings, kept: (entry: End) => void = () => {}) {
    this.#surroundings = surroundings;
    this.#kept = kept;
  }

  /** When the next window ends, or has ended; infinity if there is none. */
  get nextEnd(): Millis {
    return this.#byEnd.first?.until ?? Number.POSITIVE_INFINITY;
  }

  /** Returns an entry whose window has not ended. */
  find(id: string, now: Millis): Entry | undefined {
    const entry = this.#byId.get(id);
    return entry && entry.until > now ? entry : undefined;
  }

  /** Adds an entry, in place of the one with the same ID. */
  set(entry: Entry): void {
    this.#replace(this.#byId.get(entry.id), entry);
  }

  /** Forgets up to `limit` entries whose windows have ended. Returns how many. */
  forget(now: Millis, limit: number): number {
    let forgotten = 0;
    for (let { first } = this.#byEnd; first && first.until <= now && forgotten < limit; { first } = this.#byEnd) {
      this.#replace(first, undefined);
      forgotten++;
    }
    return forgotten;
  }

  /** Forgets all entries, whether or not their windows have ended. */
  clear(): void {
    for (const entry of [...this.#byId.values()]) this.#replace(entry, undefined);
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#byId.values();
  }

  #replace(before: Entry | undefined, after: Entry | undefined): void {
    this.#put(before, after);
    this.#surroundings.changes.record(() => this.#put(after, before));
  }

  #put(before: Entry | undefined, after: Entry | undefined): void {
    if (before) this.#byEnd.delete(before);
    if (after) this.#byEnd.add(after);
    if (after) this.#kept(after);
    if (after) this.#byId.set(after.id, after);
    else if (before) this.#byId.delete(before.id);
    const bytes = bytesOf(after) - bytesOf(before);
    this.bytes += bytes;
    this.#surroundings.memory.use(bytes);
  }
}
