/**
 * Starts, lists and cancels message move tasks, which move the messages of a dead-letter queue back to their source
 * queues, or to another queue. mover.ts carries the tasks out.
 * Source: API reference, StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask; developer guide,
 * "Configure a dead-letter queue redrive".
 */

import { invalidParameter, refusalOr, SqsError } from '../../errors.ts';
import type { MoveTask, Queue } from '../../storage/store.ts';
import { type Arn, parseArn, queueArn } from '../arn.ts';
import type { Env } from '../env.ts';
import { parseJsonObject } from '../json-object.ts';
import { ACTIVE_MOVE_TASKS_MAX, MOVE_TASKS_LISTED_MAX, MOVED_PER_SECOND_MAX } from '../limits.ts';
import type { QueueNeed } from '../policies/access.ts';
import { isDeadLetterQueue, sourcesOf } from './redrive.ts';

export interface MoveTaskInput {
  sourceArn: string;
  /** Default: each message moves to its own source queue. */
  destinationArn?: string | undefined;
  /** The maximum number of messages per second. Default: as many as possible. */
  perSecond?: number | undefined;
}

/**
 * Starts a task. Resolves to its handle as soon as the task exists; the messages are moved afterwards.
 * Throws `InvalidParameterValue`, `OverLimit`, `ResourceNotFoundException`.
 */
export async function startMoveTask(env: Env, region: string, input: MoveTaskInput): Promise<string> {
  const { perSecond } = input;
  const sourceName = checkArn(input.sourceArn, 'SourceArn');
  const destinationName = input.destinationArn ? checkArn(input.destinationArn, 'DestinationArn') : undefined;
  const source = await queueOf(env, region, sourceName, 'SourceArn');
  const destination = destinationName && (await queueOf(env, region, destinationName, 'DestinationArn'));
  // A move task cannot move messages to a queue of another account.
  if (destination && destination.account !== source.account) throw notFound('DestinationArn');
  if (!(await isDeadLetterQueue(env, source))) {
    throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
  }
  if (destination?.id === source.id) {
    throw invalidParameter('Source queue arn and destination queue arn cannot be the same.');
  }
  if (destination && destination.fifo !== source.fifo) {
    throw invalidParameter('The source queue and destination queue must be of the same queue type.');
  }
  if (perSecond !== undefined && !(perSecond >= 1 && perSecond <= MOVED_PER_SECOND_MAX)) {
    throw outOfRange('MaxNumberOfMessagesPerSecond', MOVED_PER_SECOND_MAX);
  }
  const task = await env.store.startMoveTask(
    {
      taskId: env.newId(),
      sourceId: source.id,
      ...(destination && { destinationArn: queueArn(destination) }),
      ...(perSecond !== undefined && { perSecond }),
    },
    { active: ACTIVE_MOVE_TASKS_MAX, kept: MOVE_TASKS_LISTED_MAX },
    env.clock.now(),
  );
  if (task === undefined) throw notFound('SourceArn');
  if (task === 'active') {
    throw invalidParameter(
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    );
  }
  if (task === 'over-limit') {
    throw new SqsError('OverLimit', `An account can have at most ${ACTIVE_MOVE_TASKS_MAX} active message move tasks.`);
  }
  env.mover.take(task);
  return printHandle(task, source);
}

type MoveTaskAction = 'StartMessageMoveTask' | 'CancelMessageMoveTask' | 'ListMessageMoveTasks';

/**
 * The permissions that an operation on a task needs on the source queue, in addition to its own: those for what the
 * task does there.
 */
const NEEDED_AT_SOURCE: Record<MoveTaskAction, readonly string[]> = {
  StartMessageMoveTask: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'],
  CancelMessageMoveTask: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'],
  ListMessageMoveTasks: ['GetQueueAttributes'],
};

/**
 * Returns the permissions that an operation needs on the source queue. Returns none for an invalid ARN, which fails
 * with an error of its own.
 */
export function needsAtSource(action: MoveTaskAction, sourceArn: string | undefined): QueueNeed[] {
  const queue = parseArn(sourceArn ?? '');
  return queue ? [action, ...NEEDED_AT_SOURCE[action]].map((needed) => ({ action: needed, queue })) : [];
}

/**
 * Yields the permissions needed to start a task. Without a destination, that includes sending to every source queue;
 * those are looked up last, since only callers with the other permissions may cause that work.
 */
export async function* needsToStart(
  env: Env,
  { sourceArn, destinationArn }: Partial<MoveTaskInput>,
): AsyncGenerator<QueueNeed> {
  const needs = needsAtSource('StartMessageMoveTask', sourceArn);
  yield* needs;
  const source = needs[0] && (await env.store.findQueue(needs[0].queue));
  const named = destinationArn ? parseArn(destinationArn) : undefined;
  const destinations = named ? [named] : source ? sourcesOf(env, source) : [];
  for await (const queue of destinations) yield { action: 'SendMessage', queue };
}

