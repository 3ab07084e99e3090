/** Snapshots belong to the database: what one node took, another restores. */

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { database } from '../postgres.ts';
import { startNodes, take, twoNodes } from './cluster.ts';

const url = await database();

describe.skipIf(!url)('A snapshot of one node', () => {
  it('is restored by another, whose journal knows what that has undone', async () => {
    const { a, b, callA, callB, create } = await twoNodes(url!);
    const QueueUrl = await create(callA, 'q');
    await callB('SendMessage', { QueueUrl, MessageBody: 'before' });
    await pause(20);
    await a.control.snapshots.take('s');
    await pause(20);
    expect(await take(callB, QueueUrl)).toEqual(['before']);
    await callB('SendMessage', { QueueUrl, MessageBody: 'after' });
    expect(b.control.snapshots.list()).toMatchObject([{ name: 's', messages: 1 }]);
    await b.control.snapshots.restore('s');
    expect((await b.control.messages.peek('q')).messages).toMatchObject([{ body: 'before', state: 'visible' }]);
    const known = b.control.messages.recent('q').map(({ content, present }) => [content?.body, present]);
    expect(known).toEqual([
      ['after', false],
      ['before', true],
    ]);
    await eventually(async () => expect(await take(callA, QueueUrl)).toEqual(['before']), 1000);
  });

  it('replaces one of the same name that another has taken', async () => {
    const { a, b, callA, callB, create } = await twoNodes(url!);
    const QueueUrl = await create(callA, 'q');
    await a.control.snapshots.take('s');
    await callA('SendMessage', { QueueUrl, MessageBody: 'one' });
    await pause(20);
    await b.control.snapshots.take('s');
    await take(callA, QueueUrl);
    await a.control.snapshots.restore('s');
    expect(await take(callB, QueueUrl)).toEqual(['one']);
  });

  it('does not set the clock of one of several nodes; alone, it does, and then no other one can join', async () => {
    const { a, b, callA, callB, create, place } = await twoNodes(url!);
    const QueueUrl = await create(callA, 'q');
    await callB('SendMessage', { QueueUrl, MessageBody: 'before' });
    await a.control.snapshots.take('s');
    expect(await take(callB, QueueUrl)).toEqual(['before']);
    await eventually(() =>
      expect(a.control.snapshots.restore('s', { clock: true })).rejects.toThrow(/while other Squabs .*b-/),
    );
    // The refused restore has changed nothing.
    expect(await take(callA, QueueUrl)).toEqual([]);
    await b.stop();
    await eventually(async () => {
      await a.control.snapshots.restore('s', { clock: true });
      expect(a.control.clock.read().aheadMs).toBeLessThan(-100);
    });
    expect(await take(callA, QueueUrl)).toEqual(['before']);
    await eventually(() => expect(startNodes(1, place)).rejects.toThrow(/has frozen or moved its clock/));
  });
});
