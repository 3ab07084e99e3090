/** Favourite queues: a button that adds one, and the list of them. */

import type { QueueCounts } from '../../../control/queues/queues.ts';
import { control, type QueueKey } from '../../api.ts';
import { favourites, isFavourite, toggleFavourite } from '../../favourites.ts';
import { count } from '../../format.ts';
import { useLive } from '../../live.ts';
import { Icon } from '../../pieces/icon.tsx';
import { Elsewhere } from '../../pieces/queue-name.tsx';
import { queueLink } from '../../router.ts';

export function FavouriteButton({ queue }: { queue: QueueKey }) {
  const isOn = isFavourite(queue);
  return (
    <button
      type="button"
      class={isOn ? 'quiet icon favourite on' : 'quiet icon favourite'}
      aria-pressed={isOn}
      aria-label={`Favourite: ${queue.name}`}
      title={isOn ? 'Remove from your favourites' : 'Add to your favourites, which this browser remembers'}
      onClick={() => toggleFavourite(queue)}
    >
      <Icon name="star" />
    </button>
  );
}

/** Links to the favourites that exist, with how many messages they hold. */
export function Favourites() {
  const queues = favourites.value;
  const { data = [] } = useLive(
    async (signal) => {
      if (queues.length === 0) return [];
      const counted = await control<{ queues: QueueCounts[] }>('POST', '/counts', { queues }, signal);
      return counted.queues;
    },
    [queues],
  );
  if (data.length === 0) return null;
  return (
    <nav class="row favourites" aria-label="Favourites">
      <span class="muted">
        <Icon name="star" />
      </span>
      {data.map((queue) => {
        const { visible, inFlight, delayed } = queue.messages;
        return (
          <a key={queueLink(queue)} class="badge" href={`#${queueLink(queue)}`}>
            <span class="break">{queue.name}</span> <Elsewhere queue={queue} />
            <strong title="Messages in every state">{count(visible + inFlight + delayed)}</strong>
          </a>
        );
      })}
    </nav>
  );
}
