/** The messages of a running Squab's queues, as its control interface shows them without receiving any. */

import type { MessageAttribute, QueueKey } from '../storage/store.ts';
import type { QueueState } from './write.ts';

/** A page of messages, as far as it matters here. */
interface Page {
  messages: {
    body: string;
    attributes?: Record<string, MessageAttribute>;
    traceHeader?: string;
    groupId?: string;
    deduplicationId?: string;
  }[];
  next?: string;
}

/** All messages of a queue of the Squab at `url`. Rejects with an Error that says why it does not show them. */
export async function heldMessages(url: string, queue: QueueKey): Promise<QueueState['messages']> {
  const held: QueueState['messages'][number][] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await pageOf(url, queue, after);
    for (const { attributes, ...message } of page.messages) {
      held.push({ ...message, ...(attributes && { attributes: new Map(Object.entries(attributes)) }) });
    }
    after = page.next;
    more = after !== undefined;
  }
  return held;
}

async function pageOf(url: string, { name, account, region }: QueueKey, after: string | undefined): Promise<Page> {
  const query = new URLSearchParams({ account, region, limit: '1000', ...(after !== undefined && { after }) });
  const response = await fetch(new URL(`/_squab/queues/${encodeURIComponent(name)}/messages?${query}`, url));
  const text = await response.text();
  if (response.ok && response.headers.get('content-type')?.startsWith('application/json'))
    return JSON.parse(text) as Page;
  throw new Error(
    `${url} does not show the messages of ${name}: it answered ${response.status}. Squab shows them unless it was started ` +
      'with --no-control; with --auth, to clients on its own machine.',
  );
}
