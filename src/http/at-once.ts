/** Limits how many responses of a kind are in progress at once. */

import type { ServerResponse } from 'node:http';

/** Returns a function that tells whether there are already `atOnce` responses in progress; if not, it adds one. */
export function limiter(atOnce = Number.POSITIVE_INFINITY): (response: ServerResponse) => boolean {
  const open = new Set<ServerResponse>();
  return (response) => {
    if (open.size >= atOnce) return true;
    open.add(response);
    response.once('close', () => open.delete(response));
    if (response.closed) open.delete(response);
    return false;
  };
}
