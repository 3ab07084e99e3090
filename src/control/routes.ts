/** All routes of the control interface. */

import { z } from 'zod';
import { clockRoutes } from './clock/clock-routes.ts';
import { eventRoutes } from './events/event-routes.ts';
import { waitRoutes } from './events/wait-routes.ts';
import { explainRoutes } from './explain/explain-routes.ts';
import { faultRoutes } from './faults/fault-routes.ts';
import { messageRoutes } from './messages/message-routes.ts';
import { once } from './once.ts';
import { openApi } from './openapi.ts';
import { queueRoutes } from './queues/queue-routes.ts';
import { resetRoutes } from './reset/reset-routes.ts';
import { type Route, route } from './route.ts';
import { snapshotRoutes } from './snapshots/snapshot-routes.ts';
import { topicRoutes } from './topics/topic-routes.ts';

const nodeShape = () =>
  z.object({
    name: z.string(),
    ear: z.enum(['open', 'closed']).describe('Whether it hears at once what the others do'),
    lanes: z
      .array(z.object({ name: z.string(), connections: z.int(), busy: z.int(), waiting: z.int() }))
      .describe('Its groups of connections to the database'),
    others: z
      .array(z.object({ name: z.string(), version: z.string(), clock: z.enum(['machine', 'virtual']) }))
      .describe('The other Squabs that were alive a few seconds ago'),
    perNode: z.array(z.string()).describe('What each Squab has for itself'),
  });

/** The path that all routes begin with. */
export const CONTROL_PATH = '/_squab';

const described: readonly Route[] = [
  ...clockRoutes,
  ...queueRoutes,
  ...messageRoutes,
  ...explainRoutes,
  ...eventRoutes,
  ...waitRoutes,
  ...faultRoutes,
  ...resetRoutes,
  ...snapshotRoutes,
  ...topicRoutes,
];

/** Making it takes 70 ms. */
const document = once(() => openApi(CONTROL_PATH, routes));

export const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '',
    summary: 'Describes this Squab, and lists all routes of the control interface.',
    answer: () =>
      z.object({
        version: z.string(),
        account: z.string().describe('The account of a queue that is given by name only'),
        region: z.string().describe('The region of a queue that is given by name only'),
        storage: z.enum(['memory', 'folder', 'database']).describe('Where queues and messages are kept'),
        journal: z.int().describe('For how many messages the journal keeps a history'),
        node: nodeShape()
          .optional()
          .describe(
            'Only with a database, which several Squabs can share: this Squab, and what it knows of the others',
          ),
        routes: z.array(z.object({ route: z.string(), summary: z.string() })),
      }),
    handle: (control) => ({
      ...control.about(),
      routes: routes.map(({ method, path, summary }) => ({ route: `${method} ${CONTROL_PATH}${path}`, summary })),
    }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'Describes all routes as an OpenAPI document.',
    answer: () => z.looseObject({ openapi: z.string() }),
    handle: () => document(),
  }),
  ...described,
];
