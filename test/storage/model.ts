/**
 * A store that is obviously correct and ignores cost: a list of messages that every verb searches. The random walk
 * (walk.ts) compares an engine with it. Messages are identified by their messageId and ordered by their place in the
 * order of sending. A message that is dead-lettered to a FIFO queue gets a new place, and keeps its ID.
 */

import type {
  Counts,
  MovePortion,
  NewMessage,
  Receipt,
  ReceiveRequest,
  Redrive,
  VisibilityChange,
} from '../../src/storage/store.ts';
import type { Millis } from '../../src/time/clock.ts';

interface StoredMessage {
  messageId: string;
  place: number;
  groupId: string | undefined;
  sentAt: Millis;
  visibleAt: Millis;
  /** Orders messages that became visible at the same instant: its place, or a later one at the back of the line. */
  rank: number;
  receives: number;
  earlierReceives: number;
  deadLetterSource: string | undefined;
}

interface StoredQueue {
  fifo: boolean;
  retentionMs: Millis;
  /** In the order of sending. */
  messages: StoredMessage[];
  duplicates: Map<string, { messageId: string; endsAt: Millis }>;
  attempts: Map<string, { delivered: Delivered[]; until: Millis; endsAt: Millis }>;
}

/** A message as a receive returns it. */
interface Delivered {
  messageId: string;
  receiveCount: number;
  receive: number;
  deadLetterSource: string | undefined;
}

export class Model {
  readonly #queues = new Map<number, StoredQueue>();
  #places = 0;
  /** The instants from which the latest verb gave queues something to deliver. */
  announced: [queueId: number, at: Millis][] = [];

  createQueue(queueId: number, retentionMs: Millis, fifo = false): void {
    this.#queues.set(queueId, { fifo, retentionMs, messages: [], duplicates: new Map(), attempts: new Map() });
  }

  deleteQueue(queueId: number): void {
    this.#queues.delete(queueId);
  }

  setRetention(queueId: number, retentionMs: Millis): void {
    this.#queues.get(queueId)!.retentionMs = retentionMs;
  }

  purge(queueId: number): void {
    const queue = this.#queues.get(queueId)!;
    this.createQueue(queueId, queue.retentionMs, queue.fifo);
  }

  /** Forgets the sends and attempts that an engine may forget. */
  forget(now: Millis): void {
    for (const { duplicates, attempts } of this.#queues.values()) {
      for (const memory of [duplicates, attempts]) {
        for (const [key, { endsAt }] of memory) if (endsAt <= now) memory.delete(key);
      }
    }
  }

  /** Drops the expired messages of a queue, and returns the others. */
  unexpired(queueId: number, now: Millis): StoredMessage[] {
    const queue = this.#queues.get(queueId)!;
    queue.messages = queue.messages.filter(({ sentAt }) => sentAt + queue.retentionMs > now);
    return queue.messages;
  }

