/**
 * What happened lately, and to which message: a ring of entries (entries.ts), and a ring of messages with their contents, so
 * that the history of one can be told, and a deleted one sent again. Both hold so many and no more; bodies and attributes so many characters.
 *
 * In a loop within the process, which takes 13 to 21 µs to send, receive and delete a message, listening and noting take
 * 0.7 to 1.6 µs of them; 3000 messages of 200 bytes take 2.3 MB (bench/journal.ts, on a busy machine of two cores).
 */

import type { Happening } from '../../storage/happenings.ts';
import type { MessageContent, Queue } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import { ABSENT, Entries, type Entry, type Kind } from './entries.ts';

/** A message that is sent, received, changed and deleted has as many. */
const ENTRIES_PER_MESSAGE = 4;
/** All bodies and message attributes together; those of the oldest messages are dropped first. */
const CHARACTERS_MAX = 16 * 1024 * 1024;

/** A message that the journal knows. */
export interface JournalledMessage {
  messageId: string;
  /** Where it is, or was last, by the latest entry. */
  queue: Queue;
  key: number;
  /** Undefined when it was met late, or had to make room. */
  content: MessageContent | undefined;
}

export class Journal {
  readonly entries: Entries;
  /** How many messages it knows at most. */
  readonly size: number;
  // The columns of messages; a message has the place of how many were met before it.
  readonly #ids: string[];
  readonly #contents: (MessageContent | undefined)[];
  readonly #keys: Float64Array;
  readonly #lastEntries: Float64Array;
  readonly #placeOfKey = new Map<number, number>();
  /** The entries that were the end of all messages of a queue, the oldest first. */
  readonly #queueEnds: number[] = [];
  #met = 0;
  #characters = 0;
  /** Of the messages that were met, the first that may have a content. */
  #contentsFrom = 0;

  /** Knows so many messages; with 0 it keeps nothing but the latest entry. */
  constructor(size: number) {
    this.size = size;
    this.entries = new Entries(size * ENTRIES_PER_MESSAGE);
    this.#ids = Array.from({ length: size });
    this.#contents = Array.from({ length: size });
    this.#keys = new Float64Array(size);
    this.#lastEntries = new Float64Array(size);
  }

  /** Makes the latest entry of a happening. Looks that found nothing are too many to be kept, and make none. */
  note(happening: Happening, at: Millis): void {
    switch (happening.kind) {
      case 'empty-receive':
        return;
      case 'sent': {
        const { content, key, visibleAt } = happening;
        this.entries.write(happening, at, 0, key, content.messageId, visibleAt, ABSENT, undefined, undefined);
        this.#meet(key, content.messageId, content);
        return;
      }
      case 'received': {
        const { key, messageId, visibleAt, receiveCount, receiver } = happening;
        const place = this.#write(happening, at, key, visibleAt, receiveCount, receiver, undefined, messageId);
        if (place === undefined) this.#meet(key, messageId, undefined);
        return;
      }
      case 'deduplicated':
        this.#write(happening, at, happening.original.key, ABSENT, ABSENT, happening.deduplicationKey);
        return;
      case 'visibility-changed':
        this.#write(happening, at, happening.key, happening.visibleAt);
        return;
      case 'deleted':
      case 'expired':
        this.#write(happening, at, happening.key);
        return;
      case 'dead-lettered': {
        const { key, to } = happening;
        const place = this.#write(happening, at, key, ABSENT, ABSENT, undefined, to);
        if (place !== undefined) this.#rename(place, to.key);
        return;
      }
      case 'moved': {
        const { key, messageId, to } = happening;
        const place = this.#write(happening, at, key, ABSENT, ABSENT, messageId, to);
        const content = place === undefined ? undefined : this.#contents[place];
        this.#meet(to.key, messageId, content && { ...content, messageId });
        return;
      }
      default:
        this.entries.write(happening, at, 0, ABSENT, undefined, ABSENT, ABSENT, undefined, undefined);
        if (ENDS.includes(happening.kind)) this.#noteQueueEnd();
    }
  }

  /** The messages that it knows, the one that it met last first. */
  *latest(): Generator<JournalledMessage> {
    for (let number = this.#met - 1; number >= Math.max(0, this.#met - this.size); number--) {
      const message = this.#message(number % this.size);
      if (message) yield message;
    }
  }

  find(messageId: string): JournalledMessage | undefined {
    const place = this.#ids.indexOf(messageId);
    return place === -1 ? undefined : this.#message(place);
  }

  byKey(key: number): JournalledMessage | undefined {
    const place = this.#placeOfKey.get(key);
    return place === undefined ? undefined : this.#message(place);
  }

