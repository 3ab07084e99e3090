/**
 * The journal: the latest events (entries.ts), and the messages that they are about with their contents, so that a
 * message's history can be shown, and a deleted message sent again. Both are ring buffers of limited size; bodies and
 * attributes are limited to a number of characters.
 *
 * Of the 1.5 to 2.5 µs of CPU time that it takes the engine in memory to send, receive and delete a message, and 10 to 15
 * with everything around it, the journal takes 0.3; 3000 messages of 200 bytes take 2.1 MB of memory (bench/journal.ts, on
 * a busy machine with two cores).
 */

import { heapBytes } from '../../storage/catalogue-bound.ts';
import { charactersOf } from '../../storage/content-size.ts';
import type { Happening } from '../../storage/happenings.ts';
import type { MessageContent, Queue } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import {
  ABSENT,
  ENDS,
  Entries,
  type Entry,
  type EntryQueue,
  isBegin,
  isEnd,
  publicationText,
  tellsPlace,
  withReason,
} from './entries.ts';
import { QueueEnds } from './queue-ends.ts';
import { Slots } from './slots.ts';

/** Enough for a message that is sent and received, has its visibility changed, and is deleted. */
const ENTRIES_PER_MESSAGE = 4;
/**
 * The limit for all bodies and message attributes together; beyond it, the contents of the oldest messages are
 * dropped. In a small heap, those of deleted messages take up to a sixteenth.
 */
const CHARACTERS_MAX = Math.min(16 * 1024 * 1024, heapBytes() / 32);

/** A message that the journal knows. */
export interface JournalledMessage {
  messageId: string;
  /** The queue that it is in, or was in last, according to its latest entry. */
  queue: EntryQueue;
  key: number;
  /** Undefined if the journal did not see the message sent, or has dropped its content to stay within the limit. */
  content: MessageContent | undefined;
}

/** A point in the journal. */
export interface JournalMark {
  lastId: number;
  /** The IDs of the entries whose effects restored snapshots had undone by then. */
  undone: readonly { first: number; last: number }[];
}

/** The journal of a running Squab, empty at startup. */
export class Journal {
  readonly entries: Entries;
  /** The maximum number of messages that it keeps; 0 turns it off. */
  readonly size: number;
  // The columns of messages. A message's slot is the number of messages added before it, modulo the size.
  readonly #ids: string[] = [];
  readonly #contents: (MessageContent | undefined)[] = [];
  readonly #lastEntries: Float64Array;
  readonly #slots: Slots;
  readonly #queueEnds = new QueueEnds();
  /** The IDs of the entries whose effects restored snapshots have undone, oldest first. */
  #undone: JournalMark['undone'] = [];
  /** How many messages have been added so far. */
  #added = 0;
  #characters = 0;
  /** The number of the oldest message that may still have its content. */
  #contentsFrom = 0;

  /** Keeps `size` messages, and four entries for each; with 0, only the latest entry. See `Entries` for `idsAbove`. */
  constructor(size: number, idsAbove?: number) {
    this.size = size;
    this.entries = new Entries(size * ENTRIES_PER_MESSAGE, idsAbove);
    this.#lastEntries = new Float64Array(size);
    this.#slots = new Slots(size);
  }

  /** Records an event as the latest entry. Empty receives are ignored: there would be too many of them. */
  note(happening: Happening, at: Millis): void {
    switch (happening.kind) {
      case 'empty-receive':
        return;
      case 'sent': {
        const { content, key, visibleAt, publication } = happening;
        const text = publication && publicationText(publication);
        this.entries.write(happening, at, 0, key, content.messageId, visibleAt, ABSENT, text, undefined);
        this.#add(key, content.messageId, content);
        return;
      }
      case 'received': {
        const { key, messageId, visibleAt, receiveCount, receiver } = happening;
        const slot = this.#write(happening, at, key, visibleAt, receiveCount, receiver, undefined, messageId);
        if (slot === undefined) this.#add(key, messageId, undefined);
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
      case 'function-succeeded':
      case 'function-failed':
      case 'function-throttled':
      case 'function-filtered': {
        const { key, messageId, functionName, reason } = happening;
        const text = withReason(functionName, reason);
        this.#write(happening, at, key, ABSENT, ABSENT, text, undefined, messageId);
        return;
      }
      case 'dead-lettered': {
        const { key, to } = happening;
        const slot = this.#write(happening, at, key, ABSENT, ABSENT, undefined, to);
        if (slot !== undefined) this.#changeKey(slot, to.key);
        return;
      }
      case 'moved': {
        const { key, messageId, to } = happening;
        const slot = this.#write(happening, at, key, ABSENT, ABSENT, messageId, to);
        const content = slot === undefined ? undefined : this.#contents[slot];
        this.#add(to.key, messageId, content && { ...content, messageId });
        return;
      }
      default:
        this.entries.write(happening, at, 0, ABSENT, undefined, ABSENT, ABSENT, undefined, undefined);
        if (this.size === 0 || !ENDS.includes(happening.kind)) return;
        this.#queueEnds.add(happening.queue.id, this.entries.lastId, this.entries.firstId);
    }
  }

  /** Yields the messages that it keeps, the most recently added first. */
  *latest(): Generator<JournalledMessage> {
    for (let number = this.#added - 1; number >= Math.max(0, this.#added - this.size); number--) {
      const message = this.#message(number % this.size);
      if (message) yield message;
    }
  }

  /** Returns the messages with this ID that the journal keeps: more than one if a fault rule made copies. */
  find(messageId: string): JournalledMessage[] {
    const found: JournalledMessage[] = [];
    for (let slot = -1; ; ) {
      slot = this.#ids.indexOf(messageId, slot + 1);
      if (slot === -1) return found;
      const message = this.#message(slot);
      if (message) found.push(message);
    }
  }

  /** Returns the message to which the engine gave this key, if the journal keeps it. */
  byKey(key: number): JournalledMessage | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#message(slot);
  }

