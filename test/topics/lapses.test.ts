/** When Squab looks for subscriptions that have lapsed, and what it leaves of them. */

import { expect, it } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import type { NewSubscription } from '../../src/storage/topics.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { Lapses } from '../../src/topics/lapses.ts';
import { lapseOf } from '../../src/topics/subscriptions.ts';
import { settings } from '../storage/subject.ts';

const HOUR = 3_600_000;

async function withLapses(report = (error: unknown): void => expect.fail(String(error))) {
  const store: Engine = new MemoryStore();
  const clock = new VirtualClock();
  let looks = 0;
  const everything = store.topics.everything.bind(store.topics);
  store.topics.everything = () => {
    looks++;
    return everything();
  };
  const lapses = new Lapses(store.topics, clock, report);
  clock.trackWork(() => lapses.sweeps);
  const gone: string[] = [];
  lapses.onRemoved = ({ id }) => gone.push(id);
  const key = { account: '000000000000', region: 'us-east-1', name: 't' };
  const { topic } = await store.topics.createTopic(key, { fifo: false, attributes: new Map(), tags: new Map() }, 0);
  /** Adds a subscription that nobody confirms. */
  const subscribe = async (id: string) => {
    const given: NewSubscription = {
      ...{ id, owner: key.account, protocol: 'http', endpoint: `http://h/${id}`, attributes: new Map() },
      ...{ token: id, backlog: settings() },
    };
    const outcome = await store.topics.subscribe(topic.id, given, Number.POSITIVE_INFINITY, clock.now());
    const { subscription } = outcome as Exclude<typeof outcome, string | undefined>;
    lapses.look(lapseOf(subscription));
  };
  return { store, clock, lapses, gone, subscribe, looks: () => looks };
}

it('a new subscription sets an alarm, without a look at all the others, and is reported once it has lapsed', async () => {
  const { clock, lapses, gone, subscribe, looks } = await withLapses();
  lapses.look();
  await clock.advance(1);
  expect(looks()).toBe(1);
  for (const id of ['a', 'b', 'c']) {
    await subscribe(id);
    await clock.advance(HOUR);
  }
  expect(looks()).toBe(1);
  await clock.advance(45 * HOUR + 1);
  expect(gone).toEqual(['a']);
  await clock.advance(HOUR);
  expect(gone).toEqual(['a', 'b']);
  await clock.advance(HOUR);
  expect(gone).toEqual(['a', 'b', 'c']);
  await lapses.end();
});

it('a subscription that is made during a look is not forgotten', async () => {
  const { clock, lapses, gone, subscribe } = await withLapses();
  await subscribe('first');
  await clock.advance(1);
  lapses.look();
  await Promise.all(['second', 'third'].map(subscribe));
  await clock.advance(49 * HOUR);
  expect(gone.sort()).toEqual(['first', 'second', 'third']);
  await lapses.end();
});

it('hundreds that lapse at once are removed in several turns', async () => {
  const { clock, lapses, gone, subscribe } = await withLapses();
  for (let made = 0; made < 450; made++) await subscribe(`${made}`);
  await clock.advance(49 * HOUR);
  expect(gone).toHaveLength(450);
  await lapses.end();
});

it('those that were removed before a fault of the storage are reported, and the others once it is over', async () => {
  const faults: unknown[] = [];
  const { store, clock, lapses, gone, subscribe } = await withLapses((error) => faults.push(error));
  for (let made = 0; made < 450; made++) await subscribe(`${made}`);
  const removeLapsed = store.topics.removeLapsed.bind(store.topics);
  store.topics.removeLapsed = async (before) => {
    if (gone.length === 200 && faults.length === 0) throw new Error('away');
    return removeLapsed(before);
  };
  await clock.advance(49 * HOUR);
  expect(gone).toHaveLength(200);
  expect(faults).toHaveLength(1);
  lapses.look();
  await clock.advance(0);
  expect(gone).toHaveLength(450);
  await lapses.end();
});