  /** What happened to a message, the oldest first, and to its queue if that was the end of it. */
  stepsOf({ key, queue }: JournalledMessage): Entry[] {
    const place = this.#placeOfKey.get(key);
    if (place === undefined) return [];
    const last = this.#lastEntries[place]!;
    const steps = [...this.entries.about(last)].reverse();
    // A move that made this message was the end of another one.
    if (steps.some((step) => isEnd(step) && step.key === key)) return steps;
    for (const id of this.#queueEnds) {
      if (id <= last || id < this.entries.firstId) continue;
      const end = this.entries.entry(id);
      if (end.queue.id === queue.id) return [...steps, end];
    }
    return steps;
  }

  /** Who received a message last, as far as is known. */
  receiverOf(key: number): string | undefined {
    const place = this.#placeOfKey.get(key);
    if (place === undefined) return undefined;
    for (const entry of this.entries.about(this.#lastEntries[place]!)) {
      if (entry.kind === 'received') return entry.receiver;
    }
    return undefined;
  }

  /** Whether the last that is known of a message is its end. */
  isGone(message: JournalledMessage): boolean {
    const last = this.stepsOf(message).findLast(({ kind }) => kind !== 'deduplicated');
    return last !== undefined && isEnd(last) && last.to?.key !== message.key;
  }

  #message(place: number): JournalledMessage | undefined {
    const last = this.#lastEntries[place]!;
    // So much has happened since that nothing is known of it any more.
    if (last < this.entries.firstId) return undefined;
    const key = this.#keys[place]!;
    const queue = this.entries.queueAfter(last, key);
    return { messageId: this.#ids[place]!, queue, key, content: this.#contents[place] };
  }

  /** Writes an entry about a message; tells its place, if it is known. */
  #write(
    happening: Happening,
    at: Millis,
    key: number,
    visibleAt: Millis = ABSENT,
    count = ABSENT,
    text?: string,
    to?: { queue: Queue; key: number },
    messageId?: string,
  ): number | undefined {
    const place = this.#placeOfKey.get(key);
    const previous = place === undefined ? 0 : this.#lastEntries[place]!;
    const id = place === undefined ? messageId : this.#ids[place];
    this.entries.write(happening, at, previous, key, id, visibleAt, count, text, to);
    if (place !== undefined) this.#lastEntries[place] = this.entries.lastId;
    return place;
  }

  /** The latest entry is the first about a message. */
  #meet(key: number, messageId: string, content: MessageContent | undefined): void {
    if (this.size === 0) return;
    const place = this.#met++ % this.size;
    if (this.#met > this.size) {
      const oldest = this.#keys[place]!;
      if (this.#placeOfKey.get(oldest) === place) this.#placeOfKey.delete(oldest);
      this.#drop(place);
    }
    this.#ids[place] = messageId;
    this.#contents[place] = content;
    this.#keys[place] = key;
    this.#lastEntries[place] = this.entries.lastId;
    this.#placeOfKey.set(key, place);
    if (!content) return;
    this.#characters += charactersOf(content);
    while (this.#characters > CHARACTERS_MAX) {
      this.#contentsFrom = Math.max(this.#contentsFrom, this.#met - this.size);
      this.#drop(this.#contentsFrom++ % this.size);
    }
  }

  #noteQueueEnd(): void {
    if (this.size === 0) return;
    while (this.#queueEnds[0] !== undefined && this.#queueEnds[0] < this.entries.firstId) this.#queueEnds.shift();
    this.#queueEnds.push(this.entries.lastId);
  }

  #drop(place: number): void {
    const content = this.#contents[place];
    if (!content) return;
    this.#characters -= charactersOf(content);
    this.#contents[place] = undefined;
  }

  #rename(place: number, key: number): void {
    this.#placeOfKey.delete(this.#keys[place]!);
    this.#keys[place] = key;
    this.#placeOfKey.set(key, place);
  }
}

const ENDS: readonly Kind[] = ['deleted', 'expired', 'moved', 'purged', 'queue-deleted'];

/** Whether a message is gone from its queue with this entry, by itself or with all others. */
export function isEnd({ kind }: Entry): boolean {
  return ENDS.includes(kind);
}

/** A character of a string in Latin takes a byte, of others two. */
function charactersOf({ body, attributes }: MessageContent): number {
  let characters = body.length;
  for (const [name, { dataType, stringValue, binaryValue }] of attributes ?? []) {
    characters += name.length + dataType.length + (stringValue?.length ?? 0) + (binaryValue?.length ?? 0);
  }
  return characters;
}
