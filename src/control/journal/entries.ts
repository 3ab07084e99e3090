/**
 * A ring buffer of the latest events. Entries are not objects, which would be promoted to the old generation and make
 * garbage collection the largest cost, but slots in several columns; objects are made only when entries are read.
 */

import type { Happening } from '../../storage/happenings.ts';
import type { Publication } from '../../storage/message.ts';
import type { Queue, QueueKey } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import type { TopicEvent, TopicKind } from './topic-events.ts';

export type Kind = Happening['kind'] | TopicKind;

/** @internal What entries keep of a queue: its attributes and tags can be long, and change often. */
export interface EntryQueue extends QueueKey {
  id: number;
}

/** @internal One event. Members that do not apply to its kind, or are not known, are undefined. */
export interface Entry {
  /** One more than the ID of the previous entry. */
  id: number;
  at: Millis;
  kind: Kind;
  /** Undefined for an event of a topic. */
  queue: EntryQueue | undefined;
  /** Undefined for an event of a queue. */
  topicEvent: TopicEvent | undefined;
  /** The key that the engine gave the message. */
  key: number | undefined;
  /** The message's ID, if the journal knows the message. */
  messageId: string | undefined;
  visibleAt: Millis | undefined;
  receiveCount: number | undefined;
  /** The client that received the message. */
  receiver: string | undefined;
  deduplicationKey: string | undefined;
  /** The publication that a sent message comes from. */
  publication: Publication | undefined;
  /** The function that was invoked with the message, and why it did not succeed. */
  function: string | undefined;
  reason: string | undefined;
  /** Where the message went. A message move task turns it into a new message, with another ID. */
  to: { queue: EntryQueue; key: number; messageId: string | undefined } | undefined;
}

/** How many entries are looked at before other requests run: less than a millisecond of work. */
export const ENTRIES_AT_ONCE = 1000;

/** The kinds of entries that removed a message from its queue, alone or with all others. */
export const ENDS: readonly Kind[] = ['deleted', 'expired', 'moved', 'purged', 'queue-deleted'];

/**
 * Returns whether such entries tell where a message is. It may have left its queue before a function answers, or a send is
 * recognized as a duplicate.
 */
export function tellsPlace(kind: Kind): boolean {
  return kind !== 'deduplicated' && !kind.startsWith('function-');
}

/** @internal Returns whether an entry removed a message from its queue, alone or with all others. */
export function isEnd({ kind }: Entry): boolean {
  return ENDS.includes(kind);
}

/** @internal Returns whether an entry gave a message this key. */
export function isBegin({ key, to }: Entry, of: number): boolean {
  return to?.key === of && key !== of;
}

/** Marks a number as undefined in a column. */
export const ABSENT = Number.NaN;

/** @internal The ring buffer. IDs increase by 1. */
export class Entries {
  readonly #size: number;
  readonly #slots: number;
  // Arrays grow with the first entries, so that a start does not pay for all of them.
  readonly #kinds: Kind[] = [];
  readonly #queues: (EntryQueue | undefined)[] = [];
  readonly #at: Float64Array;
  readonly #keys: Float64Array;
  readonly #visibleAt: Float64Array;
  readonly #counts: Float64Array;
  readonly #ids: (string | undefined)[] = [];
  readonly #texts: (string | undefined)[] = [];
  readonly #targets: ({ queue: EntryQueue; key: number } | undefined)[] = [];
  /** The events of topics, by slot. A slot that was used again by another entry may have an old one. */
  readonly #topicEvents = new Map<number, TopicEvent>();
  /** The ID of the previous entry about the same message; 0 if there is none. */
  readonly #previous: Float64Array;
  readonly #idsAbove: number;
  #lastId: number;

  /** Keeps the latest `size` entries; with 0, only `entry(lastId)` can be read. The first one has the ID `idsAbove` + 1. */
  constructor(size: number, idsAbove = 0) {
    this.#size = size;
    this.#idsAbove = idsAbove;
    this.#lastId = idsAbove;
    const slots = Math.max(1, size);
    this.#slots = slots;
    this.#at = new Float64Array(slots);
    this.#keys = new Float64Array(slots);
    this.#visibleAt = new Float64Array(slots);
    this.#counts = new Float64Array(slots);
    this.#previous = new Float64Array(slots);
  }

  /** No entry has this ID or a smaller one. */
  get idsAbove(): number {
    return this.#idsAbove;
  }

  /** The ID of the latest entry; `idsAbove` if there is none. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The ID of the oldest entry that is still kept. */
  get firstId(): number {
    return Math.max(this.#idsAbove, this.#lastId - this.#size) + 1;
  }

  /**
   * Adds an entry. `previous` is the ID of the previous entry about the same message, or 0. `text` is the receiver, the
   * deduplication key, the ID of the message that a move made, the publication that a sent message comes from, or a
   * function's name and a reason, depending on the kind.
   */
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
    const slot = this.#slotOf(++this.#lastId);
    this.#kinds[slot] = kind;
    this.#queues[slot] = briefly(queue);
    this.#at[slot] = at;
    this.#keys[slot] = key;
    this.#visibleAt[slot] = visibleAt;
    this.#counts[slot] = count;
    this.#ids[slot] = messageId;
    this.#texts[slot] = text;
    this.#targets[slot] = to && { queue: briefly(to.queue), key: to.key };
    this.#previous[slot] = previous;
  }