  /**
   * Returns runs of messages in the order in which they are delivered. In a standard queue each message is a run. In a
   * FIFO queue the messages of a group are a run, of which the part before the first hidden message can be delivered.
   */
  #runs(queueId: number, now: Millis): StoredMessage[][] {
    const { fifo } = this.#queues.get(queueId)!;
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
    const counts = { visible: 0, inFlight: 0, delayed: 0 };
    for (const { visibleAt, receives } of this.unexpired(queueId, now)) {
      if (visibleAt <= now) counts.visible++;
      else if (receives > 0) counts.inFlight++;
      else counts.delayed++;
    }
    return counts;
  }

  nextVisibleAt(queueId: number, now: Millis): Millis | undefined {
    const [first] = this.#runs(queueId, now);
    return first && Math.max(first[0]!.visibleAt, now);
  }

  /** Returns when the first message of any queue expires. */
  nextExpiry(now: Millis): Millis | undefined {
    const ends = [...this.#queues].flatMap(([id, { retentionMs }]) =>
      this.unexpired(id, now).map(({ sentAt }) => sentAt + retentionMs),
    );
    return ends.length > 0 ? Math.min(...ends) : undefined;
  }

  /** Returns the ID of each message, or of the original if it is a duplicate. */
  send(queueId: number, messages: readonly NewMessage[], now: Millis): string[] {
    const { duplicates } = this.#queues.get(queueId)!;
    return messages.map(({ messageId, delayMs, groupId, deduplication }) => {
      const earlier = deduplication && duplicates.get(deduplication.key);
      if (earlier && now < earlier.endsAt) return earlier.messageId;
      if (deduplication) duplicates.set(deduplication.key, { messageId, endsAt: now + deduplication.windowMs });
      const place = this.#places++;
      const arrival = { place, rank: place, groupId, sentAt: now, visibleAt: now + delayMs };
      this.#put(queueId, { messageId, ...arrival, ...NEVER_RECEIVED });
      return messageId;
    });
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Delivered[] | 'over-limit' {
    const { attempts } = this.#queues.get(queueId)!;
    const { attempt, visibilityMs } = request;
    const repeated = attempt && this.#repeat(queueId, attempt.id, visibilityMs, now);
    if (repeated) return repeated;
    const room = request.inFlightLimit - this.counts(queueId, now).inFlight;
    if (room <= 0) return 'over-limit';
    const rank = this.#places++;
    const delivered = this.#take(queueId, Math.min(request.max, room), request.redrive, now).map((message) => {
      message.receives++;
      if (visibilityMs > 0) this.#setVisibleAt(queueId, message, now + visibilityMs);
      else Object.assign(message, { visibleAt: now, rank });
      return deliveredOf(message);
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
      const target = redrive && this.#queues.get(redrive.targetId);
      const deadLettered = target ? candidates.filter(({ receives }) => receives >= redrive.maxReceiveCount) : [];
      if (deadLettered.length === 0) return candidates;
      for (const message of deadLettered) {
        this.#remove(queueId, message.messageId);
        const rank = this.#places++;
        this.#put(redrive!.targetId, {
          ...message,
          ...(target!.fifo && { place: rank, sentAt: now }),
          ...{ visibleAt: now, rank, receives: 0, earlierReceives: receivesOf(message) },
          deadLetterSource: redrive!.sourceArn,
        });
      }
    }
  }

  /** Returns the messages of an earlier attempt, and hides them again; undefined if one of them has changed since. */
  #repeat(queueId: number, id: string, visibilityMs: Millis, now: Millis): Delivered[] | undefined {
    const first = this.#queues.get(queueId)!.attempts.get(id);
    if (!first || now >= first.endsAt || now >= first.until || visibilityMs === 0) return undefined;
    const messages = first.delivered.map(({ messageId }) => this.#find(queueId, messageId, now));
    const untouched = messages.every(
      (message, index) => message?.visibleAt === first.until && receivesOf(message) === first.delivered[index]!.receive,
    );
    if (!untouched) return undefined;
    first.until = now + visibilityMs;
    for (const message of messages) this.#setVisibleAt(queueId, message!, first.until);
    return first.delivered;
  }

  delete(queueId: number, messageId: string, { receive }: Receipt, now: Millis): string {
    const message = this.#find(queueId, messageId, now);
    const refused =
      this.#refusal(queueId, message, receive, now) ?? (receivesOf(message!) > receive ? 'stale' : undefined);
    if (refused) return refused;
    this.#remove(queueId, messageId);
    return 'deleted';
  }

  changeVisibility(queueId: number, messageId: string, change: VisibilityChange, now: Millis): string {
    const message = this.#find(queueId, messageId, now);
    const refused = this.#refusal(queueId, message, change.receipt.receive, now);
    if (refused) return refused;
    this.#setVisibleAt(
      queueId,
      message!,
      now + change.visibilityMs,
      change.visibilityMs > 0 ? undefined : this.#places++,
    );
    return 'changed';
  }

  /**
   * Carries out a portion of a move task. Returns how many messages it moved, and whether the next has no destination.
   */
  move(queueId: number, destinationArn: string | undefined, { messageIds, destinations }: MovePortion, now: Millis) {
    let moved = 0;
    for (const { messageId, groupId, deadLetterSource } of this.#deliverable(queueId, now)) {
      if (moved === messageIds.length) break;
      const destination = destinations.get(destinationArn ?? deadLetterSource ?? '');
      if (destination === undefined || !this.#queues.has(destination)) return { moved, stuck: true };
      this.#remove(queueId, messageId);
      const place = this.#places++;
      const arrival = { place, rank: place, groupId, sentAt: now, visibleAt: now };
      this.#put(destination, { messageId: messageIds[moved++]!, ...arrival, ...NEVER_RECEIVED });
    }
    return { moved, stuck: false };
  }

  #refusal(queueId: number, message: StoredMessage | undefined, receive: number, now: Millis): string | undefined {
    const { fifo } = this.#queues.get(queueId)!;
    // A message that moved to a FIFO queue is a new message, even if it was in the same queue before.
    if (!message || (fifo && receive <= message.earlierReceives)) return 'gone';
    if (fifo ? receivesOf(message) !== receive : receivesOf(message) < receive) return 'stale';
    return fifo && message.visibleAt <= now ? 'lapsed' : undefined;
  }

  /** Makes the messages of a FIFO queue that have never been received visible `delayMs` after they were sent. */
  delayUnreceived(queueId: number, delayMs: Millis): void {
    for (const message of this.#queues.get(queueId)!.messages) {
      if (receivesOf(message) === 0) message.visibleAt = message.sentAt + delayMs;
    }
  }

  #find(queueId: number, messageId: string, now: Millis): StoredMessage | undefined {
    return this.unexpired(queueId, now).find((message) => message.messageId === messageId);
  }

  #put(queueId: number, message: StoredMessage): void {
    const { messages } = this.#queues.get(queueId)!;
    messages.push(message);
    messages.sort((a, b) => a.place - b.place);
    this.#announce(queueId, message.visibleAt);
  }

  #remove(queueId: number, messageId: string): void {
    const queue = this.#queues.get(queueId)!;
    queue.messages = queue.messages.filter((message) => message.messageId !== messageId);
  }

  #setVisibleAt(queueId: number, message: StoredMessage, visibleAt: Millis, rank = message.place): void {
    message.visibleAt = visibleAt;
    message.rank = rank;
    this.#announce(queueId, visibleAt);
  }

  /** Records announcements of standard queues. For FIFO queues the walk compares only `nextVisibleAt`. */
  #announce(queueId: number, at: Millis): void {
    if (!this.#queues.get(queueId)!.fifo) this.announced.push([queueId, at]);
  }
}

const NEVER_RECEIVED = { receives: 0, earlierReceives: 0, deadLetterSource: undefined };

/** Receipts count all receives since the send, so that none matches a later receive from another queue. */
function receivesOf({ receives, earlierReceives }: StoredMessage): number {
  return receives + earlierReceives;
}

function deliveredOf(message: StoredMessage): Delivered {
  const { messageId, deadLetterSource } = message;
  return { messageId, receiveCount: receivesOf(message), receive: receivesOf(message), deadLetterSource };
}
