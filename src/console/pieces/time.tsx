/** Instants, relative to the clock of SQS; the exact time is shown on hover. */

import { now } from '../clock-state.ts';
import { localTime, relative } from '../format.ts';

/** `2 min ago`, `in 30 s`. With `exact`, the local time beside it. */
export function Time({ at, exact = false }: { at: string; exact?: boolean }) {
  const instant = Date.parse(at);
  return (
    <time dateTime={at} title={`${localTime(instant)}\n${at}`}>
      {exact && <>{localTime(instant)} · </>}
      {relative(instant, now.value)}
    </time>
  );
}