  /**
   * Returns the entries about a message, oldest first. If its queue was purged or deleted while the message was in
   * it, that entry is the last one; entries that did so before it, and that a restored snapshot has undone, come first.
   */
  stepsOf({ key, queue }: JournalledMessage): Entry[] {
    const slot = this.#slots.get(key);
    if (slot === undefined) return [];
    const last = this.#lastEntries[slot]!;
    const steps = [...this.entries.about(last)].reverse();
    // Only entries with this message's own key can end it: the move that created this message ended another one.
    if (steps.some((step) => isEnd(step) && step.key === key && !this.#isUndone(step.id))) return steps;
    const place = this.entries.placeOf(key, last, (id) => this.#isUndone(id));
    for (const id of this.#queueEnds.of(queue.id)) {
      if (id <= place.id || id < this.entries.firstId) continue;
      steps.push(this.entries.entry(id));
      if (!this.#isUndone(id)) break;
    }
    return steps.sort((a, b) => a.id - b.id);
  }

  /** Returns the last receiver of a message, if known. */
  receiverOf(key: number): string | undefined {
    const slot = this.#slots.get(key);
    const entries = slot === undefined ? [] : this.entries.about(this.#lastEntries[slot]!);
    for (const { kind, receiver } of entries) if (kind === 'received') return receiver;
    return undefined;
  }

  /**
   * Returns whether the latest entry about a message removed it, or a restored snapshot did. Only the engine knows whether
   * the message exists.
   */
  isGone(message: JournalledMessage): boolean {
    const steps = this.stepsOf(message).filter(({ kind }) => tellsPlace(kind));
    const last = steps.findLast(({ id }) => !this.#isUndone(id));
    // A restore has undone everything that is known about it, including that it was sent, or moved here.
    if (!last) return steps.some((step) => step.kind === 'sent' || isBegin(step, message.key));
    // What happened before to the message that was moved here is in effect, but the move is not.
    if (last.key !== undefined && last.key !== message.key && !isBegin(last, message.key)) return true;
    return isEnd(last) && last.to?.key !== message.key;
  }

  /** Returns the mark of now. It must be passed to `restored` if a snapshot that is taken now is restored. */
  mark(): JournalMark {
    return { lastId: this.entries.lastId, undone: this.#undone };
  }

  /** Must be called when a snapshot was restored. `taken` is the mark of when it was taken. */
  restored(taken: JournalMark): void {
    const undone = [...taken.undone, { first: taken.lastId + 1, last: this.entries.lastId }];
    this.#undone = undone.filter(({ first, last }) => first <= last && last >= this.entries.firstId);
    this.#restoreKeys();
  }

  /** Gives messages the keys that they have again: an undone change of a key is reversed, one that is in effect redone. */
  #restoreKeys(): void {
    const changes = [...this.entries.keyChanges()];
    const replace = (key: number, by: number) => {
      const slot = this.#slots.get(key);
      if (slot !== undefined) this.#changeKey(slot, by);
    };
    for (const { id, from, to } of changes.toReversed()) if (this.#isUndone(id)) replace(to, from);
    for (const { id, from, to } of changes) if (!this.#isUndone(id)) replace(from, to);
  }

  #isUndone(id: number): boolean {
    // There may be thousands of ranges, in their order.
    let [low, high] = [0, this.#undone.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#undone[middle]!.last < id) low = middle + 1;
      else high = middle;
    }
    return low < this.#undone.length && this.#undone[low]!.first <= id;
  }

  #message(slot: number): JournalledMessage | undefined {
    const last = this.#lastEntries[slot]!;
    // Newer entries have overwritten all entries about this message.
    if (last < this.entries.firstId) return undefined;
    const key = this.#slots.keyOf(slot);
    const { queue } = this.entries.placeOf(key, last, (id) => this.#isUndone(id));
    return { messageId: this.#ids[slot]!, queue, key, content: this.#contents[slot] };
  }

  /** Writes an entry about a message. Returns the message's slot, if the journal keeps it. */
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
    const slot = this.#slots.get(key);
    const previous = slot === undefined ? 0 : this.#lastEntries[slot]!;
    const id = slot === undefined ? messageId : this.#ids[slot];
    this.entries.write(happening, at, previous, key, id, visibleAt, count, text, to);
    if (slot !== undefined) this.#lastEntries[slot] = this.entries.lastId;
    return slot;
  }

  /** Adds a message, whose first entry is the latest one. */
  #add(key: number, messageId: string, content: MessageContent | undefined): void {
    if (this.size === 0) return;
    const slot = this.#added++ % this.size;
    if (this.#added > this.size) {
      this.#slots.delete(slot);
      this.#dropContent(slot);
    }
    this.#ids[slot] = messageId;
    this.#contents[slot] = content;
    this.#lastEntries[slot] = this.entries.lastId;
    this.#slots.set(key, slot);
    if (!content) return;
    this.#characters += charactersOf(content);
    while (this.#characters > CHARACTERS_MAX) {
      this.#contentsFrom = Math.max(this.#contentsFrom, this.#added - this.size);
      this.#dropContent(this.#contentsFrom++ % this.size);
    }
  }

  #dropContent(slot: number): void {
    const content = this.#contents[slot];
    if (!content) return;
    this.#characters -= charactersOf(content);
    this.#contents[slot] = undefined;
  }

  #changeKey(slot: number, key: number): void {
    this.#slots.delete(slot);
    this.#slots.set(key, slot);
  }
}
