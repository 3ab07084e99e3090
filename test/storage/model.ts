/**
 * A store that is obviously right and does not care what it costs: a list of messages, looked through for every question.
 * The random walk (walk.ts) compares an engine with it. Messages go by their messageId.
 */

import type { Millis } from '../../src/clock.ts';
import type {
  Counts,
  MovePortion,
  NewMessage,
  Receipt,
  ReceiveRequest,
  VisibilityChange,
} from '../../src/storage/store.ts';

interface Held {
  messageId: string;
  sentAt: Millis;
  visibleAt: Millis;
  receives: number;
  earlierReceives: number;
  deadLetterSource: string | undefined;
}

interface Told {
  messageId: string;
  receiveCount: number;
  receive: number;
  deadLetterSource: string | undefined;
}

export class Model {
  /** In the order of their sending. */
  readonly #queues = new Map<number, { retentionMs: Millis; messages: Held[] }>();
  /** From when on the latest verb gave a queue something to deliver. */
  announced: [queueId: number, at: Millis][] = [];

  createQueue(queueId: number, retentionMs: Millis): void {
    this.#queues.set(queueId, { retentionMs, messages: [] });
  }

  deleteQueue(queueId: number): void {
    this.#queues.delete(queueId);
  }

  setRetention(queueId: number, retentionMs: Millis): void {
    this.#queues.get(queueId)!.retentionMs = retentionMs;
  }

  purge(queueId: number): void {
    this.#queues.get(queueId)!.messages = [];
  }

  /** What is not expired, in the order in which it may go out. */
  held(queueId: number, now: Millis): Held[] {
    const queue = this.#queues.get(queueId)!;
    queue.messages = queue.messages.filter(({ sentAt }) => sentAt + queue.retentionMs > now);
    return queue.messages.toSorted((a, b) => a.visibleAt - b.visibleAt);
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
    const first = this.held(queueId, now)[0]?.visibleAt;
    return first === undefined ? undefined : Math.max(first, now);
  }

  /** When the first message of any queue expires. */
  nextExpiry(now: Millis): Millis | undefined {
    const ends = [...this.#queues].flatMap(([id, { retentionMs }]) =>
      this.held(id, now).map(({ sentAt }) => sentAt + retentionMs),
    );
    return ends.length > 0 ? Math.min(...ends) : undefined;
  }

  send(queueId: number, messages: readonly NewMessage[], now: Millis): void {
    for (const { messageId, delayMs } of messages) {
      this.#put(queueId, { messageId, sentAt: now, visibleAt: now + delayMs, ...NEVER_RECEIVED });
    }
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Told[] | 'over-limit' {
    const room = request.inFlightLimit - this.counts(queueId, now).inFlight;
    if (room <= 0) return 'over-limit';
    const told: Told[] = [];
    const { redrive } = request;
    for (const message of this.held(queueId, now)) {
      if (message.visibleAt > now || told.length === Math.min(request.max, room)) break;
      if (redrive && this.#queues.has(redrive.targetId) && message.receives >= redrive.maxReceiveCount) {
        this.#take(queueId, message.messageId);
        message.earlierReceives += message.receives;
        this.#put(redrive.targetId, { ...message, receives: 0, visibleAt: now, deadLetterSource: redrive.sourceArn });
        continue;
      }
      message.receives++;
      if (request.visibilityMs > 0) this.#setVisibleAt(queueId, message, now + request.visibilityMs);
      const { messageId, receives, earlierReceives, deadLetterSource } = message;
      told.push({
        messageId,
        receiveCount: receives + earlierReceives,
        receive: receives + earlierReceives,
        deadLetterSource,
      });
    }
    return told;
  }

  delete(queueId: number, messageId: string, { receive }: Receipt, now: Millis): string {
    const message = this.#find(queueId, messageId, now);
    if (!message || receivesOf(message) !== receive) return message ? 'stale' : 'gone';
    this.#take(queueId, messageId);
    return 'deleted';
  }

  changeVisibility(queueId: number, messageId: string, change: VisibilityChange, now: Millis): string {
    const message = this.#find(queueId, messageId, now);
    if (!message || receivesOf(message) !== change.receipt.receive) return message ? 'stale' : 'gone';
    this.#setVisibleAt(queueId, message, now + change.visibilityMs);
    return 'changed';
  }

  /** A portion of a move task: how many messages it moves, and whether it ends before one that has nowhere to go. */
  move(queueId: number, destinationArn: string | undefined, { messageIds, destinations }: MovePortion, now: Millis) {
    let moved = 0;
    for (const { messageId, visibleAt, deadLetterSource } of this.held(queueId, now)) {
      if (visibleAt > now || moved === messageIds.length) break;
      const destination = destinations.get(destinationArn ?? deadLetterSource ?? '');
      if (destination === undefined || !this.#queues.has(destination)) return { moved, stuck: true };
      this.#take(queueId, messageId);
      this.#put(destination, { messageId: messageIds[moved++]!, sentAt: now, visibleAt: now, ...NEVER_RECEIVED });
    }
    return { moved, stuck: false };
  }

  #find(queueId: number, messageId: string, now: Millis): Held | undefined {
    return this.held(queueId, now).find((message) => message.messageId === messageId);
  }

  #put(queueId: number, message: Held): void {
    const { messages } = this.#queues.get(queueId)!;
    messages.push(message);
    messages.sort((a, b) => serial(a) - serial(b));
    this.announced.push([queueId, message.visibleAt]);
  }

  #take(queueId: number, messageId: string): void {
    const queue = this.#queues.get(queueId)!;
    queue.messages = queue.messages.filter((message) => message.messageId !== messageId);
  }

  #setVisibleAt(queueId: number, message: Held, visibleAt: Millis): void {
    message.visibleAt = visibleAt;
    this.announced.push([queueId, visibleAt]);
  }
}

const NEVER_RECEIVED = { receives: 0, earlierReceives: 0, deadLetterSource: undefined };

/** The message ids of the suite (subject.ts) end in a running number. */
const serial = ({ messageId }: Held) => Number(messageId.split('-')[1]);

/** A receipt tells receives since the sending, so that it never fits a later receive from another queue. */
function receivesOf({ receives, earlierReceives }: Held): number {
  return receives + earlierReceives;
}