/**
 * Returns the permissions needed to cancel a task; none for an invalid handle, which fails with an error of its own.
 */
export function needsToCancel(handle: string | undefined): QueueNeed[] {
  const sourceName = handle === undefined ? undefined : refusalOr(() => parseHandle(handle));
  if (!sourceName || sourceName instanceof SqsError) return [];
  return needsAtSource('CancelMessageMoveTask', queueArn(sourceName.sourceName));
}

export interface ListedMoveTask {
  task: MoveTask;
  sourceArn: string;
  /** Undefined if the task can no longer be cancelled. */
  handle: string | undefined;
}

/**
 * Resolves to the most recent tasks of a source queue, newest first, and to only one task by default.
 * Throws `InvalidParameterValue`, `ResourceNotFoundException`.
 */
export async function listMoveTasks(
  env: Env,
  region: string,
  sourceArn: string,
  maxResults = 1,
): Promise<ListedMoveTask[]> {
  const source = await queueOf(env, region, checkArn(sourceArn, 'SourceArn'), 'SourceArn');
  if (!(maxResults >= 1 && maxResults <= MOVE_TASKS_LISTED_MAX)) throw outOfRange('MaxResults', MOVE_TASKS_LISTED_MAX);
  const tasks = await env.store.listMoveTasks(source.id, maxResults);
  if (!tasks) throw notFound('SourceArn');
  return tasks.map((task) => ({
    task,
    sourceArn: queueArn(source),
    handle: task.status === 'RUNNING' ? printHandle(task, source) : undefined,
  }));
}

/**
 * Cancels a task. Resolves to the number of messages that it has moved; they stay in their new queues.
 * Throws `InvalidParameterValue`, `ResourceNotFoundException`.
 */
export async function cancelMoveTask(env: Env, region: string, handle: string): Promise<number> {
  const { taskId, sourceName } = parseHandle(handle);
  const source = await queueOf(env, region, sourceName, 'SourceArn');
  const tasks = await env.store.listMoveTasks(source.id, MOVE_TASKS_LISTED_MAX);
  if (!tasks?.some((task) => task.taskId === taskId)) {
    throw new SqsError('ResourceNotFoundException', 'Task does not exist.');
  }
  const task = await env.store.changeMoveTask(taskId, { from: 'RUNNING', to: 'CANCELLING' });
  if (!task) throw invalidParameter('Only active tasks can be cancelled.');
  env.mover.cancel(taskId);
  return task.moved;
}

type ArnParameter = 'SourceArn' | 'DestinationArn';

function checkArn(text: string, parameter: ArnParameter): Arn {
  const arn = parseArn(text);
  if (arn) return arn;
  throw invalidParameter(
    `You must use this format to specify the ${parameter}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
  );
}

async function queueOf(env: Env, region: string, arn: Arn, parameter: ArnParameter): Promise<Queue> {
  const here = arn.service === 'sqs' && arn.region === region;
  const queue = here ? await env.store.findQueue(arn) : undefined;
  if (!queue) throw notFound(parameter);
  return queue;
}

function notFound(parameter: ArnParameter): SqsError {
  return new SqsError(
    'ResourceNotFoundException',
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  );
}

function outOfRange(parameter: string, max: number): SqsError {
  return invalidParameter(
    `Value for parameter ${parameter} is invalid. Reason: You must enter a number that's between 1 and ${max}.`,
  );
}

/**
 * Encodes a task handle. Clients treat it as opaque, but the content is the same as on AWS. It is not authenticated:
 * to cancel a task, a caller needs permissions on its source queue, whether or not the handle is forged.
 */
function printHandle({ taskId }: MoveTask, source: Queue): string {
  return Buffer.from(JSON.stringify({ taskId, sourceArn: queueArn(source) })).toString('base64');
}

/** Longer handles are not even parsed: they consist of an ID and an ARN, which are much shorter. */
const HANDLE_MAX = 1024;

function parseHandle(handle: string): { taskId: string; sourceName: Arn } {
  const json = handle.length > HANDLE_MAX ? '' : Buffer.from(handle, 'base64').toString();
  const { taskId, sourceArn } = parseJsonObject(json) ?? {};
  const sourceName = typeof sourceArn === 'string' ? parseArn(sourceArn) : undefined;
  if (typeof taskId === 'string' && sourceName) return { taskId, sourceName };
  throw invalidParameter('Value for parameter TaskHandle is invalid.');
}
