/** Events over HTTP. */

import { z } from 'zod';
import { type Route, route } from '../route.ts';
import { eventStream, KINDS, kindsIn } from './event-stream.ts';
import type { EventFilter } from './events.ts';

export const eventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/events',
    summary: 'Streams what happens to queues and messages, as server-sent events.',
    parameters: z.object({
      queue: z.string().optional().describe("A queue's name"),
      account: z.string().optional(),
      region: z.string().optional(),
      kind: z
        .string()
        .optional()
        .describe(`One or more, with commas between them, of: ${KINDS.join(', ')}`),
      messageId: z.string().optional(),
      lastEventId: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .describe(
          'Goes on behind the event with this id, as far back as the journal goes; also as the header Last-Event-ID',
        ),
    }),
    answer: 'events',
    handle: (control, { parameters: { kind, lastEventId, ...rest } }, signal) => {
      const filter: EventFilter = { ...rest, ...(kind !== undefined && { kinds: kindsIn(kind) }) };
      return eventStream(control.events.follow(filter, lastEventId), signal, control.realTime);
    },
  }),
];
