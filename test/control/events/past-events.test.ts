/** Events of the past, which the journal has: they are read on demand, and looked through in portions. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventFeed } from '../../../src/control/events/event-feed.ts';
import { Events } from '../../../src/control/events/events.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import type { HappeningListener } from '../../../src/storage/happenings.ts';
import { systemClock } from '../../../src/time/clock.ts';

const EVENTS = 6000;

/** How many turns of the event loop have passed. */
let turns = 0;
let next: NodeJS.Immediate;
const count = () => {
  turns++;
  next = setImmediate(count);
};
beforeEach(() => {
  turns = 0;
  next = setImmediate(count);
});
afterEach(() => clearImmediate(next));

/** Returns the feed of a journal for `size` messages, and a function that records a sent message with the ID `mKEY`. */
function feedOf(size: number) {
  let listener: HappeningListener = () => {};
  const listen = (given: HappeningListener) => {
    listener = given;
    return () => {};
  };
  const feed = new EventFeed(listen, new Journal(size), () => 0);
  const place = { id: 1, account: 'a', region: 'r', name: 'q', fifo: false, retentionMs: 1 };
  const queue = { ...place, createdAt: 0, modifiedAt: 0, attributes: new Map(), tags: new Map() };
  const send = (key: number, body = 'other') => {
    const content = { messageId: `m${key}`, body, bodyMd5: '', senderId: 'me' };
    listener([{ kind: 'sent', queue, key, content, visibleAt: 0 }]);
  };
  return { feed, send };
}

/** Returns the feed of a journal with EVENTS messages, of which the last but one has the body `wanted`. */
function longFeed(): EventFeed {
  const { feed, send } = feedOf(EVENTS);
  for (let key = 1; key <= EVENTS; key++) send(key, key === EVENTS - 1 ? 'wanted' : 'other');
  return feed;
}

it('are created when they are read, so a slow reader takes no memory and may miss some', async () => {
  const { feed, send } = feedOf(10);
  const events = new Events(feed, new AbortController().signal, systemClock);
  for (let key = 1; key <= 40; key++) send(key);
  const follower = events.follow({}, 0);
  expect((await follower.next()).value).toMatchObject({ id: 1, messageId: 'm1' });
  for (let key = 41; key <= 45; key++) send(key);
  expect((await follower.next()).value).toMatchObject({ kind: 'missed', count: 4 });
  for (let id = 6; id <= 45; id++) expect((await follower.next()).value).toMatchObject({ id });
});

it('are looked through by a wait while other requests run', async () => {
  const seen: number[] = [];
  await longFeed().lookBack(
    0,
    EVENTS,
    (_, read) => seen.push(read()[0].id),
    () => false,
  );
  expect(seen).toEqual(Array.from({ length: EVENTS }, (_, index) => index + 1));
  expect(turns).toBeGreaterThanOrEqual(5);
});

it('are looked through by many waits in turns, which depend on the length of bodies', async () => {
  const { feed, send } = feedOf(40);
  const body = 'x'.repeat(100_000);
  for (let key = 1; key <= 40; key++) send(key, body);
  const look = () =>
    feed.lookBack(
      0,
      40,
      () => {},
      () => false,
    );
  await Promise.all(Array.from({ length: 10 }, look));
  expect(turns).toBeGreaterThanOrEqual(60);
});

it('are looked through by a wait only until it is over', async () => {
  const seen: number[] = [];
  await longFeed().lookBack(
    10,
    EVENTS,
    (_, read) => seen.push(read()[0].id),
    () => seen.length === 2,
  );
  expect(seen).toEqual([11, 12]);
});

it('are looked through by a filtered event stream while other requests run', async () => {
  const events = new Events(longFeed(), new AbortController().signal, systemClock);
  const follower = events.follow({ bodyContains: 'wanted' }, 0);
  expect((await follower.next()).value).toMatchObject({ messageId: `m${EVENTS - 1}` });
  expect(turns).toBeGreaterThanOrEqual(5);
  const ended = expect(follower.next()).resolves.toEqual({ value: undefined, done: true });
  await follower.return();
  await ended;
});

it('are looked through by many filtered event streams in turns', async () => {
  const events = new Events(longFeed(), new AbortController().signal, systemClock);
  const followers = Array.from({ length: 10 }, () => events.follow({ bodyContains: 'wanted' }, 0));
  await Promise.all(followers.map((follower) => follower.next()));
  expect(turns).toBeGreaterThanOrEqual(40);
});
