/** Durations in requests to the control interface. */

import { DURATION_EXAMPLES, durationMs } from '../time/duration.ts';
import { ControlError } from './control-error.ts';

/** The milliseconds that a duration such as `1h 30m` stands for. Throws ControlError (400). */
export function millisOf(duration: string): number {
  const ms = durationMs(duration);
  if (ms !== undefined) return ms;
  throw new ControlError(400, `${JSON.stringify(duration)} is no duration. Write one as ${DURATION_EXAMPLES}.`);
}
