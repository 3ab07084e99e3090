/** The line of bodies that waits search. */

import { expect, it } from 'vitest';
import type { EventDetails } from '../../../src/control/events/event-feed.ts';
import { SearchLine } from '../../../src/control/events/search-line.ts';
import { Entries } from '../../../src/control/journal/entries.ts';

const LONG = 1_000_000;

/** The details of an event whose message's body has this many characters. */
function event(characters: number): EventDetails {
  const entries = new Entries(1);
  const queue = { id: 1, account: 'a', region: 'r', name: 'q', fifo: false, retentionMs: 1, createdAt: 0 };
  const whole = { ...queue, modifiedAt: 0, attributes: new Map(), tags: new Map() };
  entries.write({ kind: 'purged', queue: whole }, 0, 0, -1, undefined, -1, -1, undefined, undefined);
  return [entries.entry(entries.lastId), { messageId: 'm', body: 'x'.repeat(characters) } as EventDetails[1]];
}

it('searches short bodies at once, and everything in order', async () => {
  const line = new SearchLine();
  const done: string[] = [];
  line.add(event(10), () => done.push('short') > 0);
  expect(done).toEqual(['short']);
  line.add(event(LONG), () => done.push('long') > 0);
  line.add(event(10), () => done.push('after it') > 0);
  expect(done).toEqual(['short', 'long']);
  await line.end();
  expect(done).toEqual(['short', 'long', 'after it']);
});

it('counts an event once, however many waits search it, and refuses what would exceed its limit', async () => {
  const line = new SearchLine(2.5 * LONG);
  const search = () => true;
  const [first, second] = [event(LONG), event(LONG)];
  for (let wait = 0; wait < 10; wait++) line.add(first, search);
  for (let wait = 0; wait < 10; wait++) line.add(second, search);
  expect(() => line.add(event(LONG), search)).toThrow('faster than the waits with bodyContains can search them');
  await line.end();
  line.add(event(LONG), search);
});

it('takes an event that exceeds the limit alone', () => {
  let searched = false;
  new SearchLine(10).add(event(LONG), () => {
    searched = true;
    return true;
  });
  expect(searched).toBe(true);
});
