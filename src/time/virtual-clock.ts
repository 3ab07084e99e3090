/**
 * A clock that can be frozen and moved, and all of SQS with it. It either runs, as fast as the machine's clock, or is
 * frozen. `advance` and `set` stop at every alarm on the way, so that everything due at 3 s is done, and has set its
 * own alarms, before the clock shows 4 s.
 */

import { Calls } from './calls.ts';
import { type Clock, type Millis, systemClock } from './clock.ts';

interface Alarm {
  time: Millis;
  wake: () => void;
}

/**
 * After a wake-up, the clock waits for this many turns of the event loop without work. The work that a wake-up starts
 * (an engine call, its commit, the next sleep) takes a few turns.
 */
const IDLE_TURNS = 10;

/** The latest time that a Date can represent, less a hundred days: it also has to represent when messages expire. */
const LATEST_TIME = 8_640_000_000_000_000 - 100 * 86_400_000;

/** A hundred years: more than any test needs. A move beyond that is most likely a typing error in a date. */
const MOVE_DAYS_MAX = 36_600;

/** Long work, such as a move task of 100,000 messages, gets up to this many turns before the clock moves on anyway. */
const TURNS_MAX = 100_000;

export class VirtualClock implements Clock {
  readonly #machine: Clock;
  /** The time that the clock shows while it is frozen or being moved. */
  #frozenAt: Millis | undefined;
  /** Whether the clock runs whenever it is not being moved. */
  #running = false;
  #moving = false;
  /** How far a running clock is ahead of the machine's. */
  #ahead: Millis = 0;
  /** In the order in which they ring; alarms for the same time ring in the order in which they were set. */
  readonly #alarms: Alarm[] = [];
  #cancelTimer: (() => void) | undefined;
  #timerAt: Millis | undefined;
  /** Resolves when all moves so far are done; moves are made one after another. */
  #moves: Promise<void> = Promise.resolve();
  readonly #work: (() => number)[] = [];
  readonly #calls: Calls;
  readonly #setBackListeners = new Set<(byMs: Millis) => void>();

  /** Creates a clock that is frozen at `start`. Throws RangeError if that is not a valid time. */
  constructor(start: Millis | Date = Date.UTC(2026, 0, 1), machine: Clock = systemClock) {
    this.#machine = machine;
    this.#calls = new Calls(machine);
    this.#frozenAt = timeOf(start, 'A clock cannot start at');
  }

  /** Creates a clock that shows the machine's time, until it is frozen or moved. */
  static running(machine: Clock = systemClock): VirtualClock {
    const clock = new VirtualClock(machine.now(), machine);
    clock.resume();
    return clock;
  }

  /** Whether the clock is frozen. */
  get frozen(): boolean {
    return !this.#running;
  }

  now(): Millis {
    return this.#frozenAt ?? this.#machine.now() + this.#ahead;
  }

  at(time: Millis, wake: () => void): () => void {
    const alarm = { time, wake };
    this.#alarms.splice(this.#indexAfter(time), 0, alarm);
    this.#arm();
    return () => {
      const index = this.#alarms.indexOf(alarm, this.#indexAfter(time - 1));
      if (index === -1) return;
      this.#alarms.splice(index, 1);
      this.#arm();
    };
  }

  /** Freezes the clock now, or at the end of a move that is under way, until `resume`. */
  freeze(): void {
    this.#running = false;
    this.#stopAt(this.now());
  }

  /**
   * Lets the clock run from its current time, or from the end of a move that is under way, as fast as the machine's
   * clock.
   */
  resume(): void {
    this.#running = true;
    if (!this.#moving) this.#run();
  }

  /**
   * Moves the clock forward by `ms` milliseconds, rounded down to a whole number, and lets everything that is due in
   * that time happen, in order. Resolves when it has happened. Rejects with RangeError if `ms` is not a valid
   * duration, and, like `set`, for a move of more than a hundred years or beyond the latest time that a Date can
   * represent.
   */
  async advance(ms: Millis): Promise<void> {
    const duration = wholeMillis(ms, 'A clock cannot advance by');
    await this.#move(() => this.now() + duration);
  }

  /**
   * Moves the clock to a time. Forward, this works like `advance`. Backward, the clock jumps at once, and alarms ring
   * when their time is reached again (see `onSetBack`). Rejects with RangeError if `time` is not a valid time.
   */
  async set(time: Millis | Date): Promise<void> {
    const end = timeOf(time, 'A clock cannot be set to');
    await this.#move(() => end);
  }

  /**
   * @internal Moves the clock to a time at once, forward or backward, without letting time pass: waits for a duration
   * keep the time that they have left (see `onSetBack`). This is how to undo a move backward.
   */
  async jump(time: Millis): Promise<void> {
    await this.#moveBy(() => this.#jumpTo(time));
  }

  /** Registers work that a move has to wait for: `progress` returns a count that grows as long as the work goes on. */
  trackWork(progress: () => number): void {
    this.#work.push(progress);
  }

  /** Makes moves wait for a call to another program, such as a function, for up to a second of real time. */
  trackCall(call: Promise<unknown>): void {
    this.#calls.add(call);
  }

  /**
   * Registers a listener that is called with the number of milliseconds whenever the clock was set back. To keep its
   * duration, a wait must then set its alarm again, earlier by this number. After a jump forward, the number is negative.
   * Returns a function that removes the listener.
   */
  onSetBack(listener: (byMs: Millis) => void): () => void {
    this.#setBackListeners.add(listener);
    return () => this.#setBackListeners.delete(listener);
  }

  #move(target: () => Millis): Promise<void> {
    return this.#moveBy(() => this.#moveTo(checkedEnd(target(), this.now())));
  }

