/** Reads the messages of a running Squab through its control interface, which lists them without receiving them. */

import type { MessageAttribute, QueueKey } from '../storage/store.ts';
import type { QueueState } from './write.ts';

/** The members of a page of messages that are used here. */
interface Page {
  messages: {
    body: string;
    attributes?: Record<string, MessageAttribute>;
    traceHeader?: string;
    groupId?: string;
    deduplicationId?: string;
    deadLetterSource?: string;
  }[];
  next?: string;
}

/** Reads all messages of a queue. Rejects with an Error if the Squab at `url` does not list them. */
export async function allMessages(url: string, queue: QueueKey): Promise<QueueState['messages']> {
  const messages: QueueState['messages'][number][] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await pageOf(url, queue, after);
    for (const { attributes, ...message } of page.messages) {
      messages.push({ ...message, ...(attributes && { attributes: new Map(Object.entries(attributes)) }) });
    }
    after = page.next;
    more = after !== undefined;
  }
  return messages;
}

async function pageOf(url: string, { name, account, region }: QueueKey, after: string | undefined): Promise<Page> {
  const query = new URLSearchParams({ account, region, limit: '1000', ...(after !== undefined && { after }) });
  const response = await fetch(new URL(`/_squab/queues/${encodeURIComponent(name)}/messages?${query}`, url));
  const text = await response.text();
  if (response.ok && response.headers.get('content-type')?.startsWith('application/json'))
    return JSON.parse(text) as Page;
  throw new Error(
    `${url} does not list the messages of ${name} (status ${response.status}). Squab lists them unless it was started ` +
      'with --no-control; with --auth, it lists them only to clients on its own machine.',
  );
}
