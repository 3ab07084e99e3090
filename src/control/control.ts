/** What AWS does not have: a look into Squab and a hand on it. Programs have it from `start()`, others over HTTP. */

import type { Clock } from '../clock.ts';
import { ClockControl } from './clock.ts';

export class Control {
  readonly clock: ClockControl;

  constructor({ clock }: { clock: Clock }) {
    this.clock = new ClockControl(clock);
  }
}
