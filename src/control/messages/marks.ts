/** The `next` of a page of messages, as clients get it and pass it back. */

import type { PeekMark } from '../../storage/inspection.ts';
import { ControlError } from '../control-error.ts';

export function printMark({ key, visibleAt, rank }: PeekMark): string {
  return `${key}.${visibleAt}.${rank}`;
}

/** Throws ControlError (400) for a text that is not the `next` of a page. */
export function openMark(text: string): PeekMark {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (match) return { key: Number(match[1]), visibleAt: Number(match[2]), rank: Number(match[3]) };
  throw new ControlError(
    400,
    `"after" is invalid: must be the "next" of the previous page (got ${JSON.stringify(text)}).`,
  );
}
