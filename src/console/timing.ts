/** The machine's clock and timers. No other file of the console uses them, except through this one. */

import { signal } from '@preact/signals';

/** Milliseconds since 1970, by the clock of the machine that the browser runs on. */
export const machineNow = (): number => Date.now();

/** Calls `task` after this time. Returns a function that prevents it. */
export function after(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

/** Increases every second while the page is visible. Whatever shows a time that passes reads it. */
export const second = signal(0);

setInterval(() => {
  if (!document.hidden) second.value += 1;
}, 1000);

/** Resolves once the page is visible. */
export function untilVisible(): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const check = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', check);
      resolve();
    };
    document.addEventListener('visibilitychange', check);
  });
}
