/** Reset over HTTP. */

import { z } from 'zod';
import { type Route, route } from '../route.ts';
import { scopeShape } from './reset-shapes.ts';

export const resetRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/reset',
    summary:
      'Removes queues with all that they hold: all of them, and then fault rules too, or those of an account, of a ' +
      'region, or with a prefix. Snapshots and the clock stay.',
    body: scopeShape,
    answer: z.object({ queues: z.int().describe('How many queues were removed') }),
    handle: (control, { body }) => control.reset(body),
  }),
];
