/**
 * What happened lately, as a ring of entries. An entry is no object (which would outlive its time, and cost the collector
 * more than all else) but a place in some columns; an object is made of it when somebody asks.
 */

import type { Happening } from '../../storage/happenings.ts';
import type { Queue } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';

export type Kind = Happening['kind'];

/** One thing that happened. What does not belong to its kind, or is not known, is undefined. */
export interface Entry {
  /** Grows by one with each entry. */
  id: number;
  at: Millis;
  kind: Kind;
  queue: Queue;
  /** The message's key, and its id, if the journal met the message before. */
  key: number | undefined;
  messageId: string | undefined;
  visibleAt: Millis | undefined;
  receiveCount: number | undefined;
  /** Who received it. */
  receiver: string | undefined;
  deduplicationKey: string | undefined;
  /** Where it went; a move task makes a new message of it. */
  to: { queue: Queue; key: number; messageId: string | undefined } | undefined;
}

/** A number that is not there. */
export const ABSENT = Number.NaN;

export class Entries {
  readonly #size: number;
  readonly #kinds: Kind[];
  readonly #queues: Queue[];
  readonly #at: Float64Array;
  readonly #keys: Float64Array;
  readonly #visibleAt: Float64Array;
  readonly #counts: Float64Array;
  readonly #ids: (string | undefined)[];
  readonly #texts: (string | undefined)[];
  readonly #targets: ({ queue: Queue; key: number } | undefined)[];
  /** The entry before it about the same message; 0: there is none. */
  readonly #previous: Float64Array;
  #lastId = 0;

  /** Keeps so many entries; with 0 only the latest can be asked for. */
  constructor(size: number) {
    this.#size = size;
    const places = Math.max(1, size);
    this.#kinds = Array.from({ length: places });
    this.#queues = Array.from({ length: places });
    this.#ids = Array.from({ length: places });
    this.#texts = Array.from({ length: places });
    this.#targets = Array.from({ length: places });
    this.#at = new Float64Array(places);
    this.#keys = new Float64Array(places);
    this.#visibleAt = new Float64Array(places);
    this.#counts = new Float64Array(places);
    this.#previous = new Float64Array(places);
  }

  /** The id of the latest entry; 0 when there is none. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The id of the oldest entry that is kept. */
  get firstId(): number {
    return Math.max(1, this.#lastId - this.#size + 1);
  }

  /** `text` is who received it, the deduplication key, or the id of the message that a move made. */
  write(
    { kind, queue }: Happening,
    at: Millis,
    previous: number,
    key: number,
    messageId: string | undefined,
    visibleAt: Millis,
    count: number,
    text: string | undefined,
    to: { queue: Queue; key: number } | undefined,
  ): void {
    const place = ++this.#lastId % this.#kinds.length;
    this.#kinds[place] = kind;
    this.#queues[place] = queue;
    this.#at[place] = at;
    this.#keys[place] = key;
    this.#visibleAt[place] = visibleAt;
    this.#counts[place] = count;
    this.#ids[place] = messageId;
    this.#texts[place] = text;
    this.#targets[place] = to;
    this.#previous[place] = previous;
  }

  /** An entry that is kept, or the latest. */
  entry(id: number): Entry {
    const place = id % this.#kinds.length;
    const kind = this.#kinds[place]!;
    const text = this.#texts[place];
    const to = this.#targets[place];
    const messageId = this.#ids[place];
    return {
      id,
      at: this.#at[place]!,
      kind,
      queue: this.#queues[place]!,
      key: present(this.#keys[place]!),
      messageId,
      visibleAt: present(this.#visibleAt[place]!),
      receiveCount: present(this.#counts[place]!),
      receiver: kind === 'received' ? text : undefined,
      deduplicationKey: kind === 'deduplicated' ? text : undefined,
      to: to && { ...to, messageId: kind === 'moved' ? text : messageId },
    };
  }

  /** The queue in which an entry left the message with this key. */
  queueAfter(id: number, key: number): Queue {
    const place = id % this.#kinds.length;
    const target = this.#targets[place];
    return target?.key === key ? target.queue : this.#queues[place]!;
  }

  /** Entries with a higher id than `id`, as far back as they are kept, the oldest first. */
  *after(id: number): Generator<Entry> {
    for (let next = Math.max(id + 1, this.firstId); next <= this.#lastId; next++) yield this.entry(next);
  }

  /** Entries from the latest one back, as far as they are kept. */
  *backwards(): Generator<Entry> {
    for (let id = this.#lastId; id >= this.firstId; id--) yield this.entry(id);
  }

  /** The entries about one message, from the latest, whose id is `last`, back. */
  *about(last: number): Generator<Entry> {
    for (let id = last; id >= this.firstId; id = this.#previous[id % this.#size]!) yield this.entry(id);
  }
}

function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
