/** The schema of a reset request. */

import { z } from 'zod';
import { once } from '../once.ts';
import { accountText, prefixText, regionText } from '../text.ts';

export const scopeShape = once(() =>
  z.strictObject({
    account: accountText.optional().describe('Only queues of this account'),
    region: regionText.min(1).optional().describe('Only queues of this region'),
    prefix: prefixText.optional().describe('Only queues whose names have this prefix'),
  }),
);
