/** The route that streams events. */

import { z } from 'zod';
import { systemClock } from '../../time/clock.ts';
import { type Route, route } from '../route.ts';
import { messageIdText, queueNameText, regionText, text } from '../text.ts';
import type { EventFilter } from './event-filter.ts';
import { eventStream, KINDS, kindsIn } from './event-stream.ts';

export const eventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/events',
    summary: 'Streams the events of queues and messages, as server-sent events.',
    parameters: z.object({
      queue: queueNameText
        .optional()
        .describe('Only events of the queues with this name, or of the queue with this URL or ARN'),
      account: text(12).optional(),
      region: regionText.optional(),
      kind: text(1000)
        .optional()
        .describe(
          `Only events of these kinds, separated by commas: ${KINDS.join(', ')}. By default, all except empty-receive`,
        ),
      messageId: messageIdText.optional(),
      lastEventId: z.coerce
        .number('must be the ID of an event, a whole number')
        .int()
        .min(0)
        .optional()
        .describe(
          'Starts after the event with this ID, as far back as the journal goes. Same as the header Last-Event-ID',
        ),
    }),
    atOnce: 100,
    answer: 'events',
    handle: (control, { parameters: { kind, lastEventId, ...rest } }, signal) => {
      const filter: EventFilter = { ...rest, ...(kind !== undefined && { kinds: kindsIn(kind) }) };
      return eventStream(control.events.follow(filter, lastEventId), signal, systemClock);
    },
  }),
];
