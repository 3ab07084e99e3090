/**
 * A store that is obviously correct and ignores cost: a list of messages that every verb searches. The random walk
 * (walk.ts) compares an engine with it. A message is identified by its place in the order of sending, and gets a new
 * place when it is dead-lettered to a FIFO queue or moved by a move task.
 */

import type { Counts, MovePortion, NewMessage, ReceiveRequest, Redrive } from '../../src/storage/store.ts';
import type { Millis } from '../../src/time/clock.ts';
import {
  atPlace,
  countsOf,
  type Delivered,
  type ModelReceipt,
  NEVER_RECEIVED,
  receivesOf,
  refusalOf,
  type State,
  type StoredMessage,
  type StoredQueue,
} from './model-state.ts';

export class Model {
  #state: State = { queues: new Map(), issued: new Set() };
  /** Places and numbers of receipts, which are never used again, not even after a snapshot is restored. */
  #numbers = 0;
  /** The instants from which the latest verbs gave queues something to deliver. */
  announced: [queueId: number, at: Millis][] = [];

  createQueue(id: number, retentionMs: Millis, fifo = false): void {
    this.#state.queues.set(id, { fifo, retentionMs, messages: [], duplicates: new Map(), attempts: new Map() });
  }

  deleteQueue(queueId: number): void {
    this.#state.queues.delete(queueId);
  }

  setRetention(queueId: number, retentionMs: Millis): void {
    this.#queue(queueId).retentionMs = retentionMs;
  }

  purge(queueId: number): void {
    const queue = this.#queue(queueId);
    this.createQueue(queueId, queue.retentionMs, queue.fifo);
  }

  /** Forgets the sends and attempts that an engine may forget. */
  forget(now: Millis): void {
    for (const { duplicates, attempts } of this.#state.queues.values()) {
      for (const memory of [duplicates, attempts]) {
        for (const [key, { endsAt }] of memory) if (endsAt <= now) memory.delete(key);
      }
    }
  }

  /** Returns a copy of everything. Later changes do not affect it. */
  snapshot(): State {
    return structuredClone(this.#state);
  }

  restore(snapshot: State, now: Millis): void {
    this.#state = structuredClone(snapshot);
    for (const queueId of this.#state.queues.keys()) {
      const at = this.nextVisibleAt(queueId, now);
      if (at !== undefined) this.#announce(queueId, at);
    }
  }

  /** Drops the expired messages of a queue, and returns the others. */
  unexpired(queueId: number, now: Millis): StoredMessage[] {
    const queue = this.#queue(queueId);
    queue.messages = queue.messages.filter(({ sentAt }) => sentAt + queue.retentionMs > now);
    return queue.messages;
  }

  /** Returns when a message was sent; undefined if it is not in the queue. */
  sentAt(queueId: number, place: number): Millis | undefined {
    return this.#queue(queueId).messages.find((message) => message.place === place)?.sentAt;
  }

  /** Returns how many messages a queue has, expired ones included. */
  size(queueId: number): number {
    return this.#queue(queueId).messages.length;
  }

  /**
   * Returns runs of messages in the order in which they are delivered. In a standard queue each message is a run. In a
   * FIFO queue the messages of a group are a run, of which the part before the first hidden message can be delivered.
   */
  #runs(queueId: number, now: Millis): StoredMessage[][] {
    const { fifo } = this.#queue(queueId);
    const runs = Map.groupBy(this.unexpired(queueId, now), ({ groupId, place }) => (fifo ? groupId : place));
    return [...runs.values()].toSorted(([a], [b]) => a!.visibleAt - b!.visibleAt || a!.rank - b!.rank);
  }

