/** What can be waited for, as JSON or by a program. */

import { z } from 'zod';
import { HAPPENINGS, STATES } from './wait-words.ts';

export const waitRequestShape = z.object({
  for: z
    .enum([...HAPPENINGS, ...STATES])
    .describe(
      'What happens to a message; or empty: the queue holds none; or drained: it holds none but those in flight',
    ),
  messageId: z.string().optional(),
  bodyContains: z.string().optional().describe("A part of the message's body"),
  groupId: z.string().optional(),
  attribute: z
    .object({ name: z.string(), value: z.string().optional() })
    .optional()
    .describe('A message attribute, and its value if that matters'),
  timeout: z.string().default('10s').describe('How long to wait at most, in real time: a duration such as 30s'),
  afterEventId: z
    .int()
    .min(0)
    .optional()
    .describe('Also counts what happened behind the event with this id; 0: all that the journal knows'),
});
