/**
 * Shares the single listener of a store among several. While there are none, the store has no listener either, and
 * makes no events.
 */

import type { HappeningListener } from '../../storage/happenings.ts';
import type { Store } from '../../storage/store.ts';

/** Adds a listener. Returns a function that removes it. */
export type Listen = (listener: HappeningListener) => () => void;

export interface FanOut {
  /** Adds listeners to the store. */
  listen: Listen;
  /** Reports events that are not the store's. */
  report: HappeningListener;
}

/** Returns functions that add listeners to the store, and report other events to them. */
export function fanOut(store: Pick<Store, 'onHappening'>): FanOut {
  let listeners: HappeningListener[] = [];
  const listenersChanged = () => {
    const [only] = listeners;
    if (listeners.length < 2) return store.onHappening(only);
    const all = listeners;
    store.onHappening((happenings) => {
      for (const listener of all) listener(happenings);
    });
  };
  const listen: Listen = (listener) => {
    listeners = [...listeners, listener];
    listenersChanged();
    return () => {
      listeners = listeners.filter((other) => other !== listener);
      listenersChanged();
    };
  };
  const report: HappeningListener = (happenings) => {
    for (const listener of listeners) listener(happenings);
  };
  return { listen, report };
}
