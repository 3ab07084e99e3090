/** Filters of events. */

import { parseArn } from '../../queues/arn.ts';
import type { Publication } from '../../storage/message.ts';
import type { MessageContent, QueueKey } from '../../storage/store.ts';
import { finderOf } from '../../storage/text-search.ts';
import type { TopicKey } from '../../storage/topics.ts';
import type { Entry, EntryQueue, Kind } from '../journal/entries.ts';

/** Selects events; an event must match every member that is given. */
export interface EventFilter {
  /** The queue's name, URL or ARN. An event that moves a message matches by either of its two queues. */
  queue?: string | undefined;
  /** The topic's name or ARN: matches events of the topic, and `sent` events of messages that come from it. */
  topic?: string | undefined;
  account?: string | undefined;
  region?: string | undefined;
  /** Matches events of these kinds; by default, of all kinds except `empty-receive`. */
  kinds?: readonly Kind[] | undefined;
  /** The ID of a message in a queue, or of a publication. */
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

/** @internal What every event has: an entry of the journal, or what an engine reports. */
export interface EventHead {
  kind: Kind;
  queue?: EntryQueue | undefined;
  topic?: TopicKey | undefined;
  publication?: Publication | undefined;
  to?: { queue: EntryQueue } | undefined;
}

/** @internal Compares events with a filter, whose `queue` is a name. */
export class EventMatcher {
  readonly #filter: EventFilter;
  readonly #isFound: ((body: string) => boolean) | undefined;
  /** Whether the filter selects messages, so that the head of an event does not decide whether it matches. */
  readonly needsDetails: boolean;

  /** Whether the filter searches bodies, which takes longer than everything else. */
  get searches(): boolean {
    return this.#isFound !== undefined;
  }

  constructor(filter: EventFilter) {
    const { messageId, bodyContains, groupId, attribute } = filter;
    this.#filter = filter;
    this.#isFound = bodyContains === undefined ? undefined : finderOf(bodyContains);
    this.needsDetails = [messageId, bodyContains, groupId, attribute].some((member) => member !== undefined);
  }

  /** Returns whether an event matches by its kind and its queues. */
  matchesHead({ kind, queue, to, topic, publication }: EventHead): boolean {
    const { kinds, topic: wanted, queue: wantedQueue } = this.#filter;
    if (kinds ? !kinds.includes(kind) : kind === 'empty-receive') return false;
    const origin = wanted === undefined ? topic : (topic ?? (publication && parseArn(publication.topicArn)));
    if (wanted !== undefined && origin?.name !== wanted) return false;
    if (topic) return wantedQueue === undefined && isIn(this.#filter, topic);
    return (queue !== undefined && isIn(this.#filter, queue)) || (to !== undefined && isIn(this.#filter, to.queue));
  }

  /** Returns whether an event matches. `content` is that of its message, if known. */
  matches(entry: Entry, content: MessageContent | undefined): boolean {
    if (!this.matchesHead({ ...entry, topic: entry.topicEvent?.topic })) return false;
    if (!this.needsDetails) return true;
    const { messageId, groupId, attribute } = this.#filter;
    const ids = [entry.messageId, entry.to?.messageId, entry.publication?.messageId];
    if (messageId !== undefined && !ids.includes(messageId)) return false;
    if (groupId !== undefined && content?.groupId !== groupId) return false;
    if (this.#isFound && !(content && this.#isFound(content.body))) return false;
    if (attribute === undefined) return true;
    const found = content?.attributes?.get(attribute.name);
    return found !== undefined && (attribute.value ?? found.stringValue) === found.stringValue;
  }
}

/** Returns whether a queue has the name, account and region of a filter. */
function isIn(filter: EventFilter, { name, account, region }: QueueKey): boolean {
  const { queue = name, account: owner = account, region: home = region } = filter;
  return queue === name && owner === account && home === region;
}
