/** The schema of a wait request, over HTTP or from a program. */

import { z } from 'zod';
import { once } from '../once.ts';
import { bodyText, durationText, idText, messageIdText, text } from '../text.ts';
import { MESSAGE_EVENTS, QUEUE_STATES } from './wait-targets.ts';

/** The members that select an event, and mean nothing in a wait for a state. */
const SELECTING = ['messageId', 'bodyContains', 'groupId', 'attribute', 'afterEventId'] as const;

/** The members that all waits have. */
export const waitMembers = () => ({
  timeout: durationText.default('10s').describe('The longest time to wait, in real time: a duration such as 30s'),
  afterEventId: z
    .int()
    .min(0)
    .optional()
    .describe('Also accepts an earlier event, after the one with this ID; 0 accepts any event in the journal'),
});

const members = () =>
  z.strictObject({
    for: z
      .enum([...MESSAGE_EVENTS, ...QUEUE_STATES])
      .describe(
        'An event of a message; or empty (the queue holds no messages) or drained (all its messages are in flight)',
      ),
    messageId: messageIdText.optional(),
    bodyContains: text(1000).optional().describe("Text that the message's body contains"),
    groupId: idText.optional(),
    attribute: z
      .strictObject({ name: text(256), value: bodyText.optional() })
      .optional()
      .describe('The name of a message attribute, and optionally its value'),
    ...waitMembers(),
  });

export const waitRequestShape = once(() =>
  members().superRefine((request, context) => {
    if (!QUEUE_STATES.some((state) => state === request.for)) return;
    const given = SELECTING.find((name) => request[name] !== undefined);
    if (given === undefined) return;
    const message = `"${given}" selects an event, so a wait for the state "${request.for}" cannot have it`;
    context.addIssue({ code: 'custom', message });
  }),
);
