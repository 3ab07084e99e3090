/**
 * Durations and sizes with the units of HOCON.
 * Source: https://github.com/lightbend/config/blob/main/HOCON.md, "Units format".
 */

/** The names of a unit, and its length in seconds as a fraction, so that whole seconds stay whole. */
const DURATIONS: readonly [names: RegExp, seconds: number, per: number][] = [
  [/^(?:ns|nano|nanos|nanoseconds?)$/, 1, 1e9],
  [/^(?:us|µs|micro|micros|microseconds?)$/, 1, 1e6],
  [/^(?:|ms|milli|millis|milliseconds?)$/, 1, 1000],
  [/^(?:s|seconds?)$/, 1, 1],
  [/^(?:m|minutes?)$/, 60, 1],
  [/^(?:h|hours?)$/, 3600, 1],
  [/^(?:d|days?)$/, 86_400, 1],
  [/^(?:w|weeks?)$/, 604_800, 1],
];

/** Prefixes of powers of 1000 and of 1024. */
const SIZES: readonly [decimal: RegExp, binary: RegExp][] = [
  [/^(?:|b|bytes?)$/i, /^$/],
  [/^(?:kB|kilobytes?)$/, /^(?:K|k|Ki|KiB|kibibytes?)$/],
  [/^(?:MB|megabytes?)$/, /^(?:M|m|Mi|MiB|mebibytes?)$/],
  [/^(?:GB|gigabytes?)$/, /^(?:G|g|Gi|GiB|gibibytes?)$/],
  [/^(?:TB|terabytes?)$/, /^(?:T|t|Ti|TiB|tebibytes?)$/],
  [/^(?:PB|petabytes?)$/, /^(?:P|p|Pi|PiB|pebibytes?)$/],
  [/^(?:EB|exabytes?)$/, /^(?:E|e|Ei|EiB|exbibytes?)$/],
  [/^(?:ZB|zettabytes?)$/, /^(?:Z|z|Zi|ZiB|zebibytes?)$/],
  [/^(?:YB|yottabytes?)$/, /^(?:Y|y|Yi|YiB|yobibytes?)$/],
];

/** Parses a duration into seconds. A number without a unit is in milliseconds. Returns undefined if it is invalid. */
export function secondsOf(text: string): number | undefined {
  const [number, unit] = parts(text);
  const found = DURATIONS.find(([names]) => names.test(unit));
  return number === undefined || !found ? undefined : (number * found[1]) / found[2];
}

/** Parses a size into bytes. A number without a unit is in bytes. Returns undefined if it is invalid. */
export function bytesOf(text: string): number | undefined {
  const [number, unit] = parts(text);
  const power = SIZES.findIndex(([decimal, binary]) => decimal.test(unit) || (unit !== '' && binary.test(unit)));
  if (number === undefined || power === -1) return undefined;
  return number * (SIZES[power]![0].test(unit) ? 1000 : 1024) ** power;
}

function parts(text: string): [number: number | undefined, unit: string] {
  const [, number, unit] = /^([+-]?(?:\d+\.?\d*|\.\d+))\s*([a-zA-Zµ]*)$/.exec(text.trim()) ?? [];
  return [number === undefined ? undefined : Number(number), unit ?? ''];
}
