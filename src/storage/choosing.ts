/** Which of the messages that an engine finds a receive takes, by what its request says of choice and size. */

import type { Choice, ReceiveRequest } from './store.ts';

/** Returns the messages that a receive of up to `max` takes. Places beyond the end of the line are skipped. */
export function chosen<M>(found: readonly M[], { choose }: Choice, max: number): M[] {
  const places = choose(found.length, Math.min(max, found.length));
  return places.flatMap((place) => found[place] ?? []).slice(0, max);
}

/** Returns the first messages, at least one, whose total size is within the limit. */
export function withinSize<M>(
  messages: M[],
  limit: ReceiveRequest['sizeLimit'],
  textsOf: (message: M) => { body: string; attributes?: string | null | undefined },
): M[] {
  if (!limit) return messages;
  const max = limit.max();
  let total = 0;
  const end = messages.findIndex((message, index) => {
    const { body, attributes } = textsOf(message);
    total += limit.of(body) + (attributes ? limit.of(attributes) : 0);
    return index > 0 && total > max;
  });
  return end === -1 ? messages : messages.slice(0, end);
}
