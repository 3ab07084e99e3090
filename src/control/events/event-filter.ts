/** Filters of events. */

import type { MessageContent } from '../../storage/store.ts';
import { finderOf } from '../../storage/text-search.ts';
import type { Entry, Kind } from '../journal/entries.ts';

/** Selects events; an event must match every member that is given. */
export interface EventFilter {
  /** The queue's name, URL or ARN. An event that moves a message matches by either of its two queues. */
  queue?: string | undefined;
  account?: string | undefined;
  region?: string | undefined;
  /** Matches events of these kinds; by default, of all kinds except `empty-receive`. */
  kinds?: readonly Kind[] | undefined;
  messageId?: string | undefined;
  /**
   * Text that the message's body contains. Like `groupId` and `attribute`, matches only messages whose content is
   * known.
   */
  bodyContains?: string | undefined;
  groupId?: string | undefined;
  /** The name of a message attribute, and optionally its value. */
  attribute?: { name: string; value?: string | undefined } | undefined;
}

/** @internal Returns whether an event matches a filter. `content` is that of its message, if known. */
export type Matches = (entry: Entry, content: MessageContent | undefined) => boolean;

/** @internal Returns a function that compares events with a filter, whose `queue` is a name. */
export function matcherOf(filter: EventFilter): Matches {
  const { kinds, messageId, bodyContains, groupId, attribute } = filter;
  const isFound = bodyContains === undefined ? undefined : finderOf(bodyContains);
  return (entry, content) => {
    if (kinds ? !kinds.includes(entry.kind) : entry.kind === 'empty-receive') return false;
    if (!isIn(filter, entry.queue) && !(entry.to && isIn(filter, entry.to.queue))) return false;
    if (messageId !== undefined && entry.messageId !== messageId && entry.to?.messageId !== messageId) return false;
    if (groupId !== undefined && content?.groupId !== groupId) return false;
    if (isFound && !(content && isFound(content.body))) return false;
    if (attribute === undefined) return true;
    const found = content?.attributes?.get(attribute.name);
    return found !== undefined && (attribute.value ?? found.stringValue) === found.stringValue;
  };
}

/** Returns whether a queue has the name, account and region of a filter. */
function isIn(filter: EventFilter, { name, account, region }: Entry['queue']): boolean {
  const { queue = name, account: owner = account, region: home = region } = filter;
  return queue === name && owner === account && home === region;
}
