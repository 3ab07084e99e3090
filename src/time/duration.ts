/** Parses human-readable durations: `30s`, `1h 30m`, `14 days`. */

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const UNITS = /^(?:(ms|milliseconds?|millis)|(s|secs?|seconds?)|(m|mins?|minutes?)|(h|hours?|hrs?)|(d|days?))$/i;
const PART = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy;

/** Examples of durations, for error messages. */
export const DURATION_EXAMPLES = '250ms, 30s, 1h 30m or 14 days';

/** Converts a duration such as `1h 30m` to whole milliseconds; returns undefined if it is not a valid duration. */
export function durationMs(duration: string): number | undefined {
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
  return text !== '' && end === text.length ? Math.round(total) : undefined;
}
