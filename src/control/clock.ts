/** The clock of SQS, as a user may hold and move it. */

import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { millisOf } from './duration.ts';
import { ControlError, type Route, route } from './route.ts';

const state = z.object({
  now: z.iso.datetime().describe('The time of SQS'),
  millis: z.int().describe('The same, in milliseconds since 1970'),
  frozen: z.boolean().describe('Whether it stands still'),
});

export type ClockState = z.output<typeof state>;

export class ClockControl {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(): ClockState {
    const millis = this.#clock.now();
    const frozen = this.#clock instanceof VirtualClock && this.#clock.frozen;
    return { now: new Date(millis).toISOString(), millis, frozen };
  }

  /** Holds time still, until `resume`. Throws ControlError, as all that follow do, where the clock is not Squab's own. */
  freeze(): ClockState {
    this.#movable().freeze();
    return this.read();
  }

  /** Lets time go on from where it is. */
  resume(): ClockState {
    this.#movable().resume();
    return this.read();
  }

  /** Moves time forward by a duration such as `30s` or `14 days`; resolves when all that falls into it has happened. */
  async advance(duration: string): Promise<ClockState> {
    const ms = millisOf(duration);
    await this.#movable().advance(ms);
    return this.read();
  }

  /** Moves time to an instant: forward as `advance` does, or back. */
  async set(to: Date): Promise<ClockState> {
    await this.#movable().set(to);
    return this.read();
  }

  #movable(): VirtualClock {
    if (this.#clock instanceof VirtualClock) return this.#clock;
    throw new ControlError(
      409,
      'The clock that was given to start() is no VirtualClock, and only its owner can move it.',
    );
  }
}

export const clockRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/clock',
    summary: 'Reads the clock.',
    answer: state,
    handle: (control) => control.clock.read(),
  }),
  route({
    method: 'POST',
    path: '/clock/freeze',
    summary: 'Holds time still: nothing becomes visible, times out or expires until it moves.',
    answer: state,
    handle: (control) => control.clock.freeze(),
  }),
  route({
    method: 'POST',
    path: '/clock/advance',
    summary: 'Moves time forward, and answers when all that falls into that time has happened, in order.',
    body: z.object({ by: z.string().describe('A duration such as 30s, 1h 30m or 14 days') }),
    answer: state,
    handle: (control, { body }) => control.clock.advance(body.by),
  }),
  route({
    method: 'POST',
    path: '/clock/set',
    summary: 'Moves time to an instant: forward as advance does, or back.',
    body: z.object({ to: z.iso.datetime({ offset: true }).describe('An instant such as 2026-12-24T18:00:00Z') }),
    answer: state,
    handle: (control, { body }) => control.clock.set(new Date(body.to)),
  }),
  route({
    method: 'POST',
    path: '/clock/resume',
    summary: 'Lets time go on from where it is.',
    answer: state,
    handle: (control) => control.clock.resume(),
  }),
];
