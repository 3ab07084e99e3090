/** The schemas of requests for lists of messages, over HTTP or from a program. */

import { z } from 'zod';
import { countParameter } from '../parameters.ts';
import { text } from '../text.ts';

export const peekShape = z.object({
  state: z.enum(['visible', 'in-flight', 'delayed', 'blocked']).optional().describe('Only messages in this state'),
  limit: countParameter(1000, 100),
  after: text(100).optional().describe('The `next` of the previous page'),
});

export const recentShape = z.object({ limit: countParameter(1000, 100) });
