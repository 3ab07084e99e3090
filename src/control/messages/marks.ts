/** The `next` of a page of messages, as clients get it and pass it back. */

import type { PeekMark } from '../../storage/inspection.ts';
import { ControlError } from '../control-error.ts';

export function printMark({ key, visibleAt, rank }: PeekMark): string {
  return `${key}.${visibleAt}.${rank}`;
}

/** Throws ControlError (400) for a text that is not the `next` of a page. */
export function openMark(text: string): PeekMark {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const [key, visibleAt, rank] = (match ?? []).slice(1).map(Number);
  if ([key, visibleAt, rank].every(Number.isSafeInteger)) return { key: key!, visibleAt: visibleAt!, rank: rank! };
  throw new ControlError(
    400,
    `"after" is invalid: must be the "next" of the previous page (got ${JSON.stringify(text)}).`,
  );
}
