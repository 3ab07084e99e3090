/** Leads from one page of a list to the next, by the marks that the server gave. */

import { Icon } from './icon.tsx';

interface PagerProps {
  /** The marks after which this page and those before it begin; the first page has none. */
  marks: readonly string[];
  /** The mark of the next page, if there is one. */
  next: string | undefined;
  /** How many pages there are, if that is known. */
  pages?: number;
  onChange(marks: readonly string[]): void;
}

export function Pager({ marks, next, pages, onChange }: PagerProps) {
  if (marks.length === 0 && next === undefined) return null;
  return (
    <div class="row pager">
      <button type="button" disabled={marks.length === 0} onClick={() => onChange(marks.slice(0, -1))}>
        <Icon name="left" /> Previous
      </button>
      <span class="muted">
        Page {marks.length + 1}
        {pages !== undefined && ` of ${Math.max(1, pages)}`}
      </span>
      <button
        type="button"
        disabled={next === undefined}
        onClick={() => next !== undefined && onChange([...marks, next])}
      >
        Next <Icon name="right" />
      </button>
    </div>
  );
}
