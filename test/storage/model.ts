/**
 * A store that is obviously right and does not care what it costs: a list of messages, looked through for every question.
 * The random walk (walk.ts) compares an engine with it. Messages go by their messageId, and their order by their place
 * in the order of sending: what a move to a FIFO queue sends anew gets a new place, and keeps its id.
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

interface Held {
  messageId: string;
  place: number;
  groupId: string | undefined;
  sentAt: Millis;
  visibleAt: Millis;
  receives: number;
  earlierReceives: number;
  deadLetterSource: string | undefined;
}

interface HeldQueue {
  fifo: boolean;
  retentionMs: Millis;
  /** In the order of their sending. */
  messages: Held[];
  duplicates: Map<string, { messageId: string; endsAt: Millis }>;
  attempts: Map<string, { told: Told[]; until: Millis; endsAt: Millis }>;
}

interface Told {
  messageId: string;
  receiveCount: number;
  receive: number;
  deadLetterSource: string | undefined;
}

export class Model {
  readonly #queues = new Map<number, HeldQueue>();
  #places = 0;
  /** From when on the latest verb gave a queue something to deliver. */
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

  /** What the engine is free to forget, it has forgotten. */
  forget(now: Millis): void {
    for (const { duplicates, attempts } of this.#queues.values()) {
      for (const memory of [duplicates, attempts]) {
        for (const [key, { endsAt }] of memory) if (endsAt <= now) memory.delete(key);
      }
    }
  }

  /** What is not expired. */
  held(queueId: number, now: Millis): Held[] {
    const queue = this.#queues.get(queueId)!;
    queue.messages = queue.messages.filter(({ sentAt }) => sentAt + queue.retentionMs > now);
    return queue.messages;
  }

