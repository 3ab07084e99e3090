/**
 * Removes subscriptions that were never confirmed, or whose topics were deleted, once their time is up. It sets an
 * alarm for the first of them, and never looks on a timer.
 */

import type { Topics } from '../storage/topics.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { lapsedBefore, lapseOf, NEVER } from './subscriptions.ts';

export class Lapses {
  readonly #topics: Topics;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  /** Nothing lapses before this instant. */
  #next: Millis = NEVER;
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

  /** Must be called at the start, and when a subscription may lapse that did not before. */
  look(): void {
    if (this.#hasEnded) return;
    this.#cancelAlarm();
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#sweeping = this.#sweeping.then(() => this.#sweep());
  }

  async #sweep(): Promise<void> {
    this.#isPlanned = false;
    try {
      await this.#topics.removeLapsed(lapsedBefore(this.#clock.now()));
      const { subscriptions } = await this.#topics.everything();
      this.#next = subscriptions.reduce((first, subscription) => Math.min(first, lapseOf(subscription)), NEVER);
      this.sweeps++;
      if (this.#hasEnded || this.#next === NEVER) return;
      this.#cancelAlarm();
      this.#cancelAlarm = this.#clock.at(this.#next, () => this.look());
    } catch (error) {
      this.#report(error);
    }
  }

  /** Resolves once the current sweep is done. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    this.#cancelAlarm();
    await this.#sweeping;
  }
}
