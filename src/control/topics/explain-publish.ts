/** Explains what would become of a message if it were published now, for each subscription. Changes nothing. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { SqsError } from '../../errors.ts';
import type { MessageAttribute } from '../../storage/store.ts';
import type { Subscription, Topic } from '../../storage/topics.ts';
import type { TopicsEnv } from '../../topics/env.ts';
import { signaturesOf } from '../../topics/publishing/envelope.ts';
import type { Publication } from '../../topics/publishing/publication.ts';
import { checkPublish, deduplicationOf, filteredFor, publicationOf } from '../../topics/publishing/publish.ts';
import { queueDelivery, targetsOf } from '../../topics/publishing/queue-deliveries.ts';
import { isoOf } from '../control-context.ts';
import { type QueueReference, reference } from '../journal/reports.ts';
import {
  brief,
  type DeliveryState,
  endpointWords,
  type Outcome,
  outcomeOfFailure,
  outcomeWithout,
  type Subscriber,
  subscriberOf,
} from './outcomes.ts';

/** How many subscriptions one turn of the event loop looks at. */
const SUBSCRIPTIONS_AT_ONCE = 100;

/** How many subscriptions an explanation lists; the others are counted. */
export const LISTED_MAX = 1000;

/** The message of a hypothetical publish. */
export interface HypotheticalPublish {
  message: string;
  subject?: string | undefined;
  /** `json` if the message has a text for each protocol. */
  structure?: string | undefined;
  attributes?: Readonly<Record<string, MessageAttribute>> | undefined;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
}

/** What would become of a message for one subscription. */
export interface HypotheticalDelivery extends Subscriber {
  state: Extract<
    DeliveryState,
    'delivered' | 'waiting' | 'dead-lettered' | 'discarded' | 'filtered' | 'unconfirmed' | 'unsupported'
  >;
  reason?: string;
  /** The outcome as a sentence. */
  text: string;
}

/** What would happen to a message if it were published now. Instants are ISO 8601. */
export interface PublishExplanation {
  topic: QueueReference;
  at: string;
  outcome: 'published' | 'deduplicated' | 'refused';
  text: string;
  /** For up to 1,000 subscriptions; empty if the message would not be published. */
  deliveries: HypotheticalDelivery[];
  /** The message that it would duplicate. */
  original?: { messageId: string };
  /** The error code, if the outcome is `refused`. */
  code?: string;
}

/** @internal */
export async function explainPublish(
  env: TopicsEnv,
  topic: Topic,
  { message, subject, structure, attributes = {}, groupId, deduplicationId }: HypotheticalPublish,
): Promise<PublishExplanation> {
  const about = { topic: reference(topic), at: isoOf(env.clock.now()), deliveries: [] };
  const input = {
    ...{ message, subject, structure, groupId, deduplicationId },
    attributes: new Map(Object.entries(attributes)),
  };
  const subscriptions = await env.topics.subscriptionsOf(topic.id);
  let publication: Publication;
  try {
    checkPublish(topic, input);
    publication = publicationOf(env, topic, input, undefined);
    await filteredFor([publication], subscriptions);
  } catch (error) {
    if (!(error instanceof SqsError)) throw error;
    return { ...about, outcome: 'refused', code: error.code, text: `It would be refused: ${error.message}` };
  }
  const { key } = topic.fifo ? deduplicationOf(publication) : {};
  const original =
    key === undefined ? undefined : await env.topics.rememberedPublication(topic.id, key, env.clock.now());
  if (original) {
    const { messageId } = original;
    const text = `It would be treated as a duplicate of message ${messageId}, and not be delivered.`;
    return { ...about, outcome: 'deduplicated', text, original: { messageId } };
  }
  const deliveries: HypotheticalDelivery[] = [];
  const counts = new Map<string, number>();
  for (let from = 0; from < subscriptions.length; from += SUBSCRIPTIONS_AT_ONCE) {
    const portion = subscriptions.slice(from, from + SUBSCRIPTIONS_AT_ONCE);
    for (const delivery of await outcomesOf(env, publication, portion)) {
      counts.set(delivery.state, (counts.get(delivery.state) ?? 0) + 1);
      if (deliveries.length < LISTED_MAX) deliveries.push(delivery);
    }
    await nextTurn();
  }
  return { ...about, outcome: 'published', text: summary(subscriptions.length, counts), deliveries };
}

async function outcomesOf(
  env: TopicsEnv,
  publication: Publication,
  subscriptions: readonly Subscription[],
): Promise<HypotheticalDelivery[]> {
  const without = new Map(subscriptions.map((one) => [one, outcomeWithout(publication, one)]));
  const queues = subscriptions.filter((one) => one.protocol === 'sqs' && !without.get(one));
  const signatureFor = await signaturesOf(env, publication, queues);
  const common = { sequence: publication.topic.fifo ? 0 : undefined, signatureFor };
  const targets = new Map(
    (await targetsOf(env, publication.topic, queues)).map((target) => [target.subscription, target]),
  );
  return subscriptions.map((subscription) => {
    const target = targets.get(subscription);
    const { undelivered } = target ? queueDelivery(env, publication, target, common) : {};
    const state = target ? 'delivered' : 'waiting';
    const outcome = without.get(subscription) ?? (undelivered ? outcomeOfFailure(undelivered) : { state });
    return hypothetical(subscription, outcome);
  });
}

function hypothetical(subscription: Subscription, { state, ...rest }: Outcome): HypotheticalDelivery {
  const reason = brief(rest.reason);
  return {
    ...subscriberOf(subscription),
    state: state as HypotheticalDelivery['state'],
    ...(reason !== undefined && { reason }),
    text: wordsOf(endpointWords(subscription), state, reason),
  };
}

function wordsOf(to: string, state: DeliveryState, reason: string | undefined): string {
  if (state === 'delivered') return `It would be sent to ${to}.`;
  if (state === 'waiting') return `It would be posted to ${to}.`;
  if (state === 'dead-lettered') return `It would go to the dead-letter queue instead of ${to}: ${reason}.`;
  if (state === 'discarded') return `It would be lost instead of being sent to ${to}: ${reason}.`;
  return `It would not be delivered to ${to}: ${reason}.`;
}

function summary(total: number, counts: ReadonlyMap<string, number>): string {
  if (total === 0) return 'It would be published, but the topic has no subscriptions.';
  const parts = [...counts].map(([state, count]) => `${count} ${state === 'waiting' ? 'to be posted' : state}`);
  return `It would be published to ${total === 1 ? '1 subscription' : `${total} subscriptions`}: ${parts.join(', ')}.`;
}