  /**
   * Runs of messages that may go out one after the other, the next run first. In a standard queue each message is a run;
   * in a FIFO queue the messages of a group are one, which ends where its first message after it is hidden.
   */
  #runs(queueId: number, now: Millis): Held[][] {
    const { fifo } = this.#queues.get(queueId)!;
    const runs = Map.groupBy(this.held(queueId, now), ({ groupId, place }) => (fifo ? groupId : place));
    return [...runs.values()].toSorted(([a], [b]) => a!.visibleAt - b!.visibleAt);
  }

  /** What may go out, in that order. */
  #deliverable(queueId: number, now: Millis): Held[] {
    return this.#runs(queueId, now).flatMap((run) => {
      const hidden = run.findIndex(({ visibleAt }) => visibleAt > now);
      return hidden === -1 ? run : run.slice(0, hidden);
    });
  }

  counts(queueId: number, now: Millis): Counts {
    const counts = { visible: 0, inFlight: 0, delayed: 0 };
    for (const { visibleAt, receives } of this.held(queueId, now)) {
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

  /** When the first message of any queue expires. */
  nextExpiry(now: Millis): Millis | undefined {
    const ends = [...this.#queues].flatMap(([id, { retentionMs }]) =>
      this.held(id, now).map(({ sentAt }) => sentAt + retentionMs),
    );
    return ends.length > 0 ? Math.min(...ends) : undefined;
  }

  /** The id of the message that each of them is, or repeats. */
  send(queueId: number, messages: readonly NewMessage[], now: Millis): string[] {
    const { duplicates } = this.#queues.get(queueId)!;
    return messages.map(({ messageId, delayMs, groupId, deduplication }) => {
      const earlier = deduplication && duplicates.get(deduplication.key);
      if (earlier && now < earlier.endsAt) return earlier.messageId;
      if (deduplication) duplicates.set(deduplication.key, { messageId, endsAt: now + deduplication.windowMs });
      const place = this.#places++;
      this.#put(queueId, { messageId, place, groupId, sentAt: now, visibleAt: now + delayMs, ...NEVER_RECEIVED });
      return messageId;
    });
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Told[] | 'over-limit' {
    const { attempts } = this.#queues.get(queueId)!;
    const { attempt, visibilityMs } = request;
    const repeated = attempt && this.#repeat(queueId, attempt.id, visibilityMs, now);
    if (repeated) return repeated;
    const room = request.inFlightLimit - this.counts(queueId, now).inFlight;
    if (room <= 0) return 'over-limit';
    const told = this.#take(queueId, Math.min(request.max, room), request.redrive, now).map((message) => {
      message.receives++;
      if (visibilityMs > 0) this.#setVisibleAt(queueId, message, now + visibilityMs);
      return toldOf(message);
    });
    if (attempt && visibilityMs > 0 && told.length > 0) {
      attempts.set(attempt.id, { told, until: now + visibilityMs, endsAt: now + attempt.windowMs });
    }
    return told;
  }

  /** What goes out, after what was received too often has gone elsewhere. */
  #take(queueId: number, max: number, redrive: Redrive | undefined, now: Millis): Held[] {
    for (;;) {
      const candidates = this.#deliverable(queueId, now).slice(0, max);
      const target = redrive && this.#queues.get(redrive.targetId);
      const deadLettered = target ? candidates.filter(({ receives }) => receives >= redrive.maxReceiveCount) : [];
      if (deadLettered.length === 0) return candidates;
      for (const message of deadLettered) {
        this.#remove(queueId, message.messageId);
        this.#put(redrive!.targetId, {
          ...message,
          ...(target!.fifo && { place: this.#places++, sentAt: now }),
          ...{ visibleAt: now, receives: 0, earlierReceives: receivesOf(message) },
          deadLetterSource: redrive!.sourceArn,
        });
      }
    }
  }

  #repeat(queueId: number, id: string, visibilityMs: Millis, now: Millis): Told[] | undefined {
    const first = this.#queues.get(queueId)!.attempts.get(id);
    if (!first || now >= first.endsAt || now >= first.until || visibilityMs === 0) return undefined;
    const messages = first.told.map(({ messageId }) => this.#find(queueId, messageId, now));
    const untouched = messages.every(
      (message, index) => message?.visibleAt === first.until && receivesOf(message) === first.told[index]!.receive,
    );
    if (!untouched) return undefined;
    first.until = now + visibilityMs;
    for (const message of messages) this.#setVisibleAt(queueId, message!, first.until);
    return first.told;
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
    this.#setVisibleAt(queueId, message!, now + change.visibilityMs);
    return 'changed';
  }

  /** A portion of a move task: how many messages it moves, and whether it ends before one that has nowhere to go. */
  move(queueId: number, destinationArn: string | undefined, { messageIds, destinations }: MovePortion, now: Millis) {
    let moved = 0;
    for (const { messageId, groupId, deadLetterSource } of this.#deliverable(queueId, now)) {
      if (moved === messageIds.length) break;
      const destination = destinations.get(destinationArn ?? deadLetterSource ?? '');
      if (destination === undefined || !this.#queues.has(destination)) return { moved, stuck: true };
      this.#remove(queueId, messageId);
      const place = { place: this.#places++, groupId, sentAt: now, visibleAt: now };
      this.#put(destination, { messageId: messageIds[moved++]!, ...place, ...NEVER_RECEIVED });
    }
    return { moved, stuck: false };
  }

  #refusal(queueId: number, message: Held | undefined, receive: number, now: Millis): string | undefined {
    const { fifo } = this.#queues.get(queueId)!;
    // What came to a FIFO queue is another message than it was before, also where it was once in the same queue.
    if (!message || (fifo && receive <= message.earlierReceives)) return 'gone';
    if (fifo ? receivesOf(message) !== receive : receivesOf(message) < receive) return 'stale';
    return fifo && message.visibleAt <= now ? 'lapsed' : undefined;
  }

  /** The messages of a FIFO queue that were never received wait for so long after their sending. */
  delayUnreceived(queueId: number, delayMs: Millis): void {
    for (const message of this.#queues.get(queueId)!.messages) {
      if (receivesOf(message) === 0) message.visibleAt = message.sentAt + delayMs;
    }
  }

  #find(queueId: number, messageId: string, now: Millis): Held | undefined {
    return this.held(queueId, now).find((message) => message.messageId === messageId);
  }

  #put(queueId: number, message: Held): void {
    const { messages } = this.#queues.get(queueId)!;
    messages.push(message);
    messages.sort((a, b) => a.place - b.place);
    this.#announce(queueId, message.visibleAt);
  }

  #remove(queueId: number, messageId: string): void {
    const queue = this.#queues.get(queueId)!;
    queue.messages = queue.messages.filter((message) => message.messageId !== messageId);
  }

  #setVisibleAt(queueId: number, message: Held, visibleAt: Millis): void {
    message.visibleAt = visibleAt;
    this.#announce(queueId, visibleAt);
  }

  /** When a group of a FIFO queue is free is seen by `nextVisibleAt`. */
  #announce(queueId: number, at: Millis): void {
    if (!this.#queues.get(queueId)!.fifo) this.announced.push([queueId, at]);
  }
}

const NEVER_RECEIVED = { receives: 0, earlierReceives: 0, deadLetterSource: undefined };

/** A receipt tells receives since the sending, so that it never fits a later receive from another queue. */
function receivesOf({ receives, earlierReceives }: Held): number {
  return receives + earlierReceives;
}

function toldOf(message: Held): Told {
  const { messageId, deadLetterSource } = message;
  return { messageId, receiveCount: receivesOf(message), receive: receivesOf(message), deadLetterSource };
}
