/** What an operation is, and what it is handed: a call, which lives as long as its request. */

import { missingParameter, type SqsError } from '../errors.ts';
import { findOrCreateQueue, findQueue } from '../queues/catalog.ts';
import type { Env } from '../queues/env.ts';
import type { Need } from '../queues/policies/access.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import { type Caller, type QueueUrls, queueKeyOf } from './names.ts';
import { isEmpty, type StructureShape } from './wires/shape.ts';

export interface Call {
  env: Env;
  caller: Caller;
  /** Prints the URL of a queue as this caller can reach it. */
  urls: QueueUrls;
  /** Account and name in the request's path, for requests to a queue URL. */
  pathQueue: string | undefined;
  /** The request's `X-Amzn-Trace-Id`. */
  traceHeader: string | undefined;
  /** Present when entries of a batch are to fail: the refusals of those among the ids. */
  refusedEntries?(ids: readonly string[]): ReadonlyMap<string, SqsError>;
  /** What the request says of itself: access key, user agent and address. Made when it is asked for. */
  receiver(): string;
  /** Aborted when the client is gone. Made when it is first asked for: few operations wait. */
  signal(): AbortSignal;
}

export interface Operation {
  /** SQS's own name. */
  readonly name: string;
  /** One sentence, for people. */
  readonly summary: string;
  readonly input: StructureShape<unknown>;
  /** Absent: the operation answers with nothing. */
  readonly output?: StructureShape<unknown> | undefined;
  /** The permissions that such a request takes, for who checks them. */
  needs(input: unknown, call: Call): readonly Need[] | Promise<readonly Need[]>;
  /** Carries out a request whose input has the operation's shape. Throws SqsError. */
  run(input: unknown, call: Call): Promise<unknown>;
}

interface Description<I, O> {
  name: string;
  summary: string;
  input: StructureShape<I>;
  output?: StructureShape<O>;
  /** SQS's refusal of a member that is absent, or empty, where it is not the usual one. */
  missing?: Readonly<Record<string, Refuse>>;
}

type Refuse = (value: unknown) => SqsError;

/** An operation that is not about one queue; `needs` says which permissions it takes when it is about one after all. */
export function operation<I, O>(
  description: Description<I, O> & {
    handle(input: I, call: Call): Promise<O>;
    needs?(input: I, call: Call): readonly Need[] | Promise<readonly Need[]>;
  },
): Operation {
  const { handle, missing, needs, ...rest } = description;
  const checkRequired = requiredCheck(rest.input, missing);
  return {
    ...rest,
    needs(input, call) {
      return needs?.(input as I, call) ?? [{ action: rest.name, queue: noQueue(call) }];
    },
    run(input, call) {
      checkRequired(input);
      return handle(input as I, call);
    },
  };
}

/**
 * What one can begin with in a queue that nobody has made yet, where `--auto-create` allows that. A receipt handle of a queue
 * that is not there is worth nothing, and what only takes away or grants needs something to be there.
 */
const makesItsQueue: ReadonlySet<string> = new Set([
  'GetQueueAttributes',
  'ListQueueTags',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
  'SendMessageBatch',
  'SetQueueAttributes',
  'TagQueue',
]);

/** An operation on the queue that `QueueUrl`, or else the path, names. The queue is looked up before anything is checked. */
export function queueOperation<I extends { QueueUrl: string }, O>(
  description: Description<I, O> & { handle(queue: Queue, input: I, call: Call): Promise<O> },
): Operation {
  const { handle, missing, ...rest } = description;
  const checkRequired = requiredCheck(rest.input, { ...missing, QueueUrl: undefined });
  const keyOf = ({ QueueUrl }: I, call: Call) => queueKeyOf(QueueUrl || call.pathQueue, call.caller);
  return {
    ...rest,
    needs(input, call) {
      return [{ action: rest.name.replace(/Batch$/, ''), queue: keyOf(input as I, call) ?? noQueue(call) }];
    },
    async run(input, call) {
      const find = makesItsQueue.has(rest.name) ? findOrCreateQueue : findQueue;
      const queue = await find(call.env, keyOf(input as I, call));
      checkRequired(input);
      return handle(queue, input as I, call);
    },
  };
}

function noQueue({ caller }: Call): QueueKey {
  return { ...caller, name: '' };
}

/** SQS takes an empty text, list or map for an absent one; only a batch without entries has a refusal of its own. */
function requiredCheck(
  shape: StructureShape<unknown>,
  missing: Readonly<Record<string, Refuse | undefined>> = {},
): (input: unknown) => void {
  const required = Object.keys(shape.members).filter((name) => shape.members[name]!.required);
  return (input) => {
    for (const name of required) {
      const value = (input as Record<string, unknown>)[name];
      const absent = value === undefined || value === '' || (name !== 'Entries' && isEmpty(value));
      if (!absent) continue;
      if (!Object.hasOwn(missing, name)) throw missingParameter(name);
      if (missing[name]) throw missing[name](value);
    }
  };
}
