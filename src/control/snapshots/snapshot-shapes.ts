/** How snapshots are asked for. */

import { z } from 'zod';

export const nameShape = z.string().min(1).max(80).describe('Any name of 1 to 80 characters');

export const restoreShape = z.strictObject({
  clock: z
    .boolean()
    .optional()
    .describe('Whether the clock is set to the time of the snapshot too; by default it is if it stands still'),
});
