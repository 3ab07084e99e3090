/** The schemas of requests for lists of queues and for counts, over HTTP or from a program. */

import { z } from 'zod';
import { once } from '../once.ts';
import { countParameter, flagParameter } from '../parameters.ts';
import { prefixText, queueNameText, regionText, text } from '../text.ts';
import { SORT_KEYS } from './order.ts';

export const listingShape = once(() =>
  z.object({
    account: text(12).optional().describe('Only queues of this account'),
    region: regionText.optional().describe('Only queues of this region'),
    prefix: prefixText.optional().describe('Only queues whose names have this prefix'),
    contains: prefixText.optional().describe('Only queues whose names contain this text, in upper or lower case'),
    nonEmpty: flagParameter().describe('Whether to leave out queues without messages'),
    sort: z
      .enum(SORT_KEYS)
      .default('name')
      .describe('Sorts by name, by the number of messages (in one state, or in all), or by the age of the oldest one'),
    order: z.enum(['asc', 'desc']).optional().describe('Ascending or descending; by default, asc for names only'),
    limit: countParameter(1000, 100),
    after: text(200).optional().describe('The `next` of the previous page'),
  }),
);

/** The largest number of queues that one request counts. */
const COUNTED_MAX = 100;

const queueName = once(() =>
  z.union([
    queueNameText,
    z.strictObject({ name: queueNameText, account: text(12).optional(), region: regionText.optional() }),
  ]),
);

export const countedShape = once(() =>
  z.array(queueName()).max(COUNTED_MAX, `must have at most ${COUNTED_MAX} queues`),
);
