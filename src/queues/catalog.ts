/**
 * Queues themselves: create, find, list, change, delete, purge.
 * Source: API reference of these actions.
 */

import { invalidParameter, queueDoesNotExist, refusalOr, SqsError } from '../errors.ts';
import type { Queue, QueueChange, QueueKey } from '../storage/store.ts';
import { checkAttributes, numberOf, settingOf } from './attributes.ts';
import { isName } from './characters.ts';
import type { Env } from './env.ts';
import { type Page, type PageInput, pageOf } from './paging.ts';
import { checkRedriveTarget } from './redrive/redrive.ts';
import { checkTags } from './tags.ts';

/** What the name of a FIFO queue ends with. */
export const FIFO_SUFFIX = '.fifo';

export interface CreateInput {
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
}

/**
 * Makes a queue; one that is there already is handed back when the attributes given are those that it has.
 * Throws `InvalidParameterValue`, `InvalidAttributeName`, `InvalidAttributeValue`, `QueueNameExists`,
 * `QueueDeletedRecently`.
 */
export async function createQueue(env: Env, key: QueueKey, { attributes, tags }: CreateInput): Promise<Queue> {
  const fifo = attributes.get('FifoQueue')?.toLowerCase() === 'true';
  checkQueueName(key.name, fifo);
  const change = checkAttributes(attributes, fifo);
  await checkRedrive(env, { ...key, fifo }, change, attributes);
  checkTags(tags, new Map(), key.name);
  env.cooldowns?.create(key);
  const given = new Map([...change].filter((entry): entry is [string, string] => entry[1] !== undefined));
  const settings = { fifo, attributes: given, tags, retentionMs: retentionMs(given) };
  const { queue, created } = await env.store.createQueue(key, settings, env.clock.now());
  if (!created) {
    for (const [name, value] of change) {
      // What is set may not be reported: the reuse period of a key while there is no key.
      if (!attributes.has(name) || (queue.attributes.get(name) ?? settingOf(queue, name)) === value) continue;
      throw new SqsError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${name}`,
      );
    }
  }
  return queue;
}

/** Throws `QueueDoesNotExist`. */
export async function findQueue(env: Env, key: QueueKey | undefined): Promise<Queue> {
  const queue = key && (await env.store.findQueue(key));
  if (!queue) throw queueDoesNotExist();
  return queue;
}

/**
 * As `findQueue`; where queues are made when they are first used, one that is not there is made as CreateQueue would, with
 * no attributes but the `FifoQueue` that its name asks for. Throws `QueueDoesNotExist`, `QueueDeletedRecently`.
 */
export async function findOrCreateQueue(env: Env, key: QueueKey | undefined): Promise<Queue> {
  const queue = key && (await env.store.findQueue(key));
  if (queue || !key || !env.autoCreate) return queue ?? (await findQueue(env, key));
  const fifo = key.name.endsWith(FIFO_SUFFIX);
  // A name that no queue can have is not found, as ever.
  if (refusalOr(() => checkQueueName(key.name, fifo)) instanceof SqsError) throw queueDoesNotExist();
  return createQueue(env, key, { attributes: new Map(fifo ? [['FifoQueue', 'true']] : []), tags: new Map() });
}

/**
 * Sets attributes: all of them, or none when one is refused. Throws `InvalidAttributeName`, `InvalidAttributeValue`,
 * `InvalidParameterValue`, `OverLimit`, `QueueDoesNotExist`.
 */
export async function setQueueAttributes(
  env: Env,
  queue: Queue,
  attributes: ReadonlyMap<string, string>,
): Promise<void> {
  for (let present: Queue | undefined = queue; present?.id === queue.id; present = await env.store.findQueue(queue)) {
    const change = checkAttributes(attributes, present.fifo, present.attributes);
    await checkRedrive(env, present, change, attributes);
    const outcome = await env.store.changeQueue(present.id, changeOf(present, change), env.clock.now());
    if (outcome === undefined) break;
    if (outcome !== 'outdated') return;
  }
  throw queueDoesNotExist();
}

/** Attributes that are checked, or applied, with regard to what the queue has: they must not change meanwhile. */
const REGARDED = ['DeduplicationScope', 'FifoThroughputLimit', 'KmsMasterKeyId', 'DelaySeconds'];

function changeOf(queue: Queue, change: ReadonlyMap<string, string | undefined>): QueueChange {
  const delay = change.get('DelaySeconds');
  // Of a FIFO queue, a new delay also concerns the messages that are there.
  const delays = queue.fifo && delay !== undefined && Number(delay) !== numberOf(queue, 'DelaySeconds');
  return {
    attributes: change,
    expected: new Map(REGARDED.map((name) => [name, queue.attributes.get(name)])),
    ...(change.has('MessageRetentionPeriod') && { retentionMs: retentionMs(change) }),
    ...(delays && { delayMs: Number(delay) * 1000 }),
  };
}

/** Removes the queue and all that it holds; polls that wait for it end. Throws `QueueDoesNotExist`. */
export async function deleteQueue(env: Env, queue: Queue): Promise<void> {
  if (!(await env.store.deleteQueue(queue.id))) throw queueDoesNotExist();
  env.cooldowns?.deleted(queue);
  env.waiters.wakeAll(queue.id);
}

/** Removes every message: visible, in flight and delayed. Throws `QueueDoesNotExist`, `PurgeQueueInProgress`. */
export async function purgeQueue(env: Env, queue: Queue): Promise<void> {
  env.cooldowns?.purge(queue);
  if (!(await env.store.purge(queue.id))) throw queueDoesNotExist();
}

/** Queues by name, a page at a time when the caller says how long a page is. Throws `InvalidParameterValue`. */
export function listQueues(
  env: Env,
  owner: { account: string; region: string },
  { prefix = '', ...page }: PageInput & { prefix?: string | undefined },
): Promise<Page> {
  return pageOf(prefix, page, (limit, after) =>
    env.store.listQueues({ ...owner, prefix, limit, ...(after !== undefined && { after }) }),
  );
}

/** Throws `InvalidParameterValue`. */
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
