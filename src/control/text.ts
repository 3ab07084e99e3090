/** Strings in requests to the control interface. Each has a maximum length, so that no request can be costly. */

import { z } from 'zod';
import { REGION_MAX } from '../queues/limits.ts';

/** A string of up to `max` characters. */
export const text = (max: number) => z.string().max(max, `must have at most ${max} characters`);

/** Where a queue is named, its URL or ARN is accepted as well; the URL begins with any base. */
export const queueNameText = text(1000);

/** "A queue name can have up to 80 characters." */
export const prefixText = text(80);

/** The number of an account. */
export const accountText = z
  .string()
  .regex(/^\d{12}$/, 'must have twelve digits, such as 000000000000')
  .max(12);

export const regionText = text(REGION_MAX);

/** Longer than Squab's message IDs, which are UUIDs. */
export const messageIdText = text(100);

/** Longer than any sensible duration, such as `1h 30m`. */
export const durationText = text(500);

/**
 * Longer than "MessageGroupId: up to 128 characters", so that an explanation can return SQS's own error for an ID that
 * is too long.
 */
export const idText = text(1000);

/** Twice the length of the longest body that SQS accepts. */
export const bodyText = text(2 * 1024 * 1024);