  /** Adds the entry of an event of a topic. */
  writeTopicEvent(event: TopicEvent, at: Millis): void {
    const slot = this.#slotOf(++this.#lastId);
    this.#topicEvents.set(slot, event);
    this.#kinds[slot] = event.kind;
    this.#queues[slot] = undefined;
    this.#at[slot] = at;
    this.#keys[slot] = ABSENT;
    this.#visibleAt[slot] = ABSENT;
    this.#counts[slot] = ABSENT;
    this.#ids[slot] = event.messageId;
    this.#texts[slot] = undefined;
    this.#targets[slot] = undefined;
    this.#previous[slot] = 0;
  }

  /** Returns the entry with an ID from `firstId` to `lastId`, or the latest. */
  entry(id: number): Entry {
    const slot = this.#slotOf(id);
    const kind = this.#kinds[slot]!;
    const text = this.#texts[slot];
    const queue = this.#queues[slot];
    const to = this.#targets[slot];
    const messageId = this.#ids[slot];
    const [name, reason] = kind.startsWith('function-') ? nameAndReason(text!) : [];
    return {
      id,
      at: this.#at[slot]!,
      kind,
      queue,
      topicEvent: queue ? undefined : this.#topicEvents.get(slot),
      key: present(this.#keys[slot]!),
      messageId,
      visibleAt: present(this.#visibleAt[slot]!),
      receiveCount: present(this.#counts[slot]!),
      receiver: kind === 'received' ? text : undefined,
      deduplicationKey: kind === 'deduplicated' ? text : undefined,
      publication: kind === 'sent' && text !== undefined ? publicationIn(text) : undefined,
      function: name,
      reason,
      to: to && { ...to, messageId: kind === 'moved' ? text : messageId },
    };
  }

  /** Returns the queue of an entry. */
  queueOf(id: number): EntryQueue | undefined {
    return this.#queues[this.#slotOf(id)];
  }

  /** Returns the queue that the message with this key was in after an entry. */
  queueAfter(id: number, key: number): EntryQueue {
    const slot = this.#slotOf(id);
    const target = this.#targets[slot];
    return target?.key === key ? target.queue : this.#queues[slot]!;
  }

  /** Yields the entries after the one with this ID, as far back as they are kept, oldest first. */
  *after(id: number): Generator<Entry> {
    for (let next = Math.max(id + 1, this.firstId); next <= this.#lastId; next++) yield this.entry(next);
  }

  /**
   * Returns where a message is according to the latest entry about it that tells, and that is not undone, with the ID of
   * that entry; if there is none, where the oldest entry found it. `last` is the ID of the latest entry.
   */
  placeOf(key: number, last: number, isUndone: (id: number) => boolean): { id: number; queue: EntryQueue } {
    let id = last;
    for (const entry of this.about(last)) {
      ({ id } = entry);
      const begins = isBegin(entry, key);
      if (begins || (tellsPlace(entry.kind) && !isUndone(id))) return { id, queue: this.queueAfter(id, key) };
    }
    return { id, queue: this.queueOf(id)! };
  }

  /** Yields all entries that are kept, latest first. */
  *backwards(): Generator<Entry> {
    for (let id = this.#lastId; id >= this.firstId; id--) yield this.entry(id);
  }

  /** Yields the changes of messages' keys, oldest first. Moving a message to a FIFO dead-letter queue changes its key. */
  *keyChanges(): Generator<{ id: number; from: number; to: number }> {
    for (let id = this.firstId; id <= this.#lastId; id++) {
      const slot = this.#slotOf(id);
      const from = this.#keys[slot]!;
      const to = this.#targets[slot]?.key;
      if (this.#kinds[slot] === 'dead-lettered' && to !== undefined && to !== from) yield { id, from, to };
    }
  }

  /** Yields the entries about one message, latest first; `last` is the ID of the latest. */
  *about(last: number): Generator<Entry> {
    for (let id = last; id >= this.firstId; id = this.#previous[this.#slotOf(id)]!) yield this.entry(id);
  }

  /** Slots are used in order from the first one, so that the arrays grow as they fill. */
  #slotOf(id: number): number {
    return (id - 1 - this.#idsAbove) % this.#slots;
  }
}

const brief = new WeakMap<Queue, EntryQueue>();

/** Returns what entries keep of a queue, the same object for all of them until the queue changes. */
function briefly(queue: Queue): EntryQueue {
  const known = brief.get(queue);
  if (known) return known;
  const { id, account, region, name } = queue;
  const made = { id, account, region, name };
  brief.set(queue, made);
  return made;
}

/** Writes a publication as a text. */
export function publicationText({ topicArn, messageId }: Publication): string {
  return `${topicArn} ${messageId}`;
}

/** No ARN contains a space. */
function publicationIn(text: string): Publication {
  const [topicArn, messageId] = text.split(' ', 2) as [string, string];
  return { topicArn, messageId };
}

/** Joins a function's name and, if there is one, the reason why it did not succeed. */
export function withReason(name: string, reason: string | undefined): string {
  return reason === undefined ? name : `${name}: ${reason}`;
}

/** Names of functions contain no colon. */
function nameAndReason(text: string): [name: string, reason: string | undefined] {
  const colon = text.indexOf(':');
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 2)];
}

function present(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
