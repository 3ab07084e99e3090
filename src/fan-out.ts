/** Lets several listen to what happens, where a store tells one. While nobody listens, nothing is told. */

import type { Happening, HappeningListener } from './storage/happenings.ts';
import type { Store } from './storage/store.ts';

export class FanOut {
  readonly #store: Pick<Store, 'onHappening'>;
  readonly #listeners = new Set<HappeningListener>();

  constructor(store: Pick<Store, 'onHappening'>) {
    this.#store = store;
  }

  /** The function that it returns ends the listening. Whoever listens must not throw: the others would not hear. */
  add(listener: HappeningListener): () => void {
    this.#listeners.add(listener);
    this.#set();
    return () => {
      this.#listeners.delete(listener);
      this.#set();
    };
  }

  #set(): void {
    const [first, ...others] = this.#listeners;
    this.#store.onHappening(others.length === 0 ? first : (happening) => this.#tell(happening));
  }

  #tell(happening: Happening): void {
    for (const listener of this.#listeners) listener(happening);
  }
}
