/**
 * Dead-letter queues: which queues may use one, and when a message is moved there.
 *
 * A receive that comes across a message which has already been received `maxReceiveCount` times moves it to the
 * dead-letter queue instead of returning it. So, as on AWS, the move happens on the receive *after* the count is
 * reached, and not by a timer.
 * Source: developer guide, "Using dead-letter queues in Amazon SQS".
 */

import type { Queue, QueueKey, Redrive } from '../../storage/store.ts';
import { InTurns } from '../../time/in-turns.ts';
import { parseArn, queueArn } from '../arn.ts';
import type { Env } from '../env.ts';
import { LISTED_QUEUES_MAX } from '../limits.ts';
import { type Page, type PageInput, pageOf } from '../paging.ts';
import {
  deadLetterQueueOf,
  invalidRedrivePolicy,
  policyOf,
  type RedriveAllowPolicy,
  type RedrivePolicy,
} from './redrive-policy.ts';

/**
 * Checks that a source queue may use the dead-letter queue of its redrive policy. `normal` is the policy in SQS's own
 * form, `submitted` as the client sent it, for error messages. Throws `InvalidParameterValue`.
 */
export async function checkRedriveTarget(
  env: Env,
  source: QueueKey & { fifo: boolean },
  normal: string,
  submitted: string,
): Promise<void> {
  const { deadLetterTargetArn } = JSON.parse(normal) as RedrivePolicy;
  const target = parseArn(deadLetterTargetArn)!;
  if (target.account !== source.account) {
    throw invalidRedrivePolicy(submitted, 'Dead-letter target owner should be same as the source.');
  }
  // A queue may name itself, even before it has been created.
  const itself = deadLetterTargetArn === queueArn(source);
  const found = target.region === source.region ? await env.store.findQueue(target) : undefined;
  if (itself) return;
  if (!found) throw invalidRedrivePolicy(submitted, 'Dead letter target does not exist.');
  if (found.fifo !== source.fifo) {
    throw invalidRedrivePolicy(submitted, 'Dead-letter queue must be same type of queue as the source..');
  }
  if (!allowsSource(found, queueArn(source))) {
    throw invalidRedrivePolicy(
      submitted,
      `Queue ${deadLetterTargetArn} does not allow ${queueArn(source)} to use it as a dead-letter queue.`,
    );
  }
}

/**
 * Resolves to the rule by which the queue's messages are dead-lettered; undefined if the queue has no redrive policy,
 * or its dead-letter queue does not exist.
 */
export async function redriveOf(env: Env, queue: Queue): Promise<Redrive | undefined> {
  const policy = policyOf(queue);
  if (!policy) return undefined;
  const target = await env.store.findQueue(parseArn(policy.deadLetterTargetArn)!);
  if (!target) return undefined;
  return { targetId: target.id, maxReceiveCount: policy.maxReceiveCount, sourceArn: queueArn(queue) };
}

/** Resolves to a page of the source queues of this dead-letter queue. Throws `InvalidParameterValue`. */
export function deadLetterSources(env: Env, queue: Queue, page: PageInput): Promise<Page> {
  return pageOf(queueArn(queue), page, async (limit, after) => {
    const sources: Queue[] = [];
    for await (const source of sourcesOf(env, queue, after)) {
      sources.push(source);
      if (sources.length === limit) break;
    }
    return sources;
  });
}

/** Yields the source queues of this dead-letter queue whose names follow `after`; by default, all of them. */
export async function* sourcesOf(env: Env, queue: Queue, after?: string): AsyncGenerator<Queue> {
  for await (const candidate of neighboursOf(env, queue, after)) if (isSourceOf(queue, candidate)) yield candidate;
}

/** Looking at a page of queues takes about 2 ms: those of a turn together look at ten. */
const searches = new InTurns(10);

/** Yields all queues of the same account and region, which include every source queue, in the order of their names. */
async function* neighboursOf(env: Env, { account, region }: Queue, after: string | undefined): AsyncGenerator<Queue> {
  const limit = LISTED_QUEUES_MAX;
  for (let last = after, more = true; more; ) {
    await searches.turn();
    const queues = await env.store.listQueues({ account, region, limit, ...(last !== undefined && { after: last }) });
    yield* queues;
    last = queues.at(-1)?.name;
    more = queues.length === limit;
  }
}

function isSourceOf({ account, region, name }: Queue, candidate: Queue): boolean {
  const target = deadLetterQueueOf(candidate);
  return target?.name === name && target.account === account && target.region === region;
}

/** Resolves to whether any queue uses this one as its dead-letter queue. */
export async function isDeadLetterQueue(env: Env, queue: Queue): Promise<boolean> {
  return !(await sourcesOf(env, queue).next()).done;
}

/** Whether the redrive allow policy of a dead-letter queue lets a queue use it. */
export function allowsSource(deadLetterQueue: Pick<Queue, 'attributes'>, sourceArn: string): boolean {
  const text = deadLetterQueue.attributes.get('RedriveAllowPolicy');
  if (text === undefined) return true;
  const { redrivePermission, sourceQueueArns } = JSON.parse(text) as RedriveAllowPolicy;
  if (redrivePermission === 'byQueue') return sourceQueueArns!.includes(sourceArn);
  return redrivePermission === 'allowAll';
}
