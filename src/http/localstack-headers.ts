/**
 * The headers by which LocalStack's clients receive more messages, or wait longer, than SQS allows.
 * Source: LocalStack, localstack/services/sqs/provider.py.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { WAIT_SECONDS_MAX } from '../queues/limits.ts';
import type { ReceiveOverrides } from '../queues/receive.ts';

/** A receive of this many messages still takes little memory: the size of a response is limited too. */
const MESSAGES_MAX = 1000;
const LONG_WAIT_SECONDS_MAX = 3600;

/**
 * Returns undefined for a request without such headers. A value that is not a whole number has no effect. `isChecked`:
 * whether callers are authenticated. Waits are then no longer than SQS's, since credentials and policies are checked when
 * they begin: a caller whose credentials expire, or whose permission is removed, would get messages for an hour after that.
 */
export function overridesOf(headers: IncomingHttpHeaders, isChecked: boolean): ReceiveOverrides | undefined {
  const count = headers['x-localstack-sqs-override-message-count'];
  const wait = headers['x-localstack-sqs-override-wait-time-seconds'];
  if (count === undefined && wait === undefined) return undefined;
  const max = within(count, MESSAGES_MAX);
  const waitSeconds = within(wait, isChecked ? WAIT_SECONDS_MAX : LONG_WAIT_SECONDS_MAX);
  return { ...(max && { max }), ...(waitSeconds !== undefined && { waitSeconds }) };
}

function within(header: string | string[] | undefined, max: number): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Math.min(Number(header), max) : undefined;
}
