/** Snapshots over HTTP. */

import { z } from 'zod';
import { type Route, route } from '../route.ts';
import { nameShape, restoreShape } from './snapshot-shapes.ts';

const snapshot = z.object({
  name: nameShape,
  takenAt: z.iso.datetime().describe('The time of SQS when it was taken'),
  queues: z.int(),
  messages: z.int().describe('Visible, in flight and delayed ones'),
});

const named = z.object({ name: nameShape });

export const snapshotRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/snapshots',
    summary: 'Lists the snapshots.',
    answer: z.object({ snapshots: z.array(snapshot) }),
    handle: (control) => ({ snapshots: control.snapshots.list() }),
  }),
  route({
    method: 'PUT',
    path: '/snapshots/{name}',
    summary: 'Takes a snapshot of all queues, messages and move tasks, in the place of one that has this name already.',
    parameters: named,
    answer: snapshot,
    handle: (control, { parameters }) => control.snapshots.take(parameters.name),
  }),
  route({
    method: 'POST',
    path: '/snapshots/{name}/restore',
    summary: 'Makes everything what it was when the snapshot was taken, as often as one likes.',
    parameters: named,
    body: restoreShape,
    answer: snapshot,
    handle: (control, { parameters, body }) => control.snapshots.restore(parameters.name, body),
  }),
  route({
    method: 'DELETE',
    path: '/snapshots/{name}',
    summary: 'Forgets a snapshot.',
    parameters: named,
    answer: z.object({ removed: z.string() }),
    async handle(control, { parameters }) {
      await control.snapshots.remove(parameters.name);
      return { removed: parameters.name };
    },
  }),
];
