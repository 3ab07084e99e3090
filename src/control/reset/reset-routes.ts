/** The route that resets Squab. */

import { z } from 'zod';
import { type Route, route } from '../route.ts';
import { scopeShape } from './reset-shapes.ts';

export const resetRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/reset',
    summary:
      'Removes all queues and topics, including messages, subscriptions and move tasks, and all fault rules; or only ' +
      'the queues and topics of an account, of a region, or with a name prefix. Snapshots and the clock stay.',
    body: scopeShape,
    answer: () =>
      z.object({
        queues: z.int().describe('How many queues were removed'),
        topics: z.int().describe('How many topics were removed'),
      }),
    handle: (control, { body }) => control.reset(body),
  }),
];
