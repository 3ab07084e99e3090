/**
 * A clock that can be held still and moved, and all of SQS with it. It goes on its own, with the clock of the machine,
 * or stands still; `advance` and `set` stop at every alarm on the way, so that what happens at 3 s has happened, and has
 * set its own alarms, before it is 4 s.
 */

import { type Clock, type Millis, systemClock } from './clock.ts';

interface Alarm {
  time: Millis;
  wake: () => void;
}

/** What a wake-up starts takes a few turns of the event loop (a look at the store, its commit, the next sleep). */
const CALM_TURNS = 10;

/** What a Date can hold. */
const LAST_INSTANT = 8_640_000_000_000_000;

/** The alarms of a hundred years take some ten seconds, in which the machine does little else. */
const LONGEST_MOVE_DAYS = 36_600;

/** Long work, such as a move task of 100,000 messages, gets so many turns before the clock goes on all the same. */
const MOST_TURNS = 100_000;

export class VirtualClock implements Clock {
  readonly #machine: Clock;
  /** The time while it stands still, or is being moved. */
  #stoodAt: Millis | undefined;
  /** Whether it goes on when it is not being moved. */
  #goes = false;
  #moving = false;
  /** How far it is ahead of the machine's clock while it goes. */
  #ahead: Millis = 0;
  /** In the order in which they ring; alarms of one instant in the order in which they were set. */
  readonly #alarms: Alarm[] = [];
  #cancelTimer: (() => void) | undefined;
  #timerAt: Millis | undefined;
  /** Moves are made one after the other. */
  #moves: Promise<void> = Promise.resolve();
  readonly #work: (() => number)[] = [];

  /** Stands still at `start`. Throws RangeError when that is no instant. */
  constructor(start: Millis | Date = Date.UTC(2026, 0, 1), machine: Clock = systemClock) {
    this.#machine = machine;
    this.#stoodAt = instant(start, 'A clock cannot start at');
  }

  /** A clock that goes with the machine's until it is told otherwise. */
  static running(machine: Clock = systemClock): VirtualClock {
    const clock = new VirtualClock(machine.now(), machine);
    clock.resume();
    return clock;
  }

  /** Whether it stands still. */
  get frozen(): boolean {
    return !this.#goes;
  }

  now(): Millis {
    return this.#stoodAt ?? this.#machine.now() + this.#ahead;
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

  /** Stands still from now on (while it is being moved: from then on), until `resume`. */
  freeze(): void {
    this.#goes = false;
    this.#stand(this.now());
  }

  /** Goes on from where it is (while it is being moved: from where that ends), as fast as the machine's clock. */
  resume(): void {
    this.#goes = true;
    if (!this.#moving) this.#go();
  }

  /**
   * Moves the clock forward by `ms` milliseconds (whole ones: a fraction is dropped) and lets everything happen that falls
   * into that time, in order. Resolves when it has happened. Rejects with RangeError when `ms` is no duration, and, as `set`
   * does, when that is more than a hundred years or beyond what a Date can hold.
   */
  async advance(ms: Millis): Promise<void> {
    const duration = wholeMillis(ms, 'A clock cannot advance by');
    await this.#move(() => this.now() + duration);
  }

  /**
   * Moves the clock to an instant: forward as `advance` does; back at once, with alarms that ring when their time has come
   * again. Rejects with RangeError when `time` is no instant.
   */
  async set(time: Millis | Date): Promise<void> {
    const end = instant(time, 'A clock cannot be set to');
    await this.#move(() => end);
  }

  /** Tells the clock of work that it has to wait for when it moves: a count that grows while there is something done. */
  follow(work: () => number): void {
    this.#work.push(work);
  }

  #move(target: () => Millis): Promise<void> {
    const move = this.#moves.then(async () => {
      const end = within(target(), this.now());
      this.#moving = true;
      try {
        await this.#moveTo(end);
      } finally {
        this.#moving = false;
        if (this.#goes) this.#go();
      }
    });
    this.#moves = move.catch(() => {});
    return move;
  }

  async #moveTo(end: Millis): Promise<void> {
    this.#stand(this.now());
    await this.#calm();
    for (let next = this.#alarms[0]; next && next.time <= end; next = this.#alarms[0]) {
      this.#alarms.shift();
      this.#stand(Math.max(this.now(), next.time));
      next.wake();
      await this.#calm();
    }
    this.#stand(end);
    await this.#calm();
  }

  #go(): void {
    if (this.#stoodAt === undefined) return;
    this.#ahead = this.#stoodAt - this.#machine.now();
    this.#stoodAt = undefined;
    this.#arm();
  }

  #stand(time: Millis): void {
    this.#stoodAt = time;
    this.#arm();
  }

  /** Keeps one timer of the machine's clock, for the first alarm, and none while the clock stands still. */
  #arm(): void {
    const next = this.#stoodAt === undefined ? this.#alarms[0]?.time : undefined;
    const timerAt = next === undefined ? undefined : next - this.#ahead;
    if (timerAt === this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = timerAt;
    this.#cancelTimer = timerAt === undefined ? undefined : this.#machine.at(timerAt, () => this.#ring());
  }

  /** Rings what is due while the clock goes. */
  #ring(): void {
    this.#timerAt = undefined;
    this.#cancelTimer = undefined;
    const due = this.#alarms.splice(0, this.#indexAfter(this.now()));
    this.#arm();
    for (const { wake } of due) wake();
  }

  /** How many alarms ring at `time` or before. */
  #indexAfter(time: Millis): number {
    let [low, high] = [0, this.#alarms.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#alarms[middle]!.time <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Resolves when what a wake-up has started is done. None of it takes real time. */
  async #calm(): Promise<void> {
    let done = this.#done();
    for (let turn = 0, calm = 0; calm < CALM_TURNS && turn < MOST_TURNS; turn++, calm++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#done() !== done) calm = 0;
      done = this.#done();
    }
  }

  #done(): number {
    return this.#work.reduce((sum, work) => sum + work(), 0);
  }
}

/** Where a move may end. */
function within(end: Millis, start: Millis): Millis {
  const days = Math.ceil((end - start) / 86_400_000);
  if (days > LONGEST_MOVE_DAYS) {
    throw new RangeError(`A clock cannot move forward by ${days} days at once: it takes ${LONGEST_MOVE_DAYS} at most.`);
  }
  if (end <= LAST_INSTANT) return end;
  throw new RangeError(`A clock cannot go beyond ${new Date(LAST_INSTANT).toISOString()}.`);
}

function instant(value: Millis | Date, refusal: string): Millis {
  return wholeMillis(value instanceof Date ? value.getTime() : value, refusal);
}

/** The store keeps whole milliseconds. */
function wholeMillis(value: unknown, refusal: string): Millis {
  if (typeof value === 'number' && value >= 0 && value <= LAST_INSTANT) return Math.floor(value);
  throw new RangeError(`${refusal} ${String(value)}: it takes a number of milliseconds from 0 to ${LAST_INSTANT}.`);
}
