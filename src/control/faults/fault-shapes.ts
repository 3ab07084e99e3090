/** How fault rules are written, as JSON or by a program. */

import { z } from 'zod';
import { millisOf } from '../duration.ts';

const when = z
  .enum(['before', 'after'])
  .default('before')
  .describe('after: when the request has been carried out, so that only its answer is concerned');
const code = z.string().describe('A code of SQS, such as RequestThrottled, InternalFailure or OverLimit');
const message = z.string().optional().describe("The text; AWS's own by default");
const duration = z.string().describe('A duration such as 250ms or 2s');

const effect = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('error'), code, message, when }),
    z.strictObject({ type: z.literal('drop'), when }),
    z.strictObject({
      type: z.literal('latency'),
      duration,
      upTo: duration.optional().describe('Then it lasts a time between the two'),
      clock: z.enum(['machine', 'sqs']).default('machine').describe('Whose time; that of the machine by default'),
      when,
    }),
    z.strictObject({
      type: z.literal('fail-entries'),
      code,
      message,
      ids: z.array(z.string()).min(1).optional().describe('The entries that fail, by their ids'),
      count: z.int().min(1).max(10).optional().describe('How many entries fail, picked by chance; 1 by default'),
    }),
    z.strictObject({ type: z.literal('duplicate') }),
    z.strictObject({ type: z.literal('reorder') }),
    z.strictObject({ type: z.literal('partial-receive'), count: z.int().min(1).max(9).optional() }),
    z.strictObject({ type: z.literal('empty-receive') }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'There is no such effect. Write error, drop, latency, fail-entries, duplicate, reorder, partial-receive or empty-receive'
        : undefined,
  },
);

const operationName = z.string().describe("An operation's name, such as SendMessage");

/** A rule, but for its id. */
export const ruleShape = z.strictObject({
  operation: z
    .union([operationName, z.array(operationName).min(1)])
    .optional()
    .describe('One operation or several; any by default'),
  queue: z.string().min(1).optional().describe('The name of a queue; any by default'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'An account has twelve digits, such as 000000000000')
    .optional()
    .describe('The account that owns the queue; any by default'),
  region: z.string().min(1).optional(),
  skip: z.int().min(0).default(0).describe('It leaves alone so many requests at first'),
  every: z.int().min(1).default(1).describe('It takes every so-manieth of the others: 5 for each fifth'),
  probability: z.number().min(0).max(1).default(1).describe('It strikes each of these with this probability'),
  times: z.int().min(1).optional().describe('It strikes so often, and never again'),
  seed: z.int().optional().describe('Of its chance; by default made from the common seed and its id'),
  effect,
});

export type ParsedRule = z.output<typeof ruleShape>;
export type ParsedEffect = ParsedRule['effect'];

/** A rule as it is listed: complete, and with how it fared. */
export const listedRule = ruleShape.extend({
  id: z.string(),
  matched: z.int().describe('How many requests it was about'),
  triggered: z.int().describe('How many of them it struck'),
});

export const seedShape = z.int().describe('The common seed');

/** The milliseconds of a latency. Throws ControlError (400). */
export function spanOf({ duration: least, upTo = least }: { duration: string; upTo?: string | undefined }) {
  return { minMs: millisOf(least), maxMs: millisOf(upTo) };
}
