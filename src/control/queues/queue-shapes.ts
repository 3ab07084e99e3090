/** The schema of a request for a list of queues, over HTTP or from a program. */

import { z } from 'zod';
import { countParameter } from '../parameters.ts';
import { prefixText, regionText, text } from '../text.ts';

export const listingShape = z.object({
  account: text(12).optional().describe('Only queues of this account'),
  region: regionText.optional().describe('Only queues of this region'),
  prefix: prefixText.optional().describe('Only queues whose names have this prefix'),
  limit: countParameter(1000, 100),
  after: text(200).optional().describe('The `next` of the previous page'),
});
