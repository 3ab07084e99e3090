/**
 * The outcomes of attempts to deliver.
 * Source: developer guide, "Amazon SNS message delivery retries": client-side errors are permanent, others are not.
 */

/** `failed` is tried again, `refused` is not. The reason, a text for users, continues "the attempt failed: ". */
export type Outcome = { kind: 'delivered' } | { kind: 'failed' | 'refused'; reason: string };

const TOO_MANY_REQUESTS = 429;

/** Returns what the status of an answer means. */
export function outcomeOfStatus(status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the endpoint answered with status ${status}`;
  if (status >= 500 || status === TOO_MANY_REQUESTS) return { kind: 'failed', reason };
  // A redirect could lead to another scheme, or to an address that is not allowed.
  return { kind: 'refused', reason: status < 400 ? `${reason}, and redirects are not followed` : reason };
}
