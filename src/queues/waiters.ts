/**
 * Long polling: who waits for messages of which queue, and who is woken.
 *
 * Each queue that somebody waits for has a line. The store announces when a queue may have something to deliver: at once,
 * which wakes the first sleeper of the line, or from a later instant on, for which the line sets one alarm. Whoever was
 * woken looks; when it has taken its messages, or has gone away, the line looks ahead again, and so wakes the next one
 * if there is more. So a message wakes one waiter, waiters are served in the order in which they came, and between two
 * events nothing runs.
 *
 * No wake-up is lost between looking and falling asleep: a waiter stands in the line before it looks, and looks again if
 * an announcement came meanwhile that woke nobody.
 */

import type { Clock, Millis } from '../time/clock.ts';

interface Waiter {
  /** Set while the waiter sleeps. */
  wake: (() => void) | undefined;
}

interface Line {
  waiters: Set<Waiter>;
  /** Grows with each announcement that found nobody asleep. */
  missed: number;
  alarm: { at: Millis; cancel: () => void } | undefined;
}

export interface Poll<T> {
  queueId: number;
  /** When to give up. */
  deadline: Millis;
  /** Aborted when the client is gone. */
  signal: AbortSignal;
  /** One look; undefined when there was nothing. */
  look: () => Promise<T | undefined>;
}

export class Waiters {
  readonly #clock: Clock;
  readonly #nextVisibleAt: (queueId: number, now: Millis) => Promise<Millis | undefined>;
  readonly #lines = new Map<number, Line>();
  #closed = false;

  /** `nextVisibleAt` tells from when on a look may find something; see `Store`. */
  constructor(clock: Clock, nextVisibleAt: (queueId: number, now: Millis) => Promise<Millis | undefined>) {
    this.#clock = clock;
    this.#nextVisibleAt = nextVisibleAt;
  }

  /** How many polls wait: for messages of a queue, or in all. */
  waiting(queueId?: number): number {
    if (queueId !== undefined) return this.#lines.get(queueId)?.waiters.size ?? 0;
    return [...this.#lines.values()].reduce((sum, { waiters }) => sum + waiters.size, 0);
  }

  /** From `at` on there may be something in the queue. */
  announce(queueId: number, at: Millis): void {
    const line = this.#lines.get(queueId);
    if (line) this.#expect(line, at);
  }

  /** Lets every poll of a queue look once more: the queue has changed, or is gone. */
  wakeAll(queueId: number): void {
    const line = this.#lines.get(queueId);
    if (!line) return;
    line.missed++;
    for (const waiter of line.waiters) waiter.wake?.();
  }

  /** Lets every poll look once more: all queues have changed. */
  wakeEveryone(): void {
    for (const queueId of this.#lines.keys()) this.wakeAll(queueId);
  }

  /** Ends all polls, present and future, without waiting: the server shuts down. */
  close(): void {
    this.#closed = true;
    this.wakeEveryone();
  }

  /** Looks until there is something, the deadline has come, or nobody wants it any more (then undefined). */
  async poll<T>({ queueId, deadline, signal, look }: Poll<T>): Promise<T | undefined> {
    const line = this.#line(queueId);
    const waiter: Waiter = { wake: undefined };
    const wake = () => waiter.wake?.();
    const cancelDeadline = this.#clock.at(deadline, wake);
    signal.addEventListener('abort', wake);
    line.waiters.add(waiter);
    let slept = false;
    try {
      for (;;) {
        const { missed } = line;
        const over = this.#closed || this.#clock.now() >= deadline;
        if (signal.aborted) return undefined;
        const found = await look();
        if (found !== undefined || over) return found;
        if (!line.alarm) await this.#lookAhead(queueId, line);
        if (signal.aborted || this.#closed || line.missed !== missed || this.#clock.now() >= deadline) continue;
        await new Promise<void>((resolve) => {
          waiter.wake = resolve;
        });
        waiter.wake = undefined;
        slept = true;
      }
    } finally {
      cancelDeadline();
      signal.removeEventListener('abort', wake);
      line.waiters.delete(waiter);
      if (line.waiters.size === 0) this.#dismiss(queueId, line);
      else if (slept) void this.#lookAhead(queueId, line);
    }
  }

  #line(queueId: number): Line {
    let line = this.#lines.get(queueId);
    if (!line) {
      line = { waiters: new Set(), missed: 0, alarm: undefined };
      this.#lines.set(queueId, line);
    }
    return line;
  }

  #dismiss(queueId: number, line: Line): void {
    line.alarm?.cancel();
    line.alarm = undefined;
    this.#lines.delete(queueId);
  }

  async #lookAhead(queueId: number, line: Line): Promise<void> {
    const at = await this.#nextVisibleAt(queueId, this.#clock.now()).catch(() => undefined);
    if (at !== undefined && line.waiters.size > 0) this.#expect(line, at);
  }

  #expect(line: Line, at: Millis): void {
    if (at <= this.#clock.now()) {
      this.#wakeFirst(line);
      return;
    }
    if (line.alarm && line.alarm.at <= at) return;
    line.alarm?.cancel();
    const cancel = this.#clock.at(at, () => {
      line.alarm = undefined;
      this.#wakeFirst(line);
    });
    line.alarm = { at, cancel };
  }

  #wakeFirst(line: Line): void {
    for (const waiter of line.waiters) {
      if (!waiter.wake) continue;
      const { wake } = waiter;
      waiter.wake = undefined;
      wake();
      return;
    }
    line.missed++;
  }
}
