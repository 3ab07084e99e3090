/** Event streams that are limited to a number of events a second. */

import { expect, it, vi } from 'vitest';
import { EventFeed } from '../../../src/control/events/event-feed.ts';
import { Events } from '../../../src/control/events/events.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import type { HappeningListener } from '../../../src/storage/happenings.ts';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { setup } from '../../helpers.ts';

const T0 = Date.UTC(2026, 0, 1);

/** Events of a queue, and a clock of real time that the test moves. */
function paced(perSecond: number) {
  const realTime = new VirtualClock(T0);
  const stopping = new AbortController();
  const heard: HappeningListener[] = [];
  const listen = (listener: HappeningListener) => {
    heard.push(listener);
    return () => {};
  };
  const journal = new Journal(10);
  const events = new Events(new EventFeed(listen, journal, () => T0), stopping.signal, realTime);
  const queue = { id: 1, account: 'a', region: 'r', name: 'q', fifo: false, retentionMs: 1, createdAt: 0 };
  const whole = { ...queue, modifiedAt: 0, attributes: new Map(), tags: new Map() };
  const happen = (times: number) => {
    for (let time = 0; time < times; time++) heard[0]!([{ kind: 'purged', queue: whole }]);
  };
  return { events, follower: events.follow({}, undefined, perSecond), happen, realTime, stopping, journal };
}

it('yields up to the given number of events a second, then says how many it left out', async () => {
  const { follower, happen, realTime } = paced(2);
  happen(10);
  expect((await follower.next()).value).toMatchObject({ id: 1 });
  expect((await follower.next()).value).toMatchObject({ id: 2 });
  const third = follower.next();
  await realTime.advance(999);
  happen(5);
  await realTime.advance(1);
  expect((await third).value).toMatchObject({ kind: 'missed', count: 8 });
  expect((await follower.next()).value).toMatchObject({ id: 11 });
  const fifth = follower.next();
  await realTime.advance(1000);
  expect((await fifth).value).toMatchObject({ kind: 'missed', count: 4 });
  happen(1);
  expect((await follower.next()).value).toMatchObject({ id: 16 });
});

it('counts the events that it leaves out without reading them', () => {
  const { happen, journal } = paced(2);
  const read = vi.spyOn(journal.entries, 'entry');
  happen(1000);
  // Two that are waiting, and the first one that is missed, for its time.
  expect(read).toHaveBeenCalledTimes(3);
});

it('reads an event once for all followers', () => {
  const { events, happen, journal } = paced(10);
  for (const filter of [{}, { kinds: ['purged'] as const }, { kinds: ['sent'] as const }]) events.follow(filter);
  const read = vi.spyOn(journal.entries, 'entry');
  happen(3);
  expect(read).toHaveBeenCalledTimes(3);
});

it('counts only events that match the filter, by whatever member', async () => {
  const { events, happen, realTime } = paced(1);
  const heads = events.follow({ queue: 'other' }, undefined, 1);
  const details = events.follow({ messageId: 'none' }, undefined, 1);
  happen(5);
  const waiting = [heads.next(), details.next()];
  await realTime.advance(1000);
  for (const follower of [heads, details]) await follower.return();
  expect(await Promise.all(waiting)).toEqual([
    { value: undefined, done: true },
    { value: undefined, done: true },
  ]);
});

it('does not wait for the next second once the stream ends', async () => {
  const { follower, happen, stopping } = paced(1);
  happen(2);
  await follower.next();
  const second = follower.next();
  stopping.abort();
  expect((await second).value).toMatchObject({ kind: 'missed', count: 1 });
  expect(await follower.next()).toMatchObject({ done: true });
});

it('is at once for events of the past, however many they are', async () => {
  const { events, happen } = paced(1);
  happen(8);
  const follower = events.follow({}, 0, 1);
  for (let id = 1; id <= 8; id++) expect((await follower.next()).value).toMatchObject({ id });
});

it('is a parameter over HTTP', async () => {
  const { squab } = await setup();
  const refused = await fetch(`${squab.url}/_squab/events?perSecond=0`);
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('\\"perSecond\\" is invalid')]);
  const response = await fetch(`${squab.url}/_squab/events?perSecond=1000`);
  expect(response.status).toBe(200);
  await response.body!.cancel();
});

it('starts with a number of the latest events if asked, or with those since the last one that the client saw', async () => {
  const { squab, client } = await setup();
  const { call } = client('JSON');
  const { lastId } = squab.control.events;
  for (const name of ['a', 'b', 'c', 'd']) await call('CreateQueue', { QueueName: name });
  const first = async (query: string, headers = {}) => {
    const response = await fetch(`${squab.url}/_squab/events?${query}`, { headers });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('data: ')) text += (await reader.read()).value;
    await reader.cancel();
    return /"name":"(.)"/.exec(text)![1];
  };
  expect(await first('past=2')).toBe('c');
  expect(await first('past=1000')).toBe('a');
  expect(await first(`past=2&lastEventId=${lastId + 3}`)).toBe('d');
  expect(await first('past=2', { 'last-event-id': `${lastId + 1}` })).toBe('c');
  expect(await first(`past=3&lastEventId=${lastId + 99}`)).toBe('b');
});
