/** SIGINT (Ctrl+C) and SIGTERM, for commands that do not end at any moment. */

import { constants } from 'node:os';

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** A clean stop takes no longer than this. A signal that arrives later means that the user is tired of waiting. */
const STOP_MS = 2000;

/**
 * Calls `stop` at the first signal; a later one ends the process. npm forwards a Ctrl+C that the terminal has already sent to
 * the whole process group, so a second signal within `STOP_MS` is ignored. Returns a function that restores the default.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): () => void {
  let stoppingSince: number | undefined;
  const hear = (signal: StopSignal) => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now();
      stop(signal);
    } else if (performance.now() - stoppingSince > STOP_MS) process.exit(128 + constants.signals[signal]);
  };
  process.on('SIGINT', hear).on('SIGTERM', hear);
  return () => void process.off('SIGINT', hear).off('SIGTERM', hear);
}
