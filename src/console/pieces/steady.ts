/**
 * Keeps rows in their places while somebody reads or aims at them: as long as the pointer or the focus is in the list,
 * the order stays, and rows that have vanished remain, marked as gone.
 */

import { useRef } from 'preact/hooks';
import { refreshed } from '../live.ts';
import { machineNow } from '../timing.ts';

export interface Steady<Row> {
  rows: readonly Row[];
  isGone(row: Row): boolean;
  /** Attributes for the element around the list. */
  hold: Record<'onPointerEnter' | 'onPointerLeave' | 'onFocusIn' | 'onFocusOut', () => void>;
}

/** How long it may take until the answer to a refresh is on screen. */
const ASKED_MS = 1500;

/** `page` names what is listed: with another one, the previous rows are of no importance. */
export function useSteady<Row>(incoming: readonly Row[], keyOf: (row: Row) => string, page: string): Steady<Row> {
  const held = useRef({ pointer: false, focus: false });
  const asked = useRef({ times: refreshed.value, at: 0 });
  const before = useRef<{ page: string; rows: readonly Row[] }>({ page, rows: [] });
  const current = new Map(incoming.map((row) => [keyOf(row), row]));
  // What the user has asked for shows at once.
  if (asked.current.times !== refreshed.value) asked.current = { times: refreshed.value, at: machineNow() };
  const isAsked = machineNow() - asked.current.at < ASKED_MS;
  const isHeld = (held.current.pointer || held.current.focus) && !isAsked && before.current.page === page;
  let rows = incoming;
  if (isHeld) {
    const known = new Set(before.current.rows.map((row) => keyOf(row)));
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
