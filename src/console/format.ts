/** Numbers, sizes, durations and instants as people read them. */

const numbers = new Intl.NumberFormat('en-US');

export const count = (value: number): string => numbers.format(value);

/** `1 message`, `1,200 messages`. */
export const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} KiB`;
  return `${(value / 1024 / 1024).toFixed(2)} MiB`;
}

const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** A duration by its two largest units: `3 h 20 min`. */
export function duration(ms: number): string {
  let rest = Math.round(Math.abs(ms) / 1000);
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const amount = Math.floor(rest / seconds);
    rest %= seconds;
    if (amount > 0) parts.push(`${amount} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** The time from now to an instant: `in 3 min`, `2 h ago`, `now`. */
export function relative(instant: number, now: number): string {
  const away = instant - now;
  if (Math.abs(away) < 1000) return 'now';
  return away > 0 ? `in ${duration(away)}` : `${duration(away)} ago`;
}

const local = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** The local time of an instant: `29 Nov 2026, 06:08:35`. */
export const localTime = (instant: number): string => local.format(instant);

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });
const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** The local date of an instant: `Sunday 29 November 2026`. */
export const dateOf = (instant: number): string => day.format(instant);

/** The local time of day of an instant: `06:08:35`. */
export const timeOfDay = (instant: number): string => time.format(instant);
