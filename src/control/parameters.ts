/** Parameters shared by several routes. */

import { z } from 'zod';
import { queueNameText, regionText, text } from './text.ts';

/** The optional account and region of a queue. */
export const accountAndRegion = () => ({
  account: text(12).optional().describe("The queue's account; Squab's default account if omitted"),
  region: regionText.optional().describe("The queue's region; Squab's default region if omitted"),
});

/** The parameters of a route for one queue. */
export const queueParameters = () => ({
  name: queueNameText.describe("The queue's name, URL or ARN"),
  ...accountAndRegion(),
});

/** A whole number from 1 to `max` in a query string; `fallback` if it is omitted. */
export const countParameter = (max: number, fallback: number) =>
  z.coerce.number(`must be a number from 1 to ${max}`).int().min(1).max(max).default(fallback);

/** `true` or `false` in a query string; `false` if it is omitted. */
export const flagParameter = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], 'must be true or false')
    .default(false);
