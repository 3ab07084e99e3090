/** Lets several listen to what happens in a store, which tells one; while nobody listens, it makes nothing to tell. */

import type { HappeningListener } from '../../storage/happenings.ts';
import type { Store } from '../../storage/store.ts';

/** Adds a listener; the function that it returns takes it away again. */
export type Listen = (listener: HappeningListener) => () => void;

export function fanOut(store: Pick<Store, 'onHappening'>): Listen {
  let listeners: HappeningListener[] = [];
  const listenersChanged = () => {
    const [only] = listeners;
    if (listeners.length < 2) return store.onHappening(only);
    const all = listeners;
    store.onHappening((happening) => {
      for (const listener of all) listener(happening);
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
