/** The control interface of a program: what it shows, and what its methods do once Squab has stopped. */

import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { ControlError, start } from '../../src/index.ts';
import { called, outline } from '../../src/testing/remote.ts';
import type { Outline } from '../../src/testing/wire.ts';
import { setup } from '../helpers.ts';

/** The paths of all methods, such as `clock.freeze`. */
function methods(nested: Outline, path: readonly string[] = []): string[] {
  return Object.entries(nested).flatMap(([name, inner]) =>
    inner ? methods(inner, [...path, name]) : [[...path, name].join('.')],
  );
}

const sync = [
  ...['clock.read', 'clock.freeze', 'clock.resume', 'events.follow', 'messages.recent', 'onReset'],
  ...['faults.list', 'faults.add', 'faults.put', 'faults.remove', 'faults.clear', 'faults.reseed'],
  ...['snapshots.list', 'snapshots.onRestore', 'about'],
];
const async = [
  ...['clock.advance', 'clock.set', 'snapshots.take', 'snapshots.restore', 'snapshots.remove'],
  ...[
    'queues.list',
    'queues.get',
    'queues.purge',
    'queues.counts',
    'clock.upcoming',
    'messages.peek',
    'messages.find',
    'messages.history',
  ],
  ...[
    'messages.add',
    'messages.delete',
    'messages.deadLetter',
    'messages.makeVisible',
    'messages.replay',
    'explain.receive',
    'explain.send',
  ],
  ...['topics.list', 'topics.get', 'topics.subscriptions', 'topics.confirm'],
  ...['topics.deliveries', 'topics.deliverNow', 'topics.explain', 'topics.waitFor'],
  ...['reset', 'waitFor', 'snapshots.refresh'],
];

it('consists of areas and methods, without internals', async () => {
  const { squab } = await setup();
  expect(methods(outline(squab.control)).sort()).toEqual([...sync, ...async].sort());
  expect(inspect(squab.control)).toBe(`Control {
  clock: ClockControl {},
  faults: FaultControl {},
  snapshots: SnapshotControl {},
  queues: QueuesControl {},
  messages: MessagesControl {},
  explain: ExplainControl {},
  topics: TopicsControl {},
  events: Events {}
}`);
  expect(squab.control.clock).toBe(squab.control.clock);
});

it('says after a stop that Squab has stopped: methods that return a promise reject, the others throw', async () => {
  const squab = await start({ port: 0 });
  const { control } = squab;
  await squab.stop();
  const stopped = new ControlError(409, 'This Squab has stopped.');
  for (const path of sync) {
    expect(() => called(control, path.split('.'), ['x']), path).toThrow(stopped);
  }
  for (const path of async) {
    await expect(called(control, path.split('.'), ['x']), path).rejects.toThrow(stopped);
  }
  expect(() => control.events[Symbol.asyncIterator]()).toThrow(stopped);
  expect(() => squab.control.clock.read()).toThrow(stopped);
});

it('ends waits and events that are in progress when Squab stops', async () => {
  const squab = await start({ port: 0, queues: [{ name: 'q' }] });
  const event = squab.control.events.follow().next();
  const wait = expect(squab.control.waitFor('q', { for: 'deleted' })).rejects.toThrow('Squab is stopping.');
  await squab.stop();
  await wait;
  expect(await event).toMatchObject({ done: true });
});
