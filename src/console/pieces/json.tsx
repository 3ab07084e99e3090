/** JSON with its parts in colours, whose objects and lists can be folded. */

import { useMemo, useState } from 'preact/hooks';
import { counted } from '../format.ts';

/** With more lines than this, nothing can be folded: every line that can is a button. */
const FOLDED_MAX = 1000;

/** `text` is indented as `prettyOf` does it. */
export function Json({ text }: { text: string }) {
  const lines = useMemo(() => text.split('\n'), [text]);
  const ends = useMemo(() => (lines.length > FOLDED_MAX ? new Map<number, number>() : endsOf(lines)), [lines]);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const toggle = (line: number) => {
    const changed = new Set(folded);
    if (!changed.delete(line)) changed.add(line);
    setFolded(changed);
  };
  const shown = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const end = ends.get(index);
    const isFolded = end !== undefined && folded.has(index);
    shown.push(
      <span key={index}>
        {end !== undefined && (
          <button
            type="button"
            class="fold"
            aria-expanded={!isFolded}
            aria-label={`${line.trim().slice(0, 60)} ${counted(end - index - 1, 'line')}`}
            onClick={() => toggle(index)}
          />
        )}
        <Colours text={line} />
        {isFolded && (
          <>
            <span class="muted"> {counted(end - index - 1, 'line')} </span>
            {lines[end]!.trim()}
          </>
        )}
        {'\n'}
      </span>,
    );
    if (isFolded) index = end;
  }
  return <>{shown}</>;
}

/** The line at which the object or list ends that begins at a line. Those without members are one line. */
function endsOf(lines: readonly string[]): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (/^\s*[\]}],?$/.test(line)) ends.set(open.pop()!, index);
    if (/[[{]$/.test(line)) open.push(index);
  }
  return ends;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b/g;

function Colours({ text }: { text: string }) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, number] = match;
    parts.push(text.slice(end, match.index));
    const kind = string ? (colon ? 'key' : 'string') : number ? 'number' : 'word';
    parts.push(
      <span key={match.index} class={`json-${kind}`}>
        {string ?? whole}
      </span>,
    );
    if (colon) parts.push(colon);
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return <>{parts}</>;
}
