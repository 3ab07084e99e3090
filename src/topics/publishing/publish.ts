/**
 * Validates messages and publishes them to the subscribers of a topic.
 * Source: API reference, Publish and PublishBatch; error texts and the order of checks as observed on the service.
 */

import { createHash } from 'node:crypto';
import type { SqsError } from '../../errors.ts';
import { isMessageId } from '../../queues/characters.ts';
import { messageSize } from '../../queues/digest.ts';
import { sequenceNumber } from '../../queues/fifo.ts';
import { excessOf } from '../../queues/json-bounds.ts';
import { DEDUPLICATION_SECONDS } from '../../queues/limits.ts';
import { OutOfSteps, Steps } from '../../queues/policies/answers.ts';
import type { NewPublication, Subscription, Topic } from '../../storage/topics.ts';
import { Portions } from '../../time/portions.ts';
import type { TopicsEnv } from '../env.ts';
import { FilteredMessage, type FilterPolicy } from '../filters/filter-policy.ts';
import { FILTER_STEPS_MAX } from '../filters/rules.ts';
import { invalid, topicDoesNotExist } from '../refusals.ts';
import { backlogDelivery } from '../subscribers.ts';
import { filterOf } from '../subscription-attributes.ts';
import { messageBytesMax, topicSetting } from '../topic-attributes.ts';
import type { Undelivered } from '../topic-reports.ts';
import { signaturesOf } from './envelope.ts';
import { checkTogether } from './fan-out.ts';
import { charactersOfTexts, type Publication, type Texts, textFor } from './publication.ts';
import { checkPublicationAttributes, type PublishedAttribute } from './publication-attributes.ts';
import { queueDelivery, targetsOf } from './queue-deliveries.ts';

export interface PublishInput {
  message: string;
  subject: string | undefined;
  /** `json` if the message has a text for each protocol. */
  structure: string | undefined;
  attributes: ReadonlyMap<string, PublishedAttribute> | undefined;
  groupId: string | undefined;
  deduplicationId: string | undefined;
}

export interface PublishResult {
  messageId: string;
  /** Only in a FIFO topic. */
  sequenceNumber: string | undefined;
}

/** "Subjects must … be less than 100 characters long", and have no line breaks or control characters. */
const SUBJECT_MAX = 99;

/** Throws `InvalidParameter` for an invalid subject; undefined is valid. */
export function checkSubject(subject: string | undefined): void {
  if (subject === undefined) return;
  if (subject === '' || subject.length > SUBJECT_MAX || /[\u0000-\u001f\u007f]/.test(subject)) throw invalid('Subject');
}

/** Throws `InvalidParameter` for a message without text. */
export function checkNotEmpty(message: string): void {
  if (message === '') throw invalid('Empty message');
}

/** Returns the size of a message in bytes, as it counts against the limit of its topic. */
export function publishedSize({ message, attributes }: PublishInput): number {
  return messageSize(message, attributes);
}

