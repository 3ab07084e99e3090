/** The schema of what a list of queues is asked for, over HTTP or by a program. */

import { z } from 'zod';
import { countParameter } from '../parameters.ts';

export const listingShape = z.object({
  account: z.string().optional().describe('Only queues of this account'),
  region: z.string().optional().describe('Only queues of this region'),
  prefix: z.string().optional().describe('Only queues whose names have this prefix'),
  limit: countParameter(1000, 100),
  after: z.string().optional().describe('The `next` of the previous page'),
});
