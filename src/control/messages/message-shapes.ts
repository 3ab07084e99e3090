/** The schemas of what lists of messages are asked for, over HTTP or by a program. */

import { z } from 'zod';
import { countParameter } from '../parameters.ts';
import { text } from '../text.ts';

export const peekShape = z.object({
  state: z.enum(['visible', 'in-flight', 'delayed', 'blocked']).optional().describe('Only messages in this state'),
  bodyContains: text(1000).optional().describe('Only messages whose bodies contain this text'),
  limit: countParameter(1000, 100),
  after: text(100).optional().describe('The `next` of the previous page'),
});

export const recentShape = z.object({ limit: countParameter(1000, 100) });
