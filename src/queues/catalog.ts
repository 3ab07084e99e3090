/**
 * Creates, finds, lists, changes, purges and deletes queues.
 * Source: API reference, CreateQueue, GetQueueUrl, ListQueues, SetQueueAttributes, PurgeQueue and DeleteQueue.
 */

import { invalidParameter, queueDoesNotExist, refusalOr, SqsError } from '../errors.ts';
import type { Queue, QueueChange, QueueKey } from '../storage/store.ts';
import { checkAttributes, numberOf, settingOf } from './attributes.ts';
import { isName, isRegion } from './characters.ts';
import type { Env } from './env.ts';
import { REGION_MAX } from './limits.ts';
import { ownText } from './own-text.ts';
import { type Page, type PageInput, pageOf } from './paging.ts';
import { checkRedriveTarget } from './redrive/redrive.ts';
import { checkTags } from './tags.ts';

/** The suffix that every FIFO queue's name must have. */
export const FIFO_SUFFIX = '.fifo';

export interface CreateInput {
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
}

/**
 * Creates a queue. If a queue of that name already exists, returns it, provided that every given attribute has the
 * same value as the queue's. Does not check again whether such a queue may use its dead-letter queue, which may have
 * been deleted since. Throws `InvalidParameterValue`, `InvalidAttributeName`, `InvalidAttributeValue`,
 * `OverLimit`, `QueueNameExists`, `QueueDeletedRecently`.
 */
