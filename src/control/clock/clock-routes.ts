/** The clock over HTTP. */

import { z } from 'zod';
import { type Route, route } from '../route.ts';

const state = z.object({
  now: z.iso.datetime().describe('The time of SQS'),
  millis: z.int().describe('The same, in milliseconds since 1970'),
  frozen: z.boolean().describe('Whether it stands still'),
});

export const clockRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/clock',
    summary: 'Reads the clock.',
    answer: state,
    handle: (control) => control.clock.read(),
  }),
  route({
    method: 'POST',
    path: '/clock/freeze',
    summary: 'Holds time still: nothing becomes visible, times out or expires until it moves.',
    answer: state,
    handle: (control) => control.clock.freeze(),
  }),
  route({
    method: 'POST',
    path: '/clock/advance',
    summary: 'Moves time forward, and answers when all that falls into that time has happened, in order.',
    body: z.object({ by: z.string().describe('A duration such as 30s, 1h 30m or 14 days') }),
    answer: state,
    handle: (control, { body }) => control.clock.advance(body.by),
  }),
  route({
    method: 'POST',
    path: '/clock/set',
    summary: 'Moves time to an instant: forward as advance does, or back.',
    body: z.object({ to: z.iso.datetime({ offset: true }).describe('An instant such as 2026-12-24T18:00:00Z') }),
    answer: state,
    handle: (control, { body }) => control.clock.set(new Date(body.to)),
  }),
  route({
    method: 'POST',
    path: '/clock/resume',
    summary: 'Lets time go on from where it is.',
    answer: state,
    handle: (control) => control.clock.resume(),
  }),
];