  /** Returns the messages that can be delivered, in order. */
  #deliverable(queueId: number, now: Millis): StoredMessage[] {
    return this.#runs(queueId, now).flatMap((run) => {
      const hidden = run.findIndex(({ visibleAt }) => visibleAt > now);
      return hidden === -1 ? run : run.slice(0, hidden);
    });
  }

  counts(queueId: number, now: Millis): Counts {
    return countsOf(this.unexpired(queueId, now), now);
  }

  nextVisibleAt(queueId: number, now: Millis): Millis | undefined {
    const [first] = this.#runs(queueId, now);
    return first && Math.max(first[0]!.visibleAt, now);
  }

  /** Drops the expired messages of all queues. Returns when the next one expires. */
  nextExpiry(now: Millis): Millis | undefined {
    for (const id of this.#state.queues.keys()) this.unexpired(id, now);
    return this.expiriesAfter(now).sort((a, b) => a - b)[0];
  }

  expiriesAfter(now: Millis): Millis[] {
    const endsOf = (queue: StoredQueue) => queue.messages.map(({ sentAt }) => sentAt + queue.retentionMs);
    return [...this.#state.queues.values()].flatMap(endsOf).filter((end) => end > now);
  }

  /** Returns the ID of each message, or of the original if it is a duplicate. */
  send(queueId: number, messages: readonly NewMessage[], now: Millis): string[] {
    this.unexpired(queueId, now);
    const { duplicates } = this.#queue(queueId);
    return messages.map(({ messageId, delayMs, groupId, deduplication, deadLetterSource }) => {
      const earlier = deduplication && duplicates.get(deduplication.key);
      if (earlier && now < earlier.endsAt) return earlier.messageId;
      if (deduplication) duplicates.set(deduplication.key, { messageId, endsAt: now + deduplication.windowMs });
      const stored = { ...NEVER_RECEIVED, messageId, ...atPlace(this.#numbers++), groupId, deadLetterSource };
      this.#put(queueId, { ...stored, sentAt: now, visibleAt: now + delayMs });
      return messageId;
    });
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Delivered[] | 'over-limit' {
    const { attempts } = this.#queue(queueId);
    const { attempt, visibilityMs } = request;
    const repeated = attempt && this.#repeat(queueId, attempt.id, visibilityMs, now);
    if (repeated) return repeated;
    const room = request.inFlightLimit - this.counts(queueId, now).inFlight;
    if (room <= 0) return 'over-limit';
    const taken = this.#take(queueId, Math.min(request.max, room), request.redrive, now);
    const rank = this.#numbers++;
    // The model has no bodies, so its limits count every message as one.
    const delivered = taken.slice(0, Math.max(1, request.sizeLimit?.max() ?? taken.length)).map((message) => {
      message.receives++;
      if (visibilityMs > 0) this.#setVisibleAt(queueId, message, now + visibilityMs);
      else Object.assign(message, { visibleAt: now, rank });
      return this.#deliver(message);
    });
    if (attempt && visibilityMs > 0 && delivered.length > 0) {
      attempts.set(attempt.id, { delivered, until: now + visibilityMs, endsAt: now + attempt.windowMs });
    }
    return delivered;
  }

  /** Returns the messages to hand out, after dead-lettering those that were received too often. */
  #take(queueId: number, max: number, redrive: Redrive | undefined, now: Millis): StoredMessage[] {
    for (;;) {
      const candidates = this.#deliverable(queueId, now).slice(0, max);
      if (!redrive || !this.#state.queues.has(redrive.targetId)) return candidates;
      const deadLettered = candidates.filter(({ receives }) => receives >= redrive.maxReceiveCount);
      if (deadLettered.length === 0) return candidates;
      for (const message of deadLettered) this.#deadLetter(queueId, message, redrive, now);
    }
  }

  #deadLetter(queueId: number, message: StoredMessage, { targetId, sourceArn }: Redrive, now: Millis): void {
    this.unexpired(targetId, now);
    this.#remove(queueId, message.place);
    const { place, rank } = atPlace(this.#numbers++);
    this.#put(targetId, {
      ...message,
      ...(this.#queue(targetId).fifo && { place, sentAt: now }),
      ...{ visibleAt: now, rank, receives: 0, earlierReceives: receivesOf(message) },
      deadLetterSource: sourceArn,
    });
  }

  /** Returns the messages of an earlier attempt, and hides them again; undefined if one of them has changed since. */
  #repeat(queueId: number, id: string, visibilityMs: Millis, now: Millis): Delivered[] | undefined {
    const first = this.#queue(queueId).attempts.get(id);
    if (!first || now >= first.endsAt || now >= first.until || visibilityMs === 0) return undefined;
    const receipts = first.delivered.map(({ receipt }) => receipt);
    const messages = receipts.map(({ place }) => this.#find(queueId, place, now));
    const untouched = messages.every(
      (message, index) => message?.visibleAt === first.until && receivesOf(message) === receipts[index]!.receive,
    );
    if (!untouched) return undefined;
    first.until = now + visibilityMs;
    for (const message of messages) this.#setVisibleAt(queueId, message!, first.until);
    return messages.map((message) => this.#deliver(message!));
  }

  delete(queueId: number, receipt: ModelReceipt, now: Millis): string {
    const message = this.#find(queueId, receipt.place, now);
    const refused = refusalOf(this.#state, queueId, message, receipt, 'delete', now);
    if (refused) return refused;
    this.#remove(queueId, receipt.place);
    return 'deleted';
  }

  changeVisibility(queueId: number, receipt: ModelReceipt, visibilityMs: Millis, now: Millis): string {
    const message = this.#find(queueId, receipt.place, now);
    const refused = refusalOf(this.#state, queueId, message, receipt, 'change', now);
    if (refused) return refused;
    this.#setVisibleAt(queueId, message!, now + visibilityMs, visibilityMs > 0 ? undefined : this.#numbers++);
    return 'changed';
  }

  /** Deletes a message in any state. Returns whether it was in the queue. */
  remove(queueId: number, place: number, now: Millis): boolean {
    if (!this.#find(queueId, place, now)) return false;
    this.#remove(queueId, place);
    return true;
  }

  /** Makes a hidden message visible. Returns whether the message was in the queue. */
  makeVisible(queueId: number, place: number, now: Millis): boolean {
    const message = this.#find(queueId, place, now);
    if (message && message.visibleAt > now) this.#setVisibleAt(queueId, message, now, this.#numbers++);
    return message !== undefined;
  }

  /** Dead-letters a message in any state. Returns whether it and the target were there. */
  deadLetter(queueId: number, place: number, redrive: Redrive, now: Millis): boolean {
    const message = this.#find(queueId, place, now);
    if (!message || !this.#state.queues.has(redrive.targetId)) return false;
    this.#deadLetter(queueId, message, redrive, now);
    return true;
  }

  /**
   * Carries out a portion of a move task. Returns how many messages it moved, and whether the next has no destination.
   */
  move(queueId: number, destinationArn: string | undefined, { messageIds, destinations }: MovePortion, now: Millis) {
    let moved = 0;
    for (const { place, groupId, deadLetterSource } of this.#deliverable(queueId, now)) {
      if (moved === messageIds.length) break;
      const destination = destinations.get(destinationArn ?? deadLetterSource ?? '');
      if (destination === undefined || !this.#state.queues.has(destination)) return { moved, stuck: true };
      this.unexpired(destination, now);
      this.#remove(queueId, place);
      const as = { ...atPlace(this.#numbers++), groupId, sentAt: now, visibleAt: now };
      this.#put(destination, { messageId: messageIds[moved++]!, ...as, ...NEVER_RECEIVED });
    }
    return { moved, stuck: false };
  }

  /** Makes the messages of a FIFO queue that have never been received visible `delayMs` after they were sent. */
  delayUnreceived(queueId: number, delayMs: Millis, now: Millis): void {
    for (const message of this.unexpired(queueId, now)) {
      if (receivesOf(message) === 0) message.visibleAt = message.sentAt + delayMs;
    }
  }

  #deliver(message: StoredMessage): Delivered {
    const { messageId, place, deadLetterSource } = message;
    const receipt = { number: this.#numbers++, place, receive: receivesOf(message) };
    this.#state.issued.add(receipt.number);
    return { messageId, receiveCount: receivesOf(message), deadLetterSource, receipt };
  }

  #queue(queueId: number): StoredQueue {
    return this.#state.queues.get(queueId)!;
  }

  #find(queueId: number, place: number, now: Millis): StoredMessage | undefined {
    return this.unexpired(queueId, now).find((message) => message.place === place);
  }

  #put(queueId: number, message: StoredMessage): void {
    const { messages } = this.#queue(queueId);
    messages.push(message);
    messages.sort((a, b) => a.place - b.place);
    this.#announce(queueId, message.visibleAt);
  }

  #remove(queueId: number, place: number): void {
    const queue = this.#queue(queueId);
    queue.messages = queue.messages.filter((message) => message.place !== place);
  }

  #setVisibleAt(queueId: number, message: StoredMessage, visibleAt: Millis, rank = message.place): void {
    Object.assign(message, { visibleAt, rank });
    this.#announce(queueId, visibleAt);
  }

  /** Records announcements of standard queues. For FIFO queues the walk compares only `nextVisibleAt`. */
  #announce(queueId: number, at: Millis): void {
    if (!this.#queue(queueId).fifo) this.announced.push([queueId, at]);
  }
}
