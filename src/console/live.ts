/**
 * Keeps what is on screen up to date: asks again a while after each answer. Nothing is asked while the page is hidden,
 * and nothing while the user has paused.
 */

import { effect, signal } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { after, machineNow, untilVisible } from './timing.ts';

/** Whether the user has paused all updates. */
export const isPaused = signal(false);

/** Increases when everything is to be asked for again. */
export const refreshed = signal(0);

/** Asks for everything on screen again, even if updates are paused. */
export function refreshAll(): void {
  refreshed.value += 1;
}

export interface Live<T> {
  /** The latest answer; undefined before the first one. */
  data: T | undefined;
  /** Why the latest request failed. */
  error: Error | undefined;
  /** Asks again now. */
  refresh(): void;
}

/** The shortest time between the end of a request and the next one. */
const INTERVAL_MS = 1000;

/** A request that takes long is repeated less often: the server is to spend a twentieth of its time on it at most. */
const REST = 19;

/**
 * Asks by `load`, again and again. If one of `inputs` changes, the previous answer no longer counts. `everyMs`: the time
 * between two requests.
 */
export function useLive<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
  everyMs = INTERVAL_MS,
): Live<T> {
  const [state, setState] = useState<{ inputs: readonly unknown[]; data?: T; error?: Error }>({ inputs });
  const again = useRef(() => {});
  // The answer to other inputs is not shown, not even until the new one arrives.
  const isCurrent = state.inputs.every((input, index) => Object.is(input, inputs[index]));
  // `inputs` say when `load` is another one.
  useEffect(() => {
    const gone = new AbortController();
    let cancel = () => {};
    let isBusy = false;
    const ask = async () => {
      cancel();
      if (isBusy) return;
      isBusy = true;
      const startedAt = machineNow();
      try {
        const data = await load(gone.signal);
        if (!gone.signal.aborted) setState({ inputs, data });
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        if (!gone.signal.aborted)
          setState((before) => ({ ...(same(before.inputs, inputs) ? before : { inputs }), error }));
      }
      isBusy = false;
      if (gone.signal.aborted) return;
      cancel = after(Math.max(everyMs, (machineNow() - startedAt) * REST), next);
    };
    const next = async () => {
      await untilVisible();
      if (!gone.signal.aborted && !isPaused.peek()) void ask();
    };
    again.current = () => void ask();
    const stopListening = effect(() => {
      void isPaused.value;
      void refreshed.value;
      void ask();
    });
    return () => {
      gone.abort();
      stopListening();
      cancel();
    };
  }, [...inputs, everyMs]);
  const refresh = useCallback(() => again.current(), []);
  return { data: isCurrent ? state.data : undefined, error: isCurrent ? state.error : undefined, refresh };
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((part, index) => Object.is(part, other[index]));
}
