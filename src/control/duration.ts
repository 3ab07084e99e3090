/** Durations in requests to the control interface. */

import { DURATION_EXAMPLES, durationMs } from '../time/duration.ts';
import { ControlError } from './control-error.ts';

/** Returns the milliseconds of a duration such as `1h 30m`. Throws ControlError (400) if it is not a valid duration. */
export function millisOf(duration: string): number {
  const ms = durationMs(duration);
  if (ms !== undefined) return ms;
  throw new ControlError(400, `${JSON.stringify(duration)} is not a valid duration. Write it as ${DURATION_EXAMPLES}.`);
}
