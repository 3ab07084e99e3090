/** The events of topics: publications, and what becomes of them. The journal keeps them beside the events of queues. */

import type { TopicKey } from '../../storage/topics.ts';
import type { Millis } from '../../time/clock.ts';
import type { DeliveryReport } from '../../topics/deliveries/deliverer.ts';
import { shownEndpoint } from '../../topics/endpoints.ts';
import type { PublishedReport } from '../../topics/topic-reports.ts';
import {
  brief,
  endpointWords,
  outcomeOfFailure,
  outcomeWithout,
  type Subscriber,
  subscriberOf,
} from '../topics/outcomes.ts';

/**
 * `delivered` and `delivery-failed`: an attempt to deliver to an HTTP endpoint or a function. A message that a queue has
 * is a `sent` event of the queue.
 */
export const TOPIC_KINDS = [
  'published',
  'filtered',
  'delivered',
  'delivery-failed',
  'delivery-dead-lettered',
  'delivery-discarded',
] as const;

export type TopicKind = (typeof TOPIC_KINDS)[number];

/** @internal */
export interface TopicEvent {
  kind: TopicKind;
  topic: TopicKey;
  /** The publication's ID. */
  messageId: string;
  subscriber?: Subscriber | undefined;
  attempt?: number | undefined;
  reason?: string | undefined;
  nextAt?: Millis | undefined;
  /** How many subscriptions get the message, and how many do not. */
  counts?: { receivers: number; others: number } | undefined;
  /** The ID of the earlier publication that this one duplicates. */
  original?: string | undefined;
}

/** Of how many subscriptions a publication has an event, if they do not get it. The others are only counted. */
const EVENTS_MAX = 10;

/** @internal Returns the events of a publication. */
export function eventsOf({
  publication,
  subscriptions,
  receivers,
  undelivered,
  original,
}: PublishedReport): TopicEvent[] {
  const { messageId } = publication;
  const about = { topic: topicKeyOf(publication.topic), messageId };
  if (original !== undefined) return [{ ...about, kind: 'published', original }];
  const counts = { receivers: receivers.length, others: subscriptions.length - receivers.length };
  const events: TopicEvent[] = [{ ...about, kind: 'published', counts }];
  for (const one of undelivered.slice(0, EVENTS_MAX)) {
    const { state, reason } = outcomeOfFailure(one);
    const kind = state === 'dead-lettered' ? 'delivery-dead-lettered' : 'delivery-discarded';
    events.push({ ...about, kind, subscriber: subscriberOf(one.subscription), reason: brief(reason) });
  }
  if (counts.others === 0) return events;
  const wanting = new Set(receivers);
  let filtered = 0;
  for (const one of subscriptions) {
    if (wanting.has(one)) continue;
    if (filtered === EVENTS_MAX) break;
    const outcome = outcomeWithout(publication, one);
    if (outcome?.state !== 'filtered') continue;
    filtered++;
    events.push({ ...about, kind: 'filtered', subscriber: subscriberOf(one), reason: brief(outcome.reason) });
  }
  return events;
}

/** @internal Returns the event of an attempt; undefined if it was not for a publication. */
export function eventOf({ topic, ...report }: DeliveryReport & { topic: TopicKey }): TopicEvent | undefined {
  const { type, subscriber, messageId, attempt, result, reason, nextAt } = report;
  if (type !== 'Notification') return undefined;
  const kind = result === 'delivered' ? result : (`delivery-${result}` as const);
  const { arn: subscription, protocol } = subscriber;
  const shown = { subscription, protocol, endpoint: brief(shownEndpoint(subscriber.endpoint)) };
  return { kind, topic: topicKeyOf(topic), messageId, subscriber: shown, attempt, reason: brief(reason), nextAt };
}

/** Leaves out the attributes of the topic: they can be long, and change often. */
function topicKeyOf({ account, region, name }: TopicKey): TopicKey {
  return { account, region, name };
}

/** @internal Describes an event in a sentence. */
export function topicWords({ kind, topic, subscriber, attempt, reason, counts, original }: TopicEvent): string {
  const to = subscriber ? endpointWords(subscriber) : '';
  const after = attempt === undefined || attempt === 1 ? '' : ` at attempt ${attempt}`;
  switch (kind) {
    case 'published':
      if (!counts)
        return `Published to the topic ${topic.name} again and deduplicated: it duplicates message ${original}.`;
      return `Published to the topic ${topic.name}, for ${subscriptionsIn(counts.receivers)}${othersIn(counts.others)}.`;
    case 'filtered':
      return `Filtered, and not delivered to ${to}: ${reason}.`;
    case 'delivered':
      return `Delivered to ${to}${after}.`;
    case 'delivery-failed':
      return `Attempt ${attempt} to deliver to ${to} failed: ${reason}.`;
    case 'delivery-dead-lettered':
      return `Dead-lettered${after}, instead of being delivered to ${to}: ${reason}.`;
    case 'delivery-discarded':
      return `Discarded${after}, instead of being delivered to ${to}: ${reason}.`;
  }
}

function subscriptionsIn(count: number): string {
  return count === 1 ? '1 subscription' : `${count} subscriptions`;
}

function othersIn(count: number): string {
  if (count === 0) return '';
  return count === 1 ? '; 1 other does not get it' : `; ${count} others do not get it`;
}
