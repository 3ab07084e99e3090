/**
 * Logs requests, without any contents: no bodies, attributes or receipt handles. Internal errors are logged at level
 * `error`, wrong signatures at `warn`, and each response at `debug`.
 */

import type { FastifyRequest } from 'fastify';
import type { Observer } from '../api/dispatch.ts';
import { queueUrlParts } from '../api/names.ts';
import { operationNames } from '../api/services.ts';
import { parseArn } from '../queues/arn.ts';

/** Stands for the operation of a request that names none of SQS's. */
export const NO_OPERATION = 'none';

/** Called when a request starts. Returns a function to call with its outcome; `code` is SQS's code if it failed. */
export type Meter = () => (operation: string, code?: string) => void;

/** How many characters of a name or path, which a client can make up, are logged. */
const SHOWN = 200;

/** The name of an operation, or the method and path of a request to Lambda. */
const ACTION = /^(\w*|[A-Z]+ \/\S*)$/;

/** Returns what a client gave as the name of an operation; only its length if it cannot be one, and so may contain a message. */
function shownAction(action: string): string {
  return ACTION.test(action) ? action.slice(0, SHOWN) : `(${action.length} characters)`;
}

/**
 * Returns an observer that logs the outcome of a request, and calls `answered` too. `elapsed` returns the milliseconds
 * since a fixed instant; it is called only if level `debug` is logged.
 */
export function observerOf(request: FastifyRequest, answered?: ReturnType<Meter>, elapsed?: () => number): Observer {
  const { log, id: reqId } = request;
  const isDebug = log.level === 'debug' || log.level === 'trace';
  const startedAt = isDebug ? elapsed?.() : undefined;
  // Metrics would keep any other name, made up by a client, forever.
  const operation = (action: string) => (operationNames.has(action) ? action : NO_OPERATION);
  const facts = (status: number | undefined) => ({
    reqId,
    ...(status !== undefined && { status }),
    ...(startedAt !== undefined && { durationMs: Math.round((elapsed!() - startedAt) * 10) / 10 }),
  });
  const path = () => request.url.split('?', 1)[0]!;
  const place = () => ({ method: request.method, path: path().slice(0, SHOWN) });
  return {
    answered(action, refusal, input, output) {
      answered?.(operation(action), refusal?.row.queryCode);
      if (!isDebug) return;
      const what =
        action === '' ? place() : { action: shownAction(action), ...queueOf(input, path()), ...topicOf(input) };
      if (!refusal) log.debug({ ...facts(200), ...what, ...messageIdsOf(output) }, 'Request succeeded.');
      else log.debug({ ...facts(refusal.row.status), ...what, code: refusal.row.queryCode }, 'Request refused.');
    },
    withoutAction(status) {
      if (isDebug) log.debug({ ...facts(status), ...place() }, 'Request without an action.');
    },
    dropped(action) {
      if (isDebug) log.debug({ ...facts(undefined), action }, 'Connection dropped by a fault rule.');
    },
    failed(action, error) {
      answered?.(operation(action), 'InternalFailure');
      log.error({ reqId, err: error, action }, 'Request failed: an internal error of Squab.');
    },
    wrongSignature(action, { canonicalRequest, stringToSign }) {
      log.warn(
        { reqId, action: shownAction(action), canonicalRequest, stringToSign },
        'Wrong signature. The client should have signed this (messages, tokens and unknown headers are left out).',
      );
    },
  };
}

/** Returns the name of the queue that a request is about, as far as its input or path says. */
function queueOf(input: unknown, path: string): { queue?: string } {
  const { QueueUrl, QueueName, SourceArn } = (input ?? {}) as Record<string, string | undefined>;
  const arn = SourceArn && parseArn(SourceArn);
  const name = arn ? arn.name : queueUrlParts(QueueUrl || QueueName || path)?.name;
  return name === undefined ? {} : { queue: name.slice(0, SHOWN) };
}

/** Returns the name of the topic that a request is about. */
function topicOf(input: unknown): { topic?: string } {
  const { TopicArn, TargetArn, SubscriptionArn, ResourceArn, Name } = (input ?? {}) as Record<string, unknown>;
  const given = [TopicArn, TargetArn, SubscriptionArn, ResourceArn].find((arn) => typeof arn === 'string');
  const [, , service, , , name] = String(given ?? '').split(':', 6);
  if (given !== undefined) return service === 'sns' && name ? { topic: name.slice(0, SHOWN) } : {};
  return typeof Name === 'string' ? { topic: Name.slice(0, SHOWN) } : {};
}

interface WithMessages {
  MessageId?: string;
  Messages?: readonly { MessageId?: string }[];
  Successful?: readonly { MessageId?: string }[];
}

/** Returns the IDs of the messages that were sent or received. */
function messageIdsOf(output: unknown): { messageIds?: string[] } {
  const { MessageId, Messages = [], Successful = [] } = (output ?? {}) as WithMessages;
  const ids = [{ MessageId }, ...Messages, ...Successful].flatMap((message) => message.MessageId ?? []);
  return ids.length === 0 ? {} : { messageIds: ids };
}
