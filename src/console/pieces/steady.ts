/**
 * Keeps rows in their places while somebody reads or aims at them: as long as the pointer or the focus is in the list,
 * the order stays, and rows that have vanished remain, marked as gone.
 */

import { useRef } from 'preact/hooks';

export interface Steady<Row> {
  rows: readonly Row[];
  isGone(row: Row): boolean;
  /** Attributes for the element around the list. */
  hold: Record<'onPointerEnter' | 'onPointerLeave' | 'onFocusIn' | 'onFocusOut', () => void>;
}

/** `page` names what is listed: with another one, the previous rows are of no importance. */
export function useSteady<Row>(incoming: readonly Row[], keyOf: (row: Row) => string, page: string): Steady<Row> {
  const held = useRef({ pointer: false, focus: false });
  const before = useRef<{ page: string; rows: readonly Row[] }>({ page, rows: [] });
  const current = new Map(incoming.map((row) => [keyOf(row), row]));
  const isHeld = (held.current.pointer || held.current.focus) && before.current.page === page;
  let rows = incoming;
  if (isHeld) {
    const known = new Set(before.current.rows.map(keyOf));
    const kept = before.current.rows.map((row) => current.get(keyOf(row)) ?? row);
    rows = [...kept, ...incoming.filter((row) => !known.has(keyOf(row)))];
  }
  before.current = { page, rows };
  const set = (part: 'pointer' | 'focus', value: boolean) => () => {
    held.current[part] = value;
  };
  return {
    rows,
    isGone: (row) => !current.has(keyOf(row)),
    hold: {
      onPointerEnter: set('pointer', true),
      onPointerLeave: set('pointer', false),
      onFocusIn: set('focus', true),
      onFocusOut: set('focus', false),
    },
  };
}
