/** The schema of a reset request. */

import { z } from 'zod';

export const scopeShape = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'must have twelve digits, such as 000000000000')
    .optional()
    .describe('Only queues of this account'),
  region: z.string().min(1).optional().describe('Only queues of this region'),
  prefix: z.string().optional().describe('Only queues whose names have this prefix'),
});
