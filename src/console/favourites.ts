/** The queues that the user wants at hand, remembered by the browser. */

import { signal } from '@preact/signals';
import type { QueueKey } from './api.ts';
import { recall, remember } from './memory.ts';
import { queueLink } from './router.ts';

/** As many as one request for counts may name. */
const FAVOURITES_MAX = 100;

export const favourites = signal(recall<readonly QueueKey[]>('favourites', []));

const isSame = (queue: QueueKey) => (other: QueueKey) => queueLink(other) === queueLink(queue);

export const isFavourite = (queue: QueueKey): boolean => favourites.value.some(isSame(queue));

/** Adds a queue to the favourites, or removes it. */
export function toggleFavourite({ name, account, region }: QueueKey): void {
  const queue = { name, account, region };
  const others = favourites.value.filter((other) => !isSame(queue)(other));
  favourites.value = isFavourite(queue) ? others : [...others, queue].slice(-FAVOURITES_MAX);
  remember('favourites', favourites.value);
}
