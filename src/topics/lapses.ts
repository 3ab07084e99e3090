/**
 * Removes subscriptions that were never confirmed, or whose topics were deleted, once their time is up. It sets an
 * alarm for the first of them, and never looks on a timer.
 */

import type { Subscription, Topics } from '../storage/topics.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { lapsedBefore, lapseOf, NEVER } from './subscriptions.ts';

export class Lapses {
  readonly #topics: Topics;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  /** Nothing lapses before this instant, if that is known: not before the first sweep, and not if the latest one failed. */
  #next: Millis = NEVER;
  #isKnown = false;
  /** The earliest instant that was told since the latest sweep began. */
  #told: Millis = NEVER;
  /** Must be called with each subscription that was removed. */
  onRemoved: (subscription: Subscription) => void = () => {};
  #cancelAlarm = () => {};
  #sweeping = Promise.resolve();
  /** Whether a sweep follows that has not begun. */
  #isPlanned = false;
  #hasEnded = false;
  /** The number of sweeps so far. */
  sweeps = 0;

  /** `report` receives every error; the next new subscription then starts the next sweep. */
  constructor(topics: Topics, clock: Clock, report: (error: unknown) => void) {
    this.#topics = topics;
    this.#clock = clock;
    this.#report = report;
  }

  /**
   * Must be called at the start, and when subscriptions may lapse that did not before. `at`: when the first of them does, if
   * that is known; then there is no need to look at all subscriptions.
   */
  look(at?: Millis): void {
    if (this.#hasEnded) return;
    if (at !== undefined && this.#isKnown) {
      this.#told = Math.min(this.#told, at);
      if (at < this.#next) this.#wakeAt(at);
      return;
    }
    this.#cancelAlarm();
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#sweeping = this.#sweeping.then(() => this.#sweep());
  }

  async #sweep(): Promise<void> {
    this.#isPlanned = false;
    this.#told = NEVER;
    try {
      let removed: readonly Subscription[];
      do {
        removed = await this.#topics.removeLapsed(lapsedBefore(this.#clock.now()));
        for (const one of removed) this.onRemoved(one);
      } while (removed.length > 0 && !this.#hasEnded);
      const { subscriptions } = await this.#topics.everything();
      const next = subscriptions.reduce((first, subscription) => Math.min(first, lapseOf(subscription)), NEVER);
      this.sweeps++;
      this.#isKnown = true;
      this.#wakeAt(Math.min(next, this.#told));
    } catch (error) {
      this.#isKnown = false;
      this.#report(error);
    }
  }

  #wakeAt(at: Millis): void {
    this.#cancelAlarm();
    this.#next = at;
    if (this.#hasEnded || at === NEVER) return;
    this.#cancelAlarm = this.#clock.at(at, () => this.look());
  }

  /** Resolves once the current sweep is done. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    this.#cancelAlarm();
    await this.#sweeping;
  }
}
