/** Routes of the clock. */

import { z } from 'zod';
import { queueReference } from '../journal/report-shapes.ts';
import { type Route, route } from '../route.ts';
import { durationText } from '../text.ts';
import { upcomingShape } from './clock-shapes.ts';

const instant = () =>
  z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-12-24T18:00:00Z' }).max(40);

const state = () =>
  z.object({
    now: z.iso.datetime().describe('The current time of SQS'),
    millis: z.int().describe('The same instant, in milliseconds since 1970-01-01 UTC'),
    frozen: z.boolean().describe('Whether the clock is frozen'),
    aheadMs: z.int().describe("How far it is ahead of the machine's clock, in milliseconds; negative if it is behind"),
  });

export const clockRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/clock',
    summary: 'Returns the current time of SQS.',
    answer: state,
    handle: (control) => control.clock.read(),
  }),
  route({
    method: 'GET',
    path: '/clock/upcoming',
    summary: 'Lists what happens to messages as time passes: when they become visible, and when they expire.',
    parameters: upcomingShape,
    answer: () =>
      z.object({
        events: z
          .array(
            z.object({
              at: z.iso.datetime(),
              kind: z.enum(['delay-ends', 'visibility-timeout-ends', 'expires']),
              queue: queueReference(),
              messageId: z.string().optional(),
            }),
          )
          .describe('The earliest first; of each queue, up to one message that becomes visible and one that expires'),
      }),
    handle: async (control, { parameters }) => ({ events: await control.clock.upcoming(parameters.limit) }),
  }),
  route({
    method: 'POST',
    path: '/clock/freeze',
    summary: 'Freezes the clock: nothing becomes visible, times out or expires until the clock moves.',
    answer: state,
    handle: (control) => control.clock.freeze(),
  }),
  route({
    method: 'POST',
    path: '/clock/advance',
    line: 'moves of the clock',
    summary: 'Moves the clock forward, and responds once everything due in that time has happened, in order.',
    body: () => z.strictObject({ by: durationText.describe('A duration such as 30s, 1h 30m or 14 days') }),
    answer: state,
    handle: (control, { body }) => control.clock.advance(body.by),
  }),
  route({
    method: 'POST',
    path: '/clock/set',
    line: 'moves of the clock',
    summary: 'Sets the clock to an instant: forward as advance does, or back.',
    body: () => z.strictObject({ to: instant().describe('An instant such as 2026-12-24T18:00:00Z') }),
    answer: state,
    handle: (control, { body }) => control.clock.set(new Date(body.to)),
  }),
  route({
    method: 'POST',
    path: '/clock/resume',
    summary: 'Lets a frozen clock run on from its current time.',
    answer: state,
    handle: (control) => control.clock.resume(),
  }),
];
