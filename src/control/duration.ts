/** Durations as people write them: `30s`, `1h 30m`, `14 days`. */

import { ControlError } from './control-error.ts';

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const UNITS = /^(?:(ms|milliseconds?|millis)|(s|secs?|seconds?)|(m|mins?|minutes?)|(h|hours?|hrs?)|(d|days?))$/i;
const PART = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy;

/** The milliseconds that a duration such as `1h 30m` stands for. Throws ControlError (400). */
export function millisOf(duration: string): number {
  const text = duration.trim().toLowerCase();
  let total = 0;
  let end = 0;
  for (const match of text.matchAll(PART)) {
    const groups = UNITS.exec(match[2]!)?.slice(1);
    if (!groups) break;
    const unit = Object.keys(MILLISECONDS)[groups.findIndex((group) => group !== undefined)]!;
    total += Number(match[1]) * MILLISECONDS[unit]!;
    end = match.index + match[0].length;
  }
  if (text !== '' && end === text.length) return Math.round(total);
  throw new ControlError(
    400,
    `${JSON.stringify(duration)} is no duration. Write one as 250ms, 30s, 1h 30m or 14 days.`,
  );
}
