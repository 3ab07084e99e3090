/** What becomes, or would become, of a message for one subscription: as data and as a sentence. */

import { parseArn } from '../../queues/arn.ts';
import { briefText } from '../../queues/own-text.ts';
import type { Subscription } from '../../storage/topics.ts';
import type { Millis } from '../../time/clock.ts';
import { shownEndpoint } from '../../topics/endpoints.ts';
import { FilteredMessage } from '../../topics/filters/filter-policy.ts';
import { type Publication, textFor } from '../../topics/publishing/publication.ts';
import { filterOf } from '../../topics/subscription-attributes.ts';
import { subscriptionArn } from '../../topics/topic-arn.ts';
import type { Undelivered } from '../../topics/topic-reports.ts';
import { isoOf } from '../control-context.ts';
import type { Attempt, LoggedPublication } from './publication-log.ts';

/** The states of a delivery. */
export const DELIVERY_STATES = [
  'delivered',
  'waiting',
  'retrying',
  'dead-lettered',
  'discarded',
  'filtered',
  'unconfirmed',
  'unsupported',
  'duplicate',
] as const;

/**
 * `waiting`: the first attempt has not ended. `retrying`: an attempt failed, and there will be another one.
 * `discarded`: it could not be delivered, and no dead-letter queue took it. `unconfirmed`: the subscription is not
 * confirmed. `unsupported`: Squab never delivers to such endpoints. `duplicate`: the message duplicates an earlier one.
 */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** The endpoint of a subscription. */
export interface Subscriber {
  /** The ARN of the subscription. */
  subscription: string;
  protocol: string;
  /** The first 500 characters. A URL has `***` in the place of its password. */
  endpoint: string;
}

/** What became of a message for one subscription. Instants are ISO 8601. */
export interface DeliveryOutcome extends Subscriber {
  state: DeliveryState;
  /** Why it was not delivered, or not yet. */
  reason?: string;
  /** How many attempts there have been, of an HTTP endpoint or a function. */
  attempts?: number;
  /** When the next attempt is due. */
  nextAt?: string;
  /** When the latest attempt ended. */
  attemptedAt?: string;
  /** The whole outcome as a sentence. */
  text: string;
}

/** @internal An outcome before it has been put into words. */
export interface Outcome {
  state: DeliveryState;
  reason?: string | undefined;
  attempts?: number | undefined;
  nextAt?: Millis | undefined;
  at?: Millis | undefined;
}

/** Endpoints and reasons are shown up to this length: both may have tens of thousands of characters. */
const BRIEF_MAX = 500;

/** @internal */
export function brief(text: string): string;
export function brief(text: string | undefined): string | undefined;
export function brief(text: string | undefined): string | undefined {
  return text === undefined ? undefined : briefText(text, BRIEF_MAX);
}

/** @internal */
export function subscriberOf(subscription: Subscription): Subscriber {
  const { protocol, endpoint } = subscription;
  return { subscription: subscriptionArn(subscription), protocol, endpoint: brief(shownEndpoint(endpoint)) };
}

/** @internal Returns why a subscription does not get a message; undefined if it does. */
export function outcomeWithout(publication: Publication, subscription: Subscription): Outcome | undefined {
  const { confirmed, protocol, backlogId } = subscription;
  if (!confirmed) return { state: 'unconfirmed', reason: 'the subscription is not confirmed' };
  if (protocol !== 'sqs' && backlogId === undefined) {
    return { state: 'unsupported', reason: `Squab never delivers to ${protocol} endpoints` };
  }
  const filter = filterOf(subscription);
  if (!filter) return undefined;
  const reason = filteredMessage(publication, textFor(publication, subscription)).reasonAgainst(filter);
  return reason === undefined ? undefined : { state: 'filtered', reason };
}

/** The publication that was looked at last, and its texts, which differ by protocol. */
let latest: { publication: Publication; messages: Map<string, FilteredMessage> } | undefined;

/** Parses a message only once for subscriptions that are looked at one after the other. */
function filteredMessage(publication: Publication, text: string): FilteredMessage {
  if (latest?.publication !== publication) latest = { publication, messages: new Map() };
  const known = latest.messages.get(text) ?? new FilteredMessage(publication.attributes, text);
  latest.messages.set(text, known);
  return known;
}

/** @internal Returns what became of a publication for one of its subscriptions. */
export function outcomeOf(logged: LoggedPublication, subscription: Subscription): Outcome {
  const { publication, original, undelivered, attempts } = logged;
  if (original !== undefined) return { state: 'duplicate', reason: `it duplicates message ${original}` };
  const without = outcomeWithout(publication, subscription);
  if (without) return without;
  if (subscription.protocol !== 'sqs') return outcomeOfAttempt(attempts.get(subscription.id));
  const failure = undelivered.get(subscription.id);
  return failure ? outcomeOfFailure(failure) : { state: 'delivered' };
}

/** @internal Returns what becomes of a message that a queue cannot take. */
export function outcomeOfFailure({ reason, deadLetterArn, deadLetterReason }: Undelivered): Outcome {
  if (deadLetterArn === undefined) return { state: 'discarded', reason };
  if (deadLetterReason === undefined) return { state: 'dead-lettered', reason };
  return { state: 'discarded', reason: `${reason}; its dead-letter queue ${deadLetterArn}: ${deadLetterReason}` };
}

function outcomeOfAttempt(latest: Attempt | undefined): Outcome {
  if (!latest) return { state: 'waiting' };
  const { result, attempt: attempts, reason, nextAt, at } = latest;
  return { state: result === 'failed' ? 'retrying' : result, reason, attempts, nextAt, at };
}

/** @internal Puts an outcome into words. */
export function reportOutcome(subscription: Subscription, outcome: Outcome): DeliveryOutcome {
  const { state, reason, attempts, nextAt, at } = outcome;
  return {
    ...subscriberOf(subscription),
    state,
    ...(reason !== undefined && { reason: brief(reason) }),
    ...(attempts !== undefined && { attempts }),
    ...(nextAt !== undefined && { nextAt: isoOf(nextAt) }),
    ...(at !== undefined && { attemptedAt: isoOf(at) }),
    text: wordsOf(subscription, outcome),
  };
}

/** @internal Says what a subscription leads to, such as `the queue orders`. */
export function endpointWords({ protocol, endpoint }: Pick<Subscription, 'protocol' | 'endpoint'>): string {
  const name = parseArn(endpoint)?.name;
  return brief(protocol === 'sqs' && name !== undefined ? `the queue ${name}` : shownEndpoint(endpoint));
}

function wordsOf(subscription: Subscription, { state, attempts, nextAt, ...rest }: Outcome): string {
  const to = endpointWords(subscription);
  const reason = brief(rest.reason);
  const after = attempts === undefined ? '' : ` after ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}`;
  switch (state) {
    case 'delivered':
      return `Delivered to ${to}${attempts === 1 ? '' : after}.`;
    case 'waiting':
      return `About to be delivered to ${to}.`;
    case 'retrying':
      return `Attempt ${attempts} to deliver to ${to} failed: ${reason}. The next attempt is due at ${isoOf(nextAt!)}.`;
    case 'dead-lettered':
      return `Dead-lettered${after}, instead of being delivered to ${to}: ${reason}.`;
    case 'discarded':
      return `Discarded${after}, instead of being delivered to ${to}: ${reason}.`;
    case 'filtered':
      return `Filtered, and not delivered to ${to}: ${reason}.`;
    case 'unconfirmed':
    case 'unsupported':
    case 'duplicate':
      return `Not delivered to ${to}: ${reason}.`;
  }
}
