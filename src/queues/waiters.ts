/**
 * Long polling: keeps the waiting polls of each queue in a line, and wakes them when there may be messages.
 *
 * The engine announces when a queue may have something to deliver: either now, which wakes the first sleeping poll in
 * the queue's line, or at a later time, for which the line sets a single alarm. A poll that is woken looks for
 * messages. When it has taken some, or when its client has gone, the line asks the engine again, and wakes the next
 * poll if there are more messages. Thus a message wakes one poll, polls are served in the order of their arrival, and
 * nothing runs between events.
 *
 * No wake-up is lost between looking and going to sleep: a poll joins the line before it looks, and looks again if an
 * announcement arrived in the meantime and woke no other poll. The same holds for what other nodes do: the first poll of
 * a line looks only once the engine attends to the queue.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Millis } from '../time/clock.ts';

/** How many polls are woken before other requests run: a few milliseconds of work. */
const WOKEN_AT_ONCE = 50;

interface Waiter {
  /** Set while the poll sleeps. */
  wake: (() => void) | undefined;
  /** When the poll ends without a result. */
  deadline: Millis;
  /** Cancels the alarm for the deadline. */
  cancelDeadline: () => void;
}

interface Line {
  waiters: Set<Waiter>;
  /** Resolves once the engine announces what other nodes do, to a function that ends that. */
  attended: Promise<() => void>;
  /**
   * Grows with each announcement that found no poll asleep, and with each `wakeAll`. A poll that was looking at the
   * time then looks again.
   */
  missed: number;
  /** `isKnown`: the engine was asked, and nothing is due before. An announcement of another node may be too late, or forged. */
  alarm: { at: Millis; cancel: () => void; isKnown: boolean } | undefined;
}

export interface Poll<T> {
  queueId: number;
  /** When the poll ends without a result, in milliseconds since 1970; `Infinity` if it waits for as long as it takes. */
  deadline: Millis;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /** Looks once; resolves to undefined if it found nothing. */
  look: () => Promise<T | undefined>;
}

type Attend = (queueId: number) => Promise<() => void>;

export class Waiters {
  readonly #clock: Clock;
  readonly #nextVisibleAt: (queueId: number, now: Millis) => Promise<Millis | undefined>;
  readonly #attend: Attend;
  readonly #lines = new Map<number, Line>();
  #closed = false;

  /**
   * `nextVisibleAt` resolves to the earliest time at which a look may find something; see `Store`, also for `attend`,
   * which only an engine that several nodes share needs.
   */
  constructor(
    clock: Clock,
    nextVisibleAt: (queueId: number, now: Millis) => Promise<Millis | undefined>,
    attend: Attend = async () => () => {},
  ) {
    this.#clock = clock;
    this.#nextVisibleAt = nextVisibleAt;
    this.#attend = attend;
  }

  /** Returns the number of waiting polls, on one queue or on all queues. */
  waiting(queueId?: number): number {
    if (queueId !== undefined) return this.#lines.get(queueId)?.waiters.size ?? 0;
    return [...this.#lines.values()].reduce((sum, { waiters }) => sum + waiters.size, 0);
  }

  /** Must be called when the queue may have something to deliver, now or at the later time `at`. */
  announce(queueId: number, at: Millis): void {
    const line = this.#lines.get(queueId);
    if (line) this.#wakeFirstAt(line, at);
  }

  /** Makes every poll on these queues look again, after the queues were changed or deleted. */
  wakeAll(queueIds: readonly number[]): void {
    void this.#wakeLines(queueIds.flatMap((id) => this.#lines.get(id) ?? []));
  }

  /** Makes every poll look again, after all queues were changed. */
  wakeEveryone(): void {
    void this.#wakeLines([...this.#lines.values()]);
  }

  /** Must be called when the clock was set back by `byMs`, so that polls do not wait longer. */
  setBack(byMs: Millis): void {
    for (const { waiters } of this.#lines.values()) {
      for (const waiter of waiters) this.#setDeadline(waiter, waiter.deadline - byMs);
    }
  }

  /** Ends all waiting polls, and makes later ones return at once, because the server is shutting down. */
  close(): void {
    this.#closed = true;
    this.wakeEveryone();
  }

  /** Looks until it finds something; resolves to undefined at the deadline, or when the client has gone. */
  async poll<T>({ queueId, deadline, signal, look }: Poll<T>): Promise<T | undefined> {
    const line = this.#line(queueId);
    const waiter: Waiter = { wake: undefined, deadline, cancelDeadline: () => {} };
    const wake = () => waiter.wake?.();
    this.#setDeadline(waiter, deadline);
    signal.addEventListener('abort', wake);
    line.waiters.add(waiter);
    let slept = false;
    try {
      await line.attended;
      for (;;) {
        const { missed } = line;
        const isLastLook = this.#closed || this.#clock.now() >= waiter.deadline;
        if (signal.aborted) return undefined;
        const found = await look();
        if (found !== undefined || isLastLook) return found;
        if (!line.alarm?.isKnown) await this.#scheduleNext(queueId, line);
        if (signal.aborted || this.#closed || line.missed !== missed || this.#clock.now() >= waiter.deadline) continue;
        await new Promise<void>((resolve) => {
          waiter.wake = resolve;
        });
        waiter.wake = undefined;
        slept = true;
      }
    } finally {
      waiter.cancelDeadline();
      signal.removeEventListener('abort', wake);
      line.waiters.delete(waiter);
      if (line.waiters.size === 0) this.#removeLine(queueId, line);
      else if (slept) void this.#scheduleNext(queueId, line);
    }
  }

  /** Wakes all polls in these lines, in portions, between which other requests can run. */
  async #wakeLines(lines: readonly Line[]): Promise<void> {
    for (const line of lines) line.missed++;
    const waiters = lines.flatMap((line) => [...line.waiters]);
    for (const [index, waiter] of waiters.entries()) {
      if (index > 0 && index % WOKEN_AT_ONCE === 0) await nextTurn();
      waiter.wake?.();
    }
  }

  #setDeadline(waiter: Waiter, deadline: Millis): void {
    waiter.cancelDeadline();
    waiter.deadline = deadline;
    // Thousands of alarms that never ring would make each of them slower to cancel.
    if (deadline === Number.POSITIVE_INFINITY) return;
    waiter.cancelDeadline = this.#clock.at(deadline, () => waiter.wake?.());
  }

  #line(queueId: number): Line {
    let line = this.#lines.get(queueId);
    if (!line) {
      line = { waiters: new Set(), attended: this.#attend(queueId), missed: 0, alarm: undefined };
      this.#lines.set(queueId, line);
    }
    return line;
  }

  #removeLine(queueId: number, line: Line): void {
    line.alarm?.cancel();
    line.alarm = undefined;
    this.#lines.delete(queueId);
    line.attended.then(
      (release) => release(),
      () => {},
    );
  }

  async #scheduleNext(queueId: number, line: Line): Promise<void> {
    const at = await this.#nextVisibleAt(queueId, this.#clock.now()).catch(() => undefined);
    if (at !== undefined && line.waiters.size > 0) this.#wakeFirstAt(line, at, true);
  }

  #wakeFirstAt(line: Line, at: Millis, isKnown = false): void {
    if (at <= this.#clock.now()) {
      this.#wakeFirst(line);
      return;
    }
    if (line.alarm && line.alarm.at <= at) {
      line.alarm.isKnown ||= isKnown;
      return;
    }
    line.alarm?.cancel();
    const cancel = this.#clock.at(at, () => {
      line.alarm = undefined;
      this.#wakeFirst(line);
    });
    line.alarm = { at, cancel, isKnown };
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
