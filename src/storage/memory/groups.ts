/**
 * The message groups of a queue; in a standard queue, a group is a tenant. A group keeps its messages, in a FIFO queue
 * in the order in which they were sent, and in a standard queue in the order of the line.
 *
 * The rule of FIFO queues: **a message can be delivered when it is visible and no earlier message of its group is
 * hidden**, that is, in flight or delayed. So a group can deliver the run of visible messages at its front, and it has
 * something to deliver exactly when its first message is visible. Groups are sorted by the places of their first
 * messages, so that a receive starts from those that are ready, and never looks at one that is not.
 */

import type { Millis } from '../../time/clock.ts';
import { Sorted } from '../collections/sorted.ts';
import { byKey, endOf, inLine, type Place, type StoredMessage } from './stored-message.ts';

/** Its place is that of its first message. */
export interface Group extends Place {
  readonly id: string;
  readonly messages: Sorted<Place, StoredMessage>;
  /** How many messages of a tenant are in flight, at the instant of the queue's counts. Not counted in FIFO queues. */
  readonly inFlight: number;
}

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

export class Groups {
  readonly #fifo: boolean;
  readonly #byId = new Map<string, Mutable<Group>>();
  readonly #sorted = new Sorted<Place, Group>(inLine);

  constructor(fifo: boolean) {
    this.#fifo = fifo;
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  /** Returns the ID of the message's group; undefined for a message of a standard queue that has none. */
  idOf({ content: { groupId } }: StoredMessage): string | undefined {
    return this.#fifo ? (groupId ?? '') : groupId;
  }

  find(id: string): Group | undefined {
    return this.#byId.get(id);
  }

  add(id: string, message: StoredMessage): void {
    const group = this.#byId.get(id) ?? this.#create(id, message);
    group.messages.add(message);
    this.#sort(group);
  }

  delete(id: string, message: StoredMessage): void {
    const group = this.#byId.get(id)!;
    group.messages.delete(message);
    this.#sort(group);
  }

  /** Gives a message of the group the place in line to which `move` changes it. */
  move(id: string, message: StoredMessage, move: () => void): void {
    const group = this.#byId.get(id)!;
    group.messages.delete(message);
    move();
    group.messages.add(message);
    this.#sort(group);
  }

  /** Counts a message of a tenant that is in flight from now on (1), or no longer (-1). */
  count(id: string, sign: 1 | -1): void {
    if (!this.#fifo) this.#byId.get(id)!.inFlight += sign;
  }

  /** Returns the groups that are ready, in the order in which they deliver. */
  *ready(now: Millis): Generator<Group, undefined> {
    for (const group of this.#sorted) {
      if (group.visibleAt > now) return;
      yield group;
    }
  }

  /** Returns up to `max` messages of a FIFO queue that can be delivered. Messages sent at `expired` or earlier do not. */
  deliverable(now: Millis, expired: Millis, max: number): StoredMessage[] {
    const found: StoredMessage[] = [];
    for (const group of this.ready(now)) {
      for (const message of group.messages) {
        if (message.sentAt <= expired) continue;
        if (message.visibleAt > now || found.length === max) break;
        found.push(message);
      }
      if (found.length === max) break;
    }
    return found;
  }

  /** Returns the next instant later than `after` at which a group becomes ready; undefined if there is none. */
  nextReadyAt(after: Millis): Millis | undefined {
    return this.#sorted.after(endOf(after)).next().value?.visibleAt;
  }

  #create(id: string, { visibleAt, rank, key }: Place): Mutable<Group> {
    const group = {
      id,
      visibleAt,
      rank,
      key,
      messages: new Sorted<Place, StoredMessage>(this.#fifo ? byKey : inLine),
      inFlight: 0,
    };
    this.#byId.set(id, group);
    this.#sorted.add(group);
    return group;
  }

  /** Puts a group at the place of its first message. A group without messages is forgotten. */
  #sort(group: Mutable<Group>): void {
    const { first } = group.messages;
    if (first && inLine(first, group) === 0) return;
    this.#sorted.delete(group);
    if (!first) {
      this.#byId.delete(group.id);
      return;
    }
    group.visibleAt = first.visibleAt;
    group.rank = first.rank;
    group.key = first.key;
    this.#sorted.add(group);
  }
}
