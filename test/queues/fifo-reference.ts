/**
 * A reference implementation of FIFO queues that is obviously correct, whatever it costs: one list of messages, which
 * every operation searches. The property test (fifo-model.test.ts) compares Squab with it.
 */

import type { Millis } from '../../src/time/clock.ts';

export interface Rules {
  scope: 'queue' | 'messageGroup';
  retentionMs: Millis;
  inFlightLimit: number;
  /** After this many receives, a message is moved to the dead-letter queue; undefined: never. */
  maxReceiveCount: number | undefined;
}

/** A message that is sent. */
export interface Sending {
  id: string;
  group: string;
  deduplicationId: string;
}

/** Identifies one receive of one message. */
export interface Handle {
  id: string;
  receive: number;
}

interface Held {
  id: string;
  group: string;
  deduplicationId: string;
  sentAt: Millis;
  visibleAt: Millis;
  /** Receives from this queue. */
  receives: number;
  /** Receives from the source queue, before the message was dead-lettered. */
  earlier: number;
  /** Its place in the order of sending. */
  place: number;
  /** Orders messages that became visible at the same instant: its place, or a later one at the back of the line. */
  rank: number;
}

interface Attempt {
  handles: Handle[];
  until: Millis;
  endsAt: Millis;
}

const WINDOW: Millis = 300_000;

export class ReferenceQueue {
  readonly #rules: Rules;
  readonly #deadLetters: ReferenceQueue | undefined;
  delayMs: Millis;
  /** In the order of their sequence numbers. */
  #messages: Held[] = [];
  #places = 0;
  #sent = new Map<string, { id: string; endsAt: Millis }>();
  #attempts = new Map<string, Attempt>();

  constructor(rules: Rules, delayMs: Millis, deadLetters?: ReferenceQueue) {
    this.#rules = rules;
    this.delayMs = delayMs;
    this.#deadLetters = deadLetters;
  }

  /** Sends messages. Returns the message ID of each, which for a duplicate is that of the original. */
  send(sendings: readonly Sending[], now: Millis): string[] {
    return sendings.map(({ id, group, deduplicationId }) => {
      const key = this.#rules.scope === 'queue' ? deduplicationId : `${group} ${deduplicationId}`;
      const original = this.#sent.get(key);
      if (original && now < original.endsAt) return original.id;
      this.#sent.set(key, { id, endsAt: now + WINDOW });
      const message = { id, group, deduplicationId, sentAt: now, visibleAt: now + this.delayMs };
      this.#add({ ...message, receives: 0, earlier: 0 });
      return id;
    });
  }

  receive(
    max: number,
    visibilityMs: Millis,
    attemptId: string | undefined,
    now: Millis,
  ): (Handle & { group: string })[] {
    this.#expire(now);
    const repeated = attemptId === undefined ? undefined : this.#repeat(attemptId, visibilityMs, now);
    if (repeated) return repeated;
    const room = this.#rules.inFlightLimit - this.counts(now).inFlight;
    if (room <= 0) return [];
    const taken = this.#take(Math.min(max, room), now);
    const back = this.#places++;
    for (const message of taken) {
      message.receives++;
      message.visibleAt = now + visibilityMs;
      message.rank = visibilityMs > 0 ? message.place : back;
    }
    const handles = taken.map(handleOf);
    if (attemptId !== undefined && visibilityMs > 0 && taken.length > 0) {
      this.#attempts.set(attemptId, { handles, until: now + visibilityMs, endsAt: now + WINDOW });
    }
    return handles;
  }

  delete(handle: Handle, now: Millis): 'success' | 'expired' {
    const message = this.#find(handle.id, now);
    if (!message) return 'success';
    if (!isHeldBy(handle, message, now)) return 'expired';
    this.#remove(message);
    return 'success';
  }

  changeVisibility(handle: Handle, visibilityMs: Millis, now: Millis): 'success' | 'not available' {
    const message = this.#find(handle.id, now);
    if (!message || !isHeldBy(handle, message, now)) return 'not available';
    message.visibleAt = now + visibilityMs;
    message.rank = visibilityMs > 0 ? message.place : this.#places++;
    return 'success';
  }

