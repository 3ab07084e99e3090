/**
 * Shares the single listener of a store among several. While there are none, the store has no listener either, and
 * makes no events.
 */

import type { HappeningListener } from '../../storage/happenings.ts';
import type { Store } from '../../storage/store.ts';

/** Adds a listener. Returns a function that removes it. */
export type Listen = (listener: HappeningListener) => () => void;

/** Returns a function that adds listeners to the store. */
export function fanOut(store: Pick<Store, 'onHappening'>): Listen {
  let listeners: HappeningListener[] = [];
  const listenersChanged = () => {
    const [only] = listeners;
    if (listeners.length < 2) return store.onHappening(only);
    const all = listeners;
    store.onHappening((happenings) => {
      for (const listener of all) listener(happenings);
    });
  };
  return (listener) => {
    listeners = [...listeners, listener];
    listenersChanged();
    return () => {
      listeners = listeners.filter((other) => other !== listener);
      listenersChanged();
    };
  };
}
