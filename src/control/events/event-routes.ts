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
    summary: 'Streams the events of queues, topics and messages, as server-sent events.',
    parameters: () =>
      z.object({
        queue: queueNameText
          .optional()
          .describe('Only events of the queues with this name, or of the queue with this URL or ARN'),
        topic: queueNameText
          .optional()
          .describe(
            'Only events of the topics with this name, or of the topic with this ARN, and of messages that come from them when they are sent',
          ),
        account: text(12).optional(),
        region: regionText.optional(),
        kind: text(1000)
          .optional()
          .describe(
            `Only events of these kinds, separated by commas: ${KINDS.join(', ')}. By default, all except empty-receive`,
          ),
        messageId: messageIdText.optional().describe('The ID of a message in a queue, or of a publication'),
        past: z.coerce
          .number('must be a number from 0 to 1000')
          .int()
          .min(0)
          .max(1000)
          .optional()
          .describe('Starts with up to this many of the latest events, however long ago the event lastEventId was'),
        perSecond: z.coerce
          .number('must be a number from 1 to 1000')
          .int()
          .min(1)
          .max(1000)
          .optional()
          .describe('The largest number of events a second; others are reported as missed. Unlimited by default'),
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
    handle: (control, { parameters: { kind, lastEventId, past, perSecond, ...rest } }, signal) => {
      const filter: EventFilter = { ...rest, ...(kind !== undefined && { kinds: kindsIn(kind) }) };
      const { lastId } = control.events;
      // An ID above the latest one is not of this Squab.
      const known = lastEventId !== undefined && lastEventId <= lastId ? lastEventId : 0;
      const from = past === undefined ? lastEventId : Math.max(known, lastId - past);
      return eventStream(control.events.follow(filter, from, perSecond), signal, systemClock);
    },
  }),
];
