/** The schemas of snapshot requests. */

import { z } from 'zod';
import { once } from '../once.ts';

export const nameShape = once(() => z.string().min(1).max(80).describe('A name of 1 to 80 characters'));

export const restoreShape = once(() =>
  z.strictObject({
    clock: z
      .boolean()
      .optional()
      .describe('Whether to set the clock to the time of the snapshot too; by default, only a frozen clock is set'),
  }),
);
