/**
 * The messages of one queue, in every order in which verbs need them, and how many are visible, in flight and delayed.
 * A purge gives the queue new contents. Messages are added, changed and removed only here, so that none changes without
 * its place in line, the counts and the bytes.
 *
 * The counts belong to an instant. A verb first brings them to its own (`bringTo`): messages whose delay or visibility
 * timeout has ended since are adjacent in line, and each is looked at once per timeout. Time may also go backward: two
 * requests can reach the engine in a different order than they read the clock.
 */

import type { Millis } from '../../time/clock.ts';
import type { Changes } from '../collections/changes.ts';
import { Sorted } from '../collections/sorted.ts';
import { Tally } from '../collections/tally.ts';
import { Groups } from './groups.ts';
import type { Memory } from './memory.ts';
import { Remembered } from './remembered.ts';
import { byKey, type Changing, endOf, inLine, type Place, type StoredMessage } from './stored-message.ts';

type Age = Pick<StoredMessage, 'sentAt' | 'key'>;

const byAge = (a: Age, b: Age) => a.sentAt - b.sentAt || a.key - b.key;

export interface Surroundings {
  changes: Changes;
  memory: Memory;
  /** Called if a message stops being in flight at `now`, although its timeout had not ended, while `full` is set. */
  hasRoom(now: Millis): void;
}

export class Contents extends Tally {
  /** In the order of sending. */
  readonly messages = new Sorted<Pick<Place, 'key'>, StoredMessage>(byKey);
  /** The oldest first. If the clock was set back, that is not the order of sending. */
  readonly byAge = new Sorted<Age, StoredMessage>(byAge);
  /** Messages without a group. */
  readonly ungrouped = new Sorted<Place, StoredMessage>(inLine);
  /** Messages with a group, which are all those of a FIFO queue. */
  readonly grouped = new Sorted<Place, StoredMessage>(inLine);
  readonly groups: Groups;
  /** Recent sends, by deduplication key, and recent receives with an attempt ID. */
  readonly remembered: Remembered;
  /** No message was sent before this instant. It may be too early, but never too late. See `expire` in expiry.ts. */
  sentFrom = Number.POSITIVE_INFINITY;
  /** Whether a receive may have reached the in-flight limit since a message last stopped being in flight. */
  full = false;
  readonly #surroundings: Surroundings;
  #bytes = 0;

  constructor(fifo: boolean, at: Millis, surroundings: Surroundings) {
    super({ visible: 0, inFlight: 0, delayed: 0 }, at);
    this.groups = new Groups(fifo);
    this.remembered = new Remembered(surroundings);
    this.#surroundings = surroundings;
  }

  /** How much memory the messages, and what is remembered of them, need. */
  get bytes(): number {
    return this.#bytes + this.remembered.bytes;
  }

  get size(): number {
    return this.visible + this.inFlight + this.delayed;
  }

  add(message: StoredMessage): void {
    this.#put(message);
    this.#surroundings.changes.record(() => this.#take(message));
  }

  /** Adds messages to contents that this verb has created, so that nothing has to be undone one by one. */
  fill(messages: Iterable<StoredMessage>): void {
    for (const message of messages) this.#put(message);
  }

  remove(message: StoredMessage): void {
    const { inFlight } = this;
    this.#take(message);
    this.#surroundings.changes.record(() => this.#put(message));
    this.#noticeRoom(inFlight);
  }

  /** Gives a message another place in line, or counts a receive. */
  change(message: StoredMessage, changed: Changing): void {
    const { inFlight } = this;
    const { visibleAt, rank, receives, firstReceivedAt } = message;
    this.#alter(message, changed);
    this.#surroundings.changes.record(() => this.#alter(message, { visibleAt, rank, receives, firstReceivedAt }));
    this.#noticeRoom(inFlight);
  }

  /** Brings the counts to the instant `now`. */
  bringTo(now: Millis): void {
    const [from, to] = now > this.at ? [this.at, now] : [now, this.at];
    const sign = now > this.at ? 1 : -1;
    let [received, unreceived] = [0, 0];
    if (from < to && (now > this.at ? this.inFlight + this.delayed : this.visible) > 0) {
      for (const line of [this.ungrouped, this.grouped]) {
        for (const message of line.after(endOf(from))) {
          if (message.visibleAt > to) break;
          if (message.receives > 0) {
            received++;
            this.#countInGroup(message, sign === 1 ? -1 : 1);
          } else unreceived++;
        }
      }
    }
    this.moveTo(now, { received: sign * received, unreceived: sign * unreceived });
  }

  /** Removes up to `limit` of the messages that were sent at `expired` or earlier, the oldest first, and returns them. */
  expire(expired: Millis, limit: number): StoredMessage[] {
    const freed: StoredMessage[] = [];
    for (let { first } = this.byAge; first && first.sentAt <= expired && freed.length < limit; { first } = this.byAge) {
      this.remove(first);
      freed.push(first);
    }
    return freed;
  }

  #put(message: StoredMessage): void {
    const { groups, messages } = this;
    const id = groups.idOf(message);
    messages.add(message);
    this.byAge.add(message);
    if (message.sentAt < this.sentFrom) this.sentFrom = message.sentAt;
    if (id === undefined) this.ungrouped.add(message);
    else {
      this.grouped.add(message);
      groups.add(id, message);
    }
    this.#count(message, 1);
    this.#weigh(message.bytes);
  }

  #take(message: StoredMessage): void {
    const { groups, messages } = this;
    const id = groups.idOf(message);
    this.#count(message, -1);
    messages.delete(message);
    this.byAge.delete(message);
    if (id === undefined) this.ungrouped.delete(message);
    else {
      this.grouped.delete(message);
      groups.delete(id, message);
    }
    this.#weigh(-message.bytes);
  }

  #alter(message: StoredMessage, changed: Changing): void {
    const id = this.groups.idOf(message);
    const line = id === undefined ? this.ungrouped : this.grouped;
    this.#count(message, -1);
    line.delete(message);
    if (id === undefined) Object.assign(message, changed);
    else this.groups.move(id, message, () => Object.assign(message, changed));
    line.add(message);
    this.#count(message, 1);
  }

  #count(message: StoredMessage, sign: 1 | -1): void {
    this.count(message.visibleAt, message.receives, sign);
    if (message.receives > 0 && message.visibleAt > this.at) this.#countInGroup(message, sign);
  }

  #countInGroup(message: StoredMessage, sign: 1 | -1): void {
    const id = this.groups.idOf(message);
    if (id !== undefined) this.groups.count(id, sign);
  }

  #weigh(bytes: number): void {
    this.#bytes += bytes;
    this.#surroundings.memory.use(bytes);
  }

  #noticeRoom(inFlight: number): void {
    if (!this.full || this.inFlight >= inFlight) return;
    this.full = false;
    this.#surroundings.changes.record(() => {
      this.full = true;
    });
    this.#surroundings.hasRoom(this.at);
  }
}
