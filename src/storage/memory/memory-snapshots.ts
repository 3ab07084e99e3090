/**
 * Snapshots, and the removal of many queues at once. A snapshot has a copy of each queue and of each message's state.
 * What the sender wrote never changes, so the copies share it. Taking or restoring a snapshot looks at every message.
 */

import type { Millis } from '../../time/clock.ts';
import { isHidden } from '../hidden.ts';
import type { Mapping } from '../mappings.ts';
import { isInScope } from '../scopes.ts';
import type { QueueScope, SnapshotInfo, States } from '../states.ts';
import type { Queue } from '../store.ts';
import { bytesOfQueue, type QueueState } from './all-queues.ts';
import { bringTo, nextExpiry } from './expiry.ts';
import type { MemoryMappings } from './memory-mappings.ts';
import type { Turns } from './memory-turns.ts';
import type { Parts } from './parts.ts';
import type { Receipts } from './receipts.ts';
import type { Receiving } from './receiving.ts';
import type { RememberedEntries } from './remembered.ts';
import type { StoredMessage } from './stored-message.ts';
import type { TopicCopy } from './topic-shelf.ts';

interface QueueCopy extends Omit<QueueState, 'contents'> {
  messages: StoredMessage[];
  remembered: RememberedEntries;
}

interface Snapshot {
  info: SnapshotInfo;
  queues: QueueCopy[];
  topics: TopicCopy;
  mappings: readonly Mapping[];
  voidEras: Receipts['voidEras'];
  /** The era that began when it was taken. */
  era: number;
  /** How much memory it needs. What it shares with queues, topics and mappings counts as if it did not. */
  bytes: number;
}

export class MemorySnapshots implements States {
  readonly #parts: Parts;
  readonly #receiving: Receiving;
  readonly #turns: Turns;
  readonly #mappings: MemoryMappings;
  /** In the order in which they were taken. */
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(parts: Parts, receiving: Receiving, turns: Turns, mappings: MemoryMappings) {
    this.#parts = parts;
    this.#receiving = receiving;
    this.#turns = turns;
    this.#mappings = mappings;
  }

  removeQueues(scope: QueueScope): Promise<Queue[]> {
    const { queues, outbox } = this.#parts;
    return this.#turns.run(() => {
      const selected = queues.states().filter(({ queue }) => !isHidden(queue) && isInScope(queue, scope));
      for (const state of selected) {
        queues.remove(state);
        outbox.record?.({ kind: 'queue-deleted', queue: state.queue });
      }
      return selected.map(({ queue }) => queue);
    });
  }

  takeSnapshot(name: string, now: Millis, taken = () => {}): Promise<SnapshotInfo> {
    return this.#turns.finish(() => this.#take(name, now, taken));
  }

  #take(name: string, now: Millis, taken: () => void): SnapshotInfo | 'unfinished' {
    const { queues, receipts, memory, outbox, shelf } = this.#parts;
    const states = queues.states();
    for (const state of states) bringTo(this.#parts, state, now);
    if (states.some((state) => nextExpiry(state) <= now)) return 'unfinished';
    const bytes = this.#bytesOf(states);
    memory.check(bytes - (this.#snapshots.get(name)?.bytes ?? 0));
    this.#remove(name);
    const shown = states.filter(({ queue }) => !isHidden(queue));
    const messages = shown.reduce((sum, { contents }) => sum + contents.size, 0);
    const topics = shelf.copy();
    const info = { name, takenAt: now, queues: shown.length, messages, topics: topics.topics.length };
    const era = this.#parts.nextNumber();
    receipts.beginEra(era);
    const copies = { queues: states.map(copyOf), topics, mappings: this.#mappings.all };
    this.#snapshots.set(name, { info, ...copies, voidEras: receipts.voidEras, era, bytes });
    memory.use(bytes);
    outbox.call(taken);
    return info;
  }

  restoreSnapshot(name: string, now: Millis, restored = () => {}): Promise<SnapshotInfo | undefined> {
    const { queues, receipts, memory, outbox, shelf } = this.#parts;
    return this.#turns.run(() => {
      const snapshot = this.#snapshots.get(name);
      if (!snapshot) return undefined;
      const before = queues.states();
      memory.check(snapshot.bytes - this.#bytesOf(before));
      for (const state of before) queues.remove(state);
      for (const copy of snapshot.queues) this.#restore(copy, now);
      shelf.restore(snapshot.topics);
      this.#mappings.replace(snapshot.mappings);
      receipts.beginVoiding(snapshot.era, snapshot.voidEras, this.#parts.nextNumber());
      outbox.call(restored);
      for (const state of queues.states()) {
        bringTo(this.#parts, state, now);
        outbox.expires(Math.max(nextExpiry(state), now));
        const at = this.#receiving.nextVisibleAt(state, Number.POSITIVE_INFINITY, now);
        if (at !== undefined) outbox.announce(state.queue.id, at);
      }
      return snapshot.info;
    });
  }

  /** Drops all snapshots. */
  clear(): void {
    this.#snapshots.clear();
  }

  snapshots(): readonly SnapshotInfo[] {
    return [...this.#snapshots.values()].map(({ info }) => info);
  }

  /** There are no other nodes. */
  async refreshSnapshots(): Promise<void> {}

  removeSnapshot(name: string): Promise<boolean> {
    return this.#turns.run(() => this.#remove(name));
  }

  /** Returns how much memory everything needs that a snapshot copies. */
  #bytesOf(states: readonly QueueState[]): number {
    const others = this.#parts.shelf.bytes + this.#mappings.bytes;
    return states.reduce((sum, { queue, contents }) => sum + bytesOfQueue(queue) + contents.bytes, others);
  }

  #remove(name: string): boolean {
    const snapshot = this.#snapshots.get(name);
    if (!snapshot) return false;
    this.#parts.memory.use(-snapshot.bytes);
    return this.#snapshots.delete(name);
  }

  #restore({ queue, tasks, messages, remembered }: QueueCopy, now: Millis): void {
    const contents = this.#parts.queues.emptyContents(queue, now);
    this.#parts.queues.insert({ queue, tasks, contents });
    contents.fill(messages.map((message) => ({ ...message })));
    contents.remembered.restore(remembered);
    // A receive that reached the in-flight limit may still be waiting.
    contents.full = true;
  }
}

function copyOf({ queue, tasks, contents }: QueueState): QueueCopy {
  const messages = Array.from(contents.messages, (message) => ({ ...message }));
  return { queue, tasks, messages, remembered: contents.remembered.entries() };
}