/** Checks what topics of one kind require, or do not accept. Throws `InvalidParameter`. `topic` may not exist. */
export function checkFifoInput(isFifo: boolean, topic: Topic | undefined, input: PublishInput): void {
  const { groupId, deduplicationId } = input;
  if (!isFifo && deduplicationId !== undefined) {
    throw invalid(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this ' +
        'topic type',
    );
  }
  if (isFifo && groupId === undefined) throw invalid('The MessageGroupId parameter is required for FIFO topics');
  if (isFifo && topic && deduplicationId === undefined && !isContentBased(topic)) {
    throw invalid(
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  for (const [name, id] of Object.entries({ MessageGroupId: groupId, MessageDeduplicationId: deduplicationId })) {
    if (id === undefined || isMessageId(id)) continue;
    throw invalid(
      `${name} Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length`,
    );
  }
}

function isContentBased(topic: Topic): boolean {
  return topicSetting(topic, 'ContentBasedDeduplication') === 'true';
}

/** Returns the texts of a message. Throws `InvalidParameter` for a message whose structure is invalid. */
export function textsOf({ message, structure }: PublishInput): Texts {
  if (structure === undefined) return { byProtocol: new Map(), others: message };
  if (structure !== 'json') throw invalid(`MessageStructure Reason: It can only be json, not ${structure}`);
  const failed = 'Message Structure - JSON message body failed to parse';
  // Of a batch, the size has not been checked yet. Millions of brackets take a second to parse.
  if (excessOf(Buffer.from(message)) !== undefined) throw invalid(failed);
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalid(failed);
  }
  const texts = Object.entries(typeof parsed === 'object' ? (parsed ?? {}) : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const byProtocol = new Map(texts);
  const others = byProtocol.get('default');
  if (others === undefined) throw invalid('Message Structure - No default entry in JSON message body');
  return { byProtocol, others };
}

/** Checks a message for an existing topic, as Publish does. Throws `ParameterValueInvalid`, `InvalidParameter`. */
export function checkPublish(topic: Topic, input: PublishInput): void {
  checkSubject(input.subject);
  checkNotEmpty(input.message);
  checkPublicationAttributes(input.attributes);
  if (publishedSize(input) > messageBytesMax(topic)) throw tooLong();
  checkFifoInput(topic.fifo, topic, input);
}

/** Returns a validated message, ready to be published. Throws `ParameterValueInvalid`, `InvalidParameter`. */
export function publicationOf(
  env: TopicsEnv,
  topic: Topic,
  input: PublishInput,
  traceHeader: string | undefined,
): Publication {
  const { message, subject, groupId } = input;
  return {
    ...{ topic, subject, groupId, traceHeader },
    messageId: env.newId(),
    texts: textsOf(input),
    attributes: checkPublicationAttributes(input.attributes),
    deduplicationId: topic.fifo
      ? (input.deduplicationId ?? createHash('sha256').update(message).digest('hex'))
      : undefined,
    publishedAt: env.clock.now(),
  };
}

/**
 * Publishes messages, in order: either all subscribed queues of Squab have them or none has. Throws `NotFound` if the
 * topic does not exist, and `InvalidParameter` if that is too much for one turn.
 */
export async function publish(
  env: TopicsEnv,
  topic: Topic,
  publications: readonly Publication[],
): Promise<PublishResult[]> {
  for (;;) {
    const subscriptions = await env.topics.subscriptionsOf(topic.id);
    const wanting = await filteredFor(publications, subscriptions);
    const bytes = checkTogether(wanting);
    const planned = await Promise.all(wanting.map((one) => planOf(env, one.publication, one.subscriptions)));
    const plans = planned.map(({ plan }, index) => {
      return { ...plan, bytes: bytes[index]!, ownBytes: charactersOfTexts(publications[index]!) };
    });
    const published = await env.topics.publish(topic.id, plans, env.clock.now());
    if (published === undefined) throw topicDoesNotExist();
    // A queue was deleted or changed since it was looked up.
    if (published === 'outdated') continue;
    for (const [index, { messageId, duplicate }] of published.entries()) {
      const { receivers, undelivered } = planned[index]!;
      const original = duplicate ? messageId : undefined;
      env.reports.published({ publication: publications[index]!, subscriptions, receivers, undelivered, original });
    }
    return published.map(({ messageId, sequence }) => ({
      messageId,
      sequenceNumber: topic.fifo ? sequenceNumber(sequence) : undefined,
    }));
  }
}

interface Planned {
  plan: NewPublication;
  /** The subscriptions that get it. */
  receivers: readonly Subscription[];
  /** Once the plan has been carried out: the messages that queues could not take. */
  undelivered: Undelivered[];
}

async function planOf(env: TopicsEnv, publication: Publication, receivers: readonly Subscription[]): Promise<Planned> {
  const { topic, messageId } = publication;
  const [others, queues] = partition(receivers, ({ backlogId }) => backlogId !== undefined);
  const targets = await targetsOf(env, topic, queues);
  const signatureFor = await signaturesOf(env, publication, receivers);
  const undelivered: Undelivered[] = [];
  const deliveries = (sequence: number) => {
    const common = { sequence: topic.fifo ? sequence : undefined, signatureFor };
    const found = targets.map((target) => queueDelivery(env, publication, target, common));
    undelivered.length = 0;
    undelivered.push(...found.flatMap((one) => one.undelivered ?? []));
    const toOthers = others.map((one) => backlogDelivery(env, publication, one, signatureFor(one)));
    return [...found.flatMap(({ delivery }) => delivery ?? []), ...toOthers];
  };
  const deduplication = topic.fifo && { deduplication: deduplicationOf(publication) };
  return { plan: { messageId, ...deduplication, deliveries }, receivers, undelivered };
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [first: T[], second: T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/**
 * Returns the subscriptions that get each message. Throws `InvalidParameter` if the filters would take too long: that
 * grows with the product of what the publisher sends and what the subscribers wrote.
 */
export async function filteredFor(publications: readonly Publication[], subscriptions: readonly Subscription[]) {
  const steps = new Steps(FILTER_STEPS_MAX);
  const wanting: { publication: Publication; subscriptions: readonly Subscription[] }[] = [];
  try {
    for (const publication of publications) {
      wanting.push({ publication, subscriptions: await subscriptionsFor(publication, subscriptions, steps) });
    }
    return wanting;
  } catch (error) {
    if (!(error instanceof OutOfSteps)) throw error;
    throw invalid(
      'Message Reason: The filter policies of the subscribers would take too long on these messages: their values and ' +
        `the conditions of all policies together take more than ${FILTER_STEPS_MAX} steps. Publish fewer values at once`,
    );
  }
}

/**
 * Returns the subscriptions that get a message: confirmed ones, if Squab delivers to them and their filters let it
 * pass. Throws OutOfSteps.
 */
async function subscriptionsFor(
  publication: Publication,
  subscriptions: readonly Subscription[],
  steps: Steps,
): Promise<readonly Subscription[]> {
  const portions = new Portions();
  const filtered = new Map<string, FilteredMessage>();
  const passes = (subscription: Subscription, filter: FilterPolicy) => {
    const text = textFor(publication, subscription);
    let message = filtered.get(text);
    if (!message) {
      message = new FilteredMessage(publication.attributes, text);
      filtered.set(text, message);
    }
    return message.passes(filter, steps);
  };
  const wanting: Subscription[] = [];
  for (const subscription of subscriptions) {
    const { confirmed, protocol, backlogId } = subscription;
    if (!confirmed || (protocol !== 'sqs' && backlogId === undefined)) continue;
    const before = steps.left;
    let compiled = 0;
    const filter = filterOf(subscription, (characters) => {
      compiled = characters;
    });
    if (!filter || passes(subscription, filter)) wanting.push(subscription);
    const over = portions.done(1 + before - steps.left + COMPILING_STEPS * compiled);
    if (over) await over;
  }
  return wanting;
}

/** What it takes to compile a filter policy, in steps for each character. */
const COMPILING_STEPS = 3;

/** Returns what makes a publication to a FIFO topic a duplicate of an earlier one. */
export function deduplicationOf({ topic, groupId, deduplicationId }: Publication) {
  // Neither ID can contain a space, so the key is unambiguous.
  const isByGroup = topicSetting(topic, 'FifoThroughputScope') === 'MessageGroup';
  const key = isByGroup ? `${groupId} ${deduplicationId}` : deduplicationId!;
  return { key, windowMs: DEDUPLICATION_SECONDS * 1000 };
}

/** Returns the error for a message that is longer than its topic allows. */
export function tooLong(): SqsError {
  return invalid('Message too long');
}
