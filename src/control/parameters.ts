/** Parameters that several routes have. */

import { z } from 'zod';

/** Parameters of a route about one queue. */
export const place = {
  account: z.string().optional().describe("The queue's account; by default the one that Squab has by default"),
  region: z.string().optional().describe("The queue's region; as above"),
};
export const ofQueue = { name: z.string().describe("The queue's name"), ...place };

/** A whole number in a query string. */
export const count = (max: number, standard: number) =>
  z.coerce.number(`must be a number from 1 to ${max}`).int().min(1).max(max).default(standard);
