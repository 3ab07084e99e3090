/** A sentence of the server, with local times in place of its instants. */

import { now } from '../clock-state.ts';
import { dateOf, localTime, relative, timeOfDay } from '../format.ts';

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

export function Sentence({ text }: { text: string }) {
  return (
    <>
      {text.split(INSTANT).map((part, index) => {
        if (index % 2 === 0) return part;
        const at = Date.parse(part);
        // Today's date says nothing; the exact instant is in the title.
        const isToday = dateOf(at) === dateOf(now.value);
        return (
          <time key={index} dateTime={part} title={part}>
            {isToday ? timeOfDay(at) : localTime(at)} ({relative(at, now.value)})
          </time>
        );
      })}
    </>
  );
}
