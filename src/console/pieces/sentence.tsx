/** A sentence of the server, with local times in place of its instants. */

import { now } from '../clock-state.ts';
import { dateOf, localTime, relative, timeOfDay } from '../format.ts';

const INSTANT = /((?<!\d)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** An instant as it is written, and in milliseconds since the epoch. */
interface Instant {
  iso: string;
  at: number;
}

/**
 * Splits a sentence into texts and instants. What only looks like an instant remains text: sentences quote clients, whose
 * user agent, for example, may be `2026-99-99T99:99:99Z`.
 */
export function partsOf(sentence: string): (string | Instant)[] {
  return sentence.split(INSTANT).map((part, index) => {
    const at = index % 2 === 0 ? Number.NaN : Date.parse(part);
    return Number.isNaN(at) ? part : { iso: part, at };
  });
}

export function Sentence({ text }: { text: string }) {
  return (
    <>
      {partsOf(text).map((part, index) => {
        if (typeof part === 'string') return part;
        const { iso, at } = part;
        // Today's date says nothing; the exact instant is in the title.
        const isToday = dateOf(at) === dateOf(now.value);
        return (
          <time key={index} dateTime={iso} title={iso}>
            {isToday ? timeOfDay(at) : localTime(at)} ({relative(at, now.value)})
          </time>
        );
      })}
    </>
  );
}