  /** Carries out a move once all earlier moves are done. */
  #moveBy(carryOut: () => Promise<void>): Promise<void> {
    const move = this.#moves.then(async () => {
      this.#moving = true;
      this.#calls.begin();
      try {
        await carryOut();
      } finally {
        this.#moving = false;
        if (this.#running) this.#run();
        else this.#arm();
      }
    });
    this.#moves = move.catch(() => {});
    return move;
  }

  async #moveTo(end: Millis): Promise<void> {
    const start = this.now();
    this.#stopAt(start);
    await this.#settle();
    await this.#ringUntil(Math.max(start, end));
    if (end < start) await this.#jumpTo(end);
    else await this.#arriveAt(end);
  }

  async #jumpTo(end: Millis): Promise<void> {
    const start = this.now();
    this.#stopAt(end);
    for (const listener of this.#setBackListeners) listener(start - end);
    await this.#arriveAt(end);
  }

  async #arriveAt(end: Millis): Promise<void> {
    this.#stopAt(end);
    await this.#settle();
    // The work since then may have set alarms for this instant.
    await this.#ringUntil(end);
  }

  /** Stops at each alarm up to `end`, in order, and waits until everything that it started is done. */
  async #ringUntil(end: Millis): Promise<void> {
    for (let next = this.#alarms[0]; next && next.time <= end; next = this.#alarms[0]) {
      this.#alarms.shift();
      this.#stopAt(Math.max(this.now(), next.time));
      next.wake();
      await this.#settle();
    }
  }

  #run(): void {
    if (this.#frozenAt === undefined) return;
    this.#ahead = this.#frozenAt - this.#machine.now();
    this.#frozenAt = undefined;
    this.#arm();
  }

  #stopAt(time: Millis): void {
    if (time !== this.#frozenAt) this.#calls.begin();
    this.#frozenAt = time;
    this.#arm();
  }

  /**
   * Keeps a single timer of the machine's clock, for the first alarm. A frozen clock needs it only for an alarm that is
   * due already. While the clock is being moved, the move rings all alarms.
   */
  #arm(): void {
    const next = this.#moving ? undefined : this.#alarms[0]?.time;
    const timerAt = next === undefined ? undefined : this.#machineTimeOf(next);
    if (timerAt === this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = timerAt;
    this.#cancelTimer = timerAt === undefined ? undefined : this.#machine.at(timerAt, () => this.#ring());
  }

  /** Returns the machine's time for an alarm: for a frozen clock, 0 if the alarm is due, and otherwise undefined. */
  #machineTimeOf(time: Millis): Millis | undefined {
    if (this.#frozenAt === undefined) return time - this.#ahead;
    return time <= this.#frozenAt ? 0 : undefined;
  }

  /** Rings all alarms that are due, while the clock is not being moved. */
  #ring(): void {
    this.#timerAt = undefined;
    this.#cancelTimer = undefined;
    const due = this.#alarms.splice(0, this.#indexAfter(this.now()));
    this.#arm();
    for (const { wake } of due) wake();
  }

  /** Returns the number of alarms at or before `time`, which is also the index of the first one after it. */
  #indexAfter(time: Millis): number {
    let [low, high] = [0, this.#alarms.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#alarms[middle]!.time <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Resolves when everything that a wake-up started is done. Of that, only calls to other programs take real time. */
  async #settle(): Promise<void> {
    await this.#idle();
    while (this.#calls.pending) {
      await this.#calls.wait();
      await this.#idle();
    }
  }

  /** Resolves when no work has been done for a few turns of the event loop. */
  async #idle(): Promise<void> {
    let progress = this.#progress();
    for (let turn = 0, idle = 0; idle < IDLE_TURNS && turn < TURNS_MAX; turn++, idle++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#progress() !== progress) idle = 0;
      progress = this.#progress();
    }
  }

  #progress(): number {
    return this.#work.reduce((sum, progress) => sum + progress(), 0);
  }
}

/** Returns the end of a move. Throws RangeError if it is too far ahead. */
function checkedEnd(end: Millis, start: Millis): Millis {
  const days = Math.ceil((end - start) / 86_400_000);
  if (days > MOVE_DAYS_MAX) {
    throw new RangeError(`A clock cannot move forward by ${days} days at once: the maximum is ${MOVE_DAYS_MAX}.`);
  }
  if (end <= LATEST_TIME) return end;
  throw new RangeError(`A clock cannot go beyond ${new Date(LATEST_TIME).toISOString()}.`);
}

function timeOf(value: Millis | Date, problem: string): Millis {
  return wholeMillis(value instanceof Date ? value.getTime() : value, problem);
}

/**
 * Rounds down to whole milliseconds, which is what the engine stores. Throws RangeError; `problem` begins its
 * message.
 */
function wholeMillis(value: unknown, problem: string): Millis {
  if (typeof value === 'number' && value >= 0 && value <= LATEST_TIME) return Math.floor(value);
  throw new RangeError(`${problem} ${String(value)}: it must be a number of milliseconds from 0 to ${LATEST_TIME}.`);
}
