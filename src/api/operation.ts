/** Defines operations, and the call that an operation receives, which lives as long as its request. */

import { missingParameter, type SqsError } from '../errors.ts';
import type { Functions } from '../functions/functions.ts';
import { findOrCreateQueue, findQueue } from '../queues/catalog.ts';
import type { Needs } from '../queues/policies/access.ts';
import type { ReceiveOverrides } from '../queues/receive.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import type { TopicsEnv } from '../topics/env.ts';
import type { Identity } from './auth/identity.ts';
import { type Caller, type Place, type QueueUrls, queueKeyOf } from './names.ts';
import { isEmpty, type StructureShape } from './wires/shape.ts';

export interface Call {
  env: TopicsEnv;
  functions: Functions;
  /** The authenticated identity; undefined if requests are not authenticated. */
  identity: Identity | undefined;
  caller: Caller;
  /** Returns the URL under which this caller can reach a queue. */
  urls: QueueUrls;
  /** Returns the URL under which this caller reached Squab, for links to what is in that account and region. */
  base(place: Place): string;
  /** The request's path, which in a request to a queue URL contains the account and the name. */
  pathQueue: string | undefined;
  /** The request's `X-Amzn-Trace-Id`. */
  traceHeader: string | undefined;
  /** Parameters of ReceiveMessage that the request's headers override, as in LocalStack. */
  overrides: ReceiveOverrides | undefined;
  /** Present if a fault rule makes batch entries fail. Returns the errors of those among `ids`, by ID. */
  refusedEntries?(ids: readonly string[]): ReadonlyMap<string, SqsError>;
  /** Describes the caller by access key, user agent and IP address. Computed on demand. */
  receiver(): string;
  /** Returns a signal that is aborted when the client disconnects. Created on demand, since few operations wait. */
  signal(): AbortSignal;
}

export interface Operation {
  /** The operation's name in the API of its service. */
  readonly name: string;
  /** One sentence of documentation. */
  readonly summary: string;
  readonly input: StructureShape<unknown>;
  /** Absent if the operation returns no output. */
  readonly output?: StructureShape<unknown> | undefined;
  /** Set if requests need no signature, even if signatures are checked. */
  readonly unsigned?: true | undefined;
  /** Returns the permissions that the request requires. Used only if policies are enforced. */
  needs(input: unknown, call: Call): Needs;
  /** Runs a request whose input has the operation's shape. Throws SqsError. */
  run(input: unknown, call: Call): Promise<unknown>;
}

interface Description<I, O> {
  name: string;
  summary: string;
  input: StructureShape<I>;
  output?: StructureShape<O>;
  /** SQS's error for a required member that is absent or empty, if it is not the usual `MissingParameter`. */
  missing?: Readonly<Record<string, MakeError>>;
}

type MakeError = (value: unknown) => SqsError;

/**
 * Defines an operation that takes no `QueueUrl`. `needs` returns the required permissions if the operation refers to a
 * queue in another way.
 */
export function operation<I, O>(
  description: Description<I, O> & {
    handle(input: I, call: Call): Promise<O>;
    needs?(input: I, call: Call): Needs;
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
 * Operations that create a missing queue if `--auto-create` is on: those that make sense as the first request to a
 * new queue. The others do not: no receipt handle of a missing queue is valid, and there is nothing to remove from it
 * or to grant access to.
 */
const createsMissingQueue: ReadonlySet<string> = new Set([
  'GetQueueAttributes',
  'ListQueueTags',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
  'SendMessageBatch',
  'SetQueueAttributes',
  'TagQueue',
]);

/**
 * Defines an operation on the queue that `QueueUrl`, or else the path, names. Looks up the queue before any check.
 */
export function queueOperation<I extends { QueueUrl: string }, O>(
  description: Description<I, O> & { handle(queue: Queue, input: I, call: Call): Promise<O> },
): Operation {
  const { handle, missing, ...rest } = description;
  const checkRequired = requiredCheck(rest.input, { ...missing, QueueUrl: undefined });
  const find = createsMissingQueue.has(rest.name) ? findOrCreateQueue : findQueue;
  const keyOf = ({ QueueUrl }: I, call: Call) => queueKeyOf(QueueUrl || call.pathQueue, call.caller);
  return {
    ...rest,
    needs(input, call) {
      return [{ action: rest.name.replace(/Batch$/, ''), queue: keyOf(input as I, call) ?? noQueue(call) }];
    },
    async run(input, call) {
      const queue = await find(call.env, keyOf(input as I, call));
      checkRequired(input);
      return handle(queue, input as I, call);
    },
  };
}

function noQueue({ caller }: Call): QueueKey {
  return { ...caller, name: '' };
}

/**
 * Returns a function that throws if a required member is missing. SQS treats an empty string, list or map as missing;
 * only a batch without entries has an error of its own.
 */
function requiredCheck(
  shape: StructureShape<unknown>,
  missing: Readonly<Record<string, MakeError | undefined>> = {},
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
