/** Short notes at the edge of the page about what has just happened. */

import { signal } from '@preact/signals';
import { after } from '../timing.ts';
import { Icon } from './icon.tsx';

interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'failed';
}

const toasts = signal<readonly Toast[]>([]);
let last = 0;

const DONE_MS = 5000;
const FAILED_MS = 12_000;

function show(text: string, kind: Toast['kind']): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { id, text, kind }];
  after(kind === 'done' ? DONE_MS : FAILED_MS, () => dismiss(id));
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Says that something was done: "Deleted the queue orders." */
export const done = (text: string): void => show(text, 'done');

/** Says why something could not be done, in the words of whoever refused it. */
export const failed = (error: unknown): void => show(error instanceof Error ? error.message : String(error), 'failed');

/** Does something that a button asks for, and says how it went. Resolves to whether it succeeded. */
export async function attempt(task: () => Promise<unknown>, text: string): Promise<boolean> {
  try {
    await task();
    done(text);
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, kind }) => (
        <div key={id} class={`toast ${kind}`}>
          <Icon name={kind === 'done' ? 'check' : 'warning'} />
          <span>{text}</span>
          <button type="button" class="quiet icon" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