export async function createQueue(env: Env, key: QueueKey, { attributes, tags }: CreateInput): Promise<Queue> {
  const fifo = attributes.get('FifoQueue')?.toLowerCase() === 'true';
  checkQueueName(key.name, fifo);
  if (!isRegion(key.region)) {
    throw invalidParameter(
      `The name of a region may only have letters, digits, hyphens, underscores and periods, up to ${REGION_MAX}.`,
    );
  }
  const change = checkAttributes(attributes, fifo);
  // API reference: with "the exact names and values of all the queue's attributes", CreateQueue returns the existing
  // queue. That does not depend on other queues.
  const existing = await env.store.findQueue(key);
  const isRepetition = existing !== undefined && differing(existing, change, attributes) === undefined;
  if (!isRepetition) await checkRedrive(env, { ...key, fifo }, change, attributes);
  checkTags(tags, new Map(), key.name);
  env.cooldowns?.create(key);
  const given = new Map([...change].filter((entry): entry is [string, string] => entry[1] !== undefined));
  const settings = { fifo, attributes: given, tags, retentionMs: retentionMs(given) };
  const own = { ...key, region: ownText(key.region) };
  const { queue, created } = await env.store.createQueue(own, settings, env.clock.now());
  if (created) env.onQueueCreated?.(queue);
  const name = created ? undefined : differing(queue, change, attributes);
  if (name === undefined) return queue;
  throw new SqsError(
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${name}`,
  );
}

/** Returns the first submitted attribute whose normalized value differs from the queue's. */
function differing(
  queue: Queue,
  change: ReadonlyMap<string, string | undefined>,
  submitted: ReadonlyMap<string, string>,
): string | undefined {
  for (const [name, value] of change) {
    // An attribute may be set without being reported: the reuse period of data keys, on a queue without a KMS key.
    if (submitted.has(name) && (queue.attributes.get(name) ?? settingOf(queue, name)) !== value) return name;
  }
  return undefined;
}

/** Returns the queue with this key. Throws `QueueDoesNotExist` if there is none, or if `key` is undefined. */
export async function findQueue(env: Env, key: QueueKey | undefined): Promise<Queue> {
  const queue = key && (await env.store.findQueue(key));
  if (!queue) throw queueDoesNotExist();
  return queue;
}

/**
 * Returns the queue with this key, like `findQueue`. With `--auto-create`, a missing queue is created with default
 * attributes; it is a FIFO queue if its name ends with `.fifo`. Throws `QueueDoesNotExist`, `QueueDeletedRecently`.
 */
export async function findOrCreateQueue(env: Env, key: QueueKey | undefined): Promise<Queue> {
  const queue = key && (await env.store.findQueue(key));
  if (queue || !key || !env.autoCreate) return queue ?? (await findQueue(env, key));
  const fifo = key.name.endsWith(FIFO_SUFFIX);
  // An invalid name gets the same error as without auto-create: there is no such queue.
  if (refusalOr(() => checkQueueName(key.name, fifo)) instanceof SqsError) throw queueDoesNotExist();
  return createQueue(env, key, { attributes: new Map(fifo ? [['FifoQueue', 'true']] : []), tags: new Map() });
}

/**
 * Sets attributes: all of them, or none if any is invalid. Throws `InvalidAttributeName`, `InvalidAttributeValue`,
 * `InvalidParameterValue`, `OverLimit`, `QueueDoesNotExist`.
 */
export async function setQueueAttributes(
  env: Env,
  queue: Queue,
  attributes: ReadonlyMap<string, string>,
): Promise<void> {
  for (let current: Queue | undefined = queue; current?.id === queue.id; current = await env.store.findQueue(queue)) {
    const change = checkAttributes(attributes, current.fifo, current.attributes);
    await checkRedrive(env, current, change, attributes);
    const outcome = await env.store.changeQueue(current.id, changeOf(current, change), env.clock.now());
    if (outcome === undefined) break;
    if (outcome === 'outdated') continue;
    if (outcome !== 'over-limit') env.cooldowns?.settings.changed(current, outcome);
    return;
  }
  throw queueDoesNotExist();
}

/**
 * The current attributes on which the validity or the effect of new ones depends. The engine applies a change only if
 * they still have the values that it was checked against.
 */
const CHECKED_AGAINST = ['DeduplicationScope', 'FifoThroughputLimit', 'KmsMasterKeyId', 'DelaySeconds'];

function changeOf(queue: Queue, change: ReadonlyMap<string, string | undefined>): QueueChange {
  const delay = change.get('DelaySeconds');
  // In a FIFO queue, a new delay also applies to the messages that are already in the queue.
  const delays = queue.fifo && delay !== undefined && Number(delay) !== numberOf(queue, 'DelaySeconds');
  return {
    attributes: change,
    expected: new Map(CHECKED_AGAINST.map((name) => [name, queue.attributes.get(name)])),
    ...(change.has('MessageRetentionPeriod') && { retentionMs: retentionMs(change) }),
    ...(delays && { delayMs: Number(delay) * 1000 }),
  };
}

/** Deletes the queue and all of its messages, and ends the long polls on it. Throws `QueueDoesNotExist`. */
export async function deleteQueue(env: Env, queue: Queue): Promise<void> {
  const deletion = () => env.store.deleteQueue(queue.id);
  const existed = await (env.cooldowns ? env.cooldowns.delete(queue, deletion) : deletion());
  if (!existed) throw queueDoesNotExist();
  env.waiters.wakeAll([queue.id]);
}

/**
 * Deletes every message of a queue: visible, in flight and delayed. Throws `QueueDoesNotExist`,
 * `PurgeQueueInProgress`.
 */
export async function purgeQueue(env: Env, queue: Queue): Promise<void> {
  const takeBack = env.cooldowns?.purge(queue);
  try {
    if (!(await env.store.purge(queue.id))) throw queueDoesNotExist();
  } catch (error) {
    takeBack?.();
    throw error;
  }
}

/**
 * Lists queues in the order of their names, in pages if the caller sets a page size. Throws `InvalidParameterValue`.
 */
export function listQueues(
  env: Env,
  owner: { account: string; region: string },
  { prefix = '', ...page }: PageInput & { prefix?: string | undefined },
): Promise<Page> {
  return pageOf(prefix, page, (limit, after) =>
    env.store.listQueues({ ...owner, prefix, limit, ...(after !== undefined && { after }) }),
  );
}

/** Checks the name of a queue that is to be created. Throws `InvalidParameterValue`. */
export function checkQueueName(name: string, fifo: boolean): void {
  if (fifo) {
    if (name.length <= 80 && name.endsWith(FIFO_SUFFIX) && isName(name.slice(0, -FIFO_SUFFIX.length))) return;
    throw invalidParameter(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, ' +
        'must end with .fifo suffix and be 1 to 80 in length',
    );
  }
  if (!isName(name)) {
    throw invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
  }
}

async function checkRedrive(
  env: Env,
  source: QueueKey & { fifo: boolean },
  change: ReadonlyMap<string, string | undefined>,
  submitted: ReadonlyMap<string, string>,
): Promise<void> {
  const policy = change.get('RedrivePolicy');
  if (policy !== undefined) await checkRedriveTarget(env, source, policy, submitted.get('RedrivePolicy')!);
}

function retentionMs(attributes: ReadonlyMap<string, string | undefined>): number {
  return numberOf({ attributes }, 'MessageRetentionPeriod') * 1000;
}
