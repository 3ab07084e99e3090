/**
 * The state of forms, which outlives them: what was typed is still there when its user closes a form by mistake, looks
 * something up on another screen, and returns. It is gone once it has been saved or cancelled, and when the page is.
 */

import { useState } from 'preact/hooks';

const forms = new Map<string, unknown>();

/** Keeps the state of a form that is not on screen, or returns to it later. */
export function keep<T>(form: string, state: T): void {
  forms.set(form, state);
}

export function forget(form: string): void {
  forms.delete(form);
}

/** Whether something was typed into a form that has been neither saved nor cancelled. */
export const isKept = (form: string): boolean => forms.has(form);

/** Returns the state of a form and a function that changes it. It starts as it was left, or else as `start` says. */
export function useKept<T>(form: string, start: () => T): readonly [T, (changed: T) => void] {
  const [state, setState] = useState<T>(() => (forms.has(form) ? (forms.get(form) as T) : start()));
  const change = (changed: T) => {
    keep(form, changed);
    setState(changed);
  };
  return [state, change];
}
