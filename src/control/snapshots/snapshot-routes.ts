/** Routes of snapshots. */

import { z } from 'zod';
import { type Route, route } from '../route.ts';
import { nameShape, restoreShape } from './snapshot-shapes.ts';

const snapshot = () =>
  z.object({
    name: nameShape(),
    takenAt: z.iso.datetime().describe('When it was taken, in the time of SQS'),
    queues: z.int().describe('How many queues it holds'),
    messages: z.int().describe('How many messages it holds: visible, in flight and delayed'),
    topics: z.int().describe('How many topics it holds'),
  });

const named = () => z.object({ name: nameShape() });

export const snapshotRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/snapshots',
    summary: 'Lists the snapshots.',
    answer: () => z.object({ snapshots: z.array(snapshot()) }),
    async handle(control) {
      await control.snapshots.refresh();
      return { snapshots: control.snapshots.list() };
    },
  }),
  route({
    method: 'PUT',
    path: '/snapshots/{name}',
    line: 'snapshots',
    summary:
      'Takes a snapshot of all queues, topics, messages and move tasks. Replaces an existing snapshot of this name.',
    parameters: named,
    answer: snapshot,
    handle: (control, { parameters }) => control.snapshots.take(parameters.name),
  }),
  route({
    method: 'POST',
    path: '/snapshots/{name}/restore',
    line: 'snapshots',
    summary: 'Restores queues, messages and move tasks to a snapshot, which can be restored any number of times.',
    parameters: named,
    body: restoreShape,
    answer: snapshot,
    handle: (control, { parameters, body }) => control.snapshots.restore(parameters.name, body),
  }),
  route({
    method: 'DELETE',
    path: '/snapshots/{name}',
    line: 'snapshots',
    summary: 'Removes a snapshot.',
    parameters: named,
    answer: () => z.object({ removed: z.string() }),
    async handle(control, { parameters }) {
      await control.snapshots.remove(parameters.name);
      return { removed: parameters.name };
    },
  }),
];
