/** The schemas of fault rules, over HTTP or from a program. */

import { z } from 'zod';
import { BATCH_ENTRIES_MAX } from '../../queues/limits.ts';
import { millisOf } from '../duration.ts';
import { once } from '../once.ts';
import { accountText, durationText, queueNameText, regionText, text } from '../text.ts';

const when = () =>
  z
    .enum(['before', 'after'])
    .default('before')
    .describe('before the request is carried out, or after it, so that only its response is affected');
const code = () => text(100).describe('An error code, such as RequestThrottled, InternalFailure or OverLimit');
const message = () => text(2000).optional().describe("The error message; AWS's own text by default");
const duration = () => durationText.describe('A duration such as 250ms or 2s');

const effect = () =>
  z.discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('error'), code: code(), message: message(), when: when() }),
      z.strictObject({ type: z.literal('drop'), when: when() }),
      z.strictObject({
        type: z.literal('latency'),
        duration: duration(),
        upTo: duration().optional().describe('If given, the delay is a random time between duration and this value'),
        clock: z
          .enum(['machine', 'sqs'])
          .default('machine')
          .describe('The delay is in real time (machine) or in the time of SQS (sqs)'),
        when: when(),
      }),
      z.strictObject({
        type: z.literal('fail-entries'),
        code: code(),
        message: message(),
        ids: z.array(text(80)).min(1).max(BATCH_ENTRIES_MAX).optional().describe('The IDs of the entries that fail'),
        count: z.int().min(1).max(BATCH_ENTRIES_MAX).optional().describe('How many random entries fail; 1 by default'),
      }),
      z.strictObject({ type: z.literal('duplicate') }),
      z.strictObject({ type: z.literal('reorder') }),
      z.strictObject({
        type: z.literal('partial-receive'),
        count: z.int().min(1).max(9).optional().describe('The most messages that a receive returns; random by default'),
      }),
      z.strictObject({ type: z.literal('empty-receive') }),
    ],
    {
      error: (issue) =>
        issue.code === 'invalid_union'
          ? 'must be error, drop, latency, fail-entries, duplicate, reorder, partial-receive or empty-receive'
          : undefined,
    },
  );

const operationName = () => text(100).describe('The name of an operation, such as SendMessage, Publish or Invoke');

/** More than SQS or SNS has. */
const OPERATIONS_MAX = 50;

/** A rule without its ID. */
export const ruleShape = once(() =>
  z.strictObject({
    operation: z
      .union(
        [operationName(), z.array(operationName()).min(1).max(OPERATIONS_MAX)],
        `must be the name of an operation, or a list of up to ${OPERATIONS_MAX} names`,
      )
      .optional()
      .describe('One operation or several; any operation by default'),
    queue: queueNameText.min(1).optional().describe('The name, URL or ARN of a queue; any queue by default'),
    topic: queueNameText.min(1).optional().describe('The name or ARN of a topic; any topic by default'),
    account: accountText.optional().describe('The account that owns the queue or topic; any account by default'),
    region: regionText.min(1).optional().describe('The region of the queue or topic; any region by default'),
    skip: z.int().min(0).default(0).describe('How many matching requests to ignore first'),
    every: z
      .int()
      .min(1)
      .default(1)
      .describe('Of the requests after those, only every Nth can trigger the rule: 5 means every fifth'),
    probability: z.number().min(0).max(1).default(1).describe('The probability that such a request triggers the rule'),
    times: z
      .int()
      .min(1)
      .optional()
      .describe('The maximum number of times that the rule is triggered; unlimited by default'),
    seed: z
      .int()
      .optional()
      .describe("The seed of the rule's random numbers; derived from the common seed and the rule's ID by default"),
    effect: effect(),
  }),
);

export type ParsedRule = z.output<ReturnType<typeof ruleShape>>;
export type ParsedEffect = ParsedRule['effect'];

/** A rule as it is listed: with its defaults filled in, and its counts. */
export const listedRule = once(() =>
  ruleShape().extend({
    id: z.string(),
    matched: z.int().describe('How many requests matched the rule'),
    triggered: z.int().describe('How many of them triggered it'),
  }),
);

export const seedShape = once(() => z.int().describe('The seed of all rules that have none of their own'));

/** Returns the shortest and the longest delay of a `latency`, in milliseconds. Throws ControlError (400). */
export function spanOf({ duration: least, upTo = least }: { duration: string; upTo?: string | undefined }) {
  return { minMs: millisOf(least), maxMs: millisOf(upTo) };
}
