/** How resets and snapshots are asked for. */

import { z } from 'zod';

export const scopeShape = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'An account has twelve digits, such as 000000000000')
    .optional()
    .describe('Only queues of this account'),
  region: z.string().min(1).optional().describe('Only queues of this region'),
  prefix: z.string().optional().describe('Only queues whose names begin so'),
});

export const nameShape = z.string().min(1).max(80).describe('Any name of 1 to 80 characters');

export const restoreShape = z.strictObject({
  clock: z
    .boolean()
    .optional()
    .describe('Whether the clock is set to the time of the snapshot too; by default it is if it stands still'),
});