  setDelay(delayMs: Millis): void {
    this.delayMs = delayMs;
    for (const message of this.#messages) {
      if (message.receives + message.earlier === 0) message.visibleAt = message.sentAt + delayMs;
    }
  }

  purge(): void {
    this.#messages = [];
    this.#sent.clear();
    this.#attempts.clear();
  }

  counts(now: Millis): { visible: number; inFlight: number; delayed: number } {
    this.#expire(now);
    const hidden = this.#messages.filter(({ visibleAt }) => visibleAt > now);
    const inFlight = hidden.filter(({ receives }) => receives > 0).length;
    return { visible: this.#messages.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
  }

  deduplicationIdOf(id: string): string | undefined {
    return this.#messages.find((message) => message.id === id)?.deduplicationId;
  }

  /** Returns the messages to deliver, after moving those that were received too often to the dead-letter queue. */
  #take(max: number, now: Millis): Held[] {
    for (;;) {
      const candidates = this.#deliverable(now).slice(0, max);
      const limit = this.#rules.maxReceiveCount;
      const deadLettered = candidates.filter(({ receives }) => limit !== undefined && receives >= limit);
      if (deadLettered.length === 0) return candidates;
      for (const message of deadLettered) {
        this.#remove(message);
        this.#deadLetters!.#add({
          ...message,
          ...{ deduplicationId: message.id, sentAt: now, visibleAt: now },
          ...{ receives: 0, earlier: message.earlier + message.receives },
        });
      }
    }
  }

  /**
   * Returns the messages that may be delivered: those that are visible, and have no hidden message of their group
   * before them. The group whose first message became visible earliest comes first; at the same instant, the one that
   * was put at the back of the line last comes last.
   */
  #deliverable(now: Millis): Held[] {
    const groups = new Map<string, Held[]>();
    for (const message of this.#messages) {
      groups.set(message.group, [...(groups.get(message.group) ?? []), message]);
    }
    const free = [...groups.values()].map((messages) => {
      const hidden = messages.findIndex(({ visibleAt }) => visibleAt > now);
      return hidden === -1 ? messages : messages.slice(0, hidden);
    });
    // The sort is stable, and the groups are in the order of their first messages.
    return free
      .filter((run) => run.length > 0)
      .toSorted(([a], [b]) => a!.visibleAt - b!.visibleAt || a!.rank - b!.rank)
      .flat();
  }

  #add(message: Omit<Held, 'place' | 'rank'>): void {
    const place = this.#places++;
    this.#messages.push({ ...message, place, rank: place });
  }

  #repeat(attemptId: string, visibilityMs: Millis, now: Millis): (Handle & { group: string })[] | undefined {
    const attempt = this.#attempts.get(attemptId);
    if (!attempt || now >= attempt.endsAt || now >= attempt.until || visibilityMs === 0) return undefined;
    const messages = attempt.handles.map(({ id }) => this.#messages.find((message) => message.id === id));
    const untouched = messages.every(
      (message, index) => message?.visibleAt === attempt.until && isHeldBy(attempt.handles[index]!, message, now),
    );
    if (!untouched) return undefined;
    attempt.until = now + visibilityMs;
    for (const message of messages) message!.visibleAt = attempt.until;
    return messages.map((message) => handleOf(message!));
  }

  #find(id: string, now: Millis): Held | undefined {
    this.#expire(now);
    return this.#messages.find((message) => message.id === id);
  }

  #remove(message: Held): void {
    this.#messages = this.#messages.filter((other) => other !== message);
  }

  #expire(now: Millis): void {
    this.#messages = this.#messages.filter(({ sentAt }) => now < sentAt + this.#rules.retentionMs);
  }
}

const handleOf = ({ id, group, receives, earlier }: Held) => ({ id, group, receive: receives + earlier });

/** Returns whether a handle is valid: it is that of the message's latest receive, and the message is still hidden. */
function isHeldBy({ receive }: Handle, { receives, earlier, visibleAt }: Held, now: Millis): boolean {
  return receive === receives + earlier && visibleAt > now;
}
