/** The contract of src/storage/inspection.ts: searching for a message, and removing, dead-lettering or showing one. */

import { describe, expect, it } from 'vitest';
import type { Happening } from '../../src/storage/happenings.ts';
import type { PeekedMessage } from '../../src/storage/inspection.ts';
import { eachEngine } from './inspection-subject.ts';
import { HOUR, NO_LIMIT, NO_QUEUE, numbered, request, SECOND, T0 } from './subject.ts';

eachEngine('intervening in the engine', ({ s, f, inspection, peekAll }) => {
  describe('a search', () => {
    async function search(messageId: string, queueId?: number) {
      for (let after: number | undefined, portions = 1; ; portions++) {
        const { found, next } = (await inspection().search({ messageId, queueId, after }, T0))!;
        if (found || next === undefined) return { found, portions };
        after = next;
      }
    }

    it('finds a message by its ID, in one queue or in all, in portions', async () => {
      const [one, other] = [await s.queue('one'), await s.queue('other')];
      await s.send(one, numbered(4500), T0);
      await s.send(other, 'needle', T0, { messageId: 'needle' });
      const [{ key }] = (await peekAll(other, T0)) as [PeekedMessage];
      expect(await search('needle')).toEqual({ found: { queueId: other, key }, portions: 3 });
      expect(await search('needle', other)).toEqual({ found: { queueId: other, key }, portions: 1 });
      expect(await search('needle', one)).toMatchObject({ found: undefined });
      expect(await search('nothing')).toMatchObject({ found: undefined });
    });

    it('does not find purged or expired messages, even before their space is freed', async () => {
      const id = await s.queue();
      await s.send(id, 'one', T0, { messageId: 'one' });
      await s.store.purge(id);
      expect((await search('one')).found).toBeUndefined();
      await s.send(id, 'two', T0 - HOUR, { messageId: 'two' });
      expect((await search('two')).found).toBeUndefined();
    });
  });

  describe('an intervention', () => {
    it.each(['visible', 'in-flight', 'delayed'])('deletes a message that is %s', async (state) => {
      const id = await s.queue();
      await s.send(id, 'one', T0, { delayMs: state === 'delayed' ? SECOND : 0 });
      if (state === 'in-flight') await s.receiveOne(id, T0);
      const [{ key }] = (await peekAll(id, T0, { state: state as 'visible' })) as [PeekedMessage];
      expect(await inspection().remove(id, key, T0)).toBe(true);
      expect(await inspection().remove(id, key, T0)).toBe(false);
      expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
      expect(await peekAll(id, T0)).toEqual([]);
    });

    it('unlocks and announces the group whose first message it deletes', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 a2');
      const { receipt } = await s.receiveOne(id, T0);
      s.announced.length = 0;
      await inspection().remove(id, receipt.key, T0);
      expect(s.announced).toContainEqual([id, T0]);
      expect(await f.names(id, T0)).toBe('a2');
    });

    it('makes room for another message in flight', async () => {
      const id = await s.queue();
      await s.send(id, ['one', 'two'], T0);
      const { receipt } = await s.receiveOne(id, T0, { inFlightLimit: 1 });
      if (s.store.nodes) expect(await s.store.receive(id, request({ inFlightLimit: 1 }), T0)).toBe('over-limit');
      await s.store.nextVisibleAt(id, 1, T0);
      s.announced.length = 0;
      await inspection().remove(id, receipt.key, T0);
      expect(s.announced).toContainEqual([id, T0]);
      expect(await s.bodies(id, T0, { inFlightLimit: 1 })).toEqual(['two']);
    });

    it.each([false, true])('dead-letters a message at once, whatever its state (FIFO: %s)', async (fifo) => {
      const [source, target] = [await s.queue('source', { fifo }), await s.queue('target', { fifo })];
      const happened: Happening[] = [];
      s.store.onHappening((happenings) => happened.push(...happenings));
      await s.send(source, ['seen', 'not seen'], T0, { groupId: 'g' });
      await s.receiveOne(source, T0);
      const redrive = { targetId: target, maxReceiveCount: 5, sourceArn: 'arn' };
      for (const { key } of await peekAll(source, T0)) {
        expect(await inspection().deadLetter(source, key, redrive, T0)).toBe(true);
        expect(await inspection().deadLetter(source, key, redrive, T0)).toBe(false);
      }
      expect(await s.counts(source, T0)).toEqual([0, 0, 0]);
      expect(await s.counts(target, T0)).toEqual([2, 0, 0]);
      const arrived = await s.receive(target, T0);
      expect(arrived.map(({ body, receiveCount, deadLetterSource }) => [body, receiveCount, deadLetterSource])).toEqual(
        [
          ['seen', 2, 'arn'],
          ['not seen', 1, 'arn'],
        ],
      );
      expect(happened.filter(({ kind }) => kind === 'dead-lettered')).toMatchObject([
        { queue: { id: source }, to: { queue: { id: target } } },
        { queue: { id: source }, to: { queue: { id: target } } },
      ]);
      expect(await s.store.nextVisibleAt(source, NO_LIMIT, T0)).toBeUndefined();
    });

    it('dead-letters no message if the dead-letter queue does not exist', async () => {
      const id = await s.queue();
      await s.send(id, 'one', T0);
      const [{ key }] = (await peekAll(id, T0)) as [PeekedMessage];
      const redrive = { targetId: NO_QUEUE, maxReceiveCount: 5, sourceArn: 'arn' };
      expect(await inspection().deadLetter(id, key, redrive, T0)).toBe(false);
      expect(await s.counts(id, T0)).toEqual([1, 0, 0]);
    });

    it.each(['in-flight', 'delayed'])('makes a message visible that is %s, at the back of the line', async (state) => {
      const id = await s.queue();
      await s.send(id, 'hidden', T0, { delayMs: state === 'delayed' ? SECOND : 0 });
      if (state === 'in-flight') await s.receiveOne(id, T0);
      await s.send(id, 'visible', T0);
      const [{ key }] = (await peekAll(id, T0, { state: state as 'delayed' })) as [PeekedMessage];
      const happened: Happening[] = [];
      s.store.onHappening((happenings) => happened.push(...happenings));
      s.announced.length = 0;
      expect(await inspection().makeVisible(id, key, T0 + 1)).toBe(true);
      expect(s.announced).toContainEqual([id, T0 + 1]);
      expect(happened).toMatchObject([{ kind: 'visibility-changed', key, visibleAt: T0 + 1 }]);
      expect(await s.counts(id, T0 + 1)).toEqual([2, 0, 0]);
      expect(await s.bodies(id, T0 + 1)).toEqual(['visible', 'hidden']);
    });

    it('leaves a visible message where it is, and shows no message that is not in the queue', async () => {
      const [id, other] = [await s.queue('one'), await s.queue('other')];
      await s.send(id, ['first', 'second'], T0);
      const [{ key }] = (await peekAll(id, T0)) as [PeekedMessage];
      expect(await inspection().makeVisible(id, key, T0)).toBe(true);
      expect(await inspection().makeVisible(other, key, T0)).toBe(false);
      expect(await inspection().makeVisible(NO_QUEUE, key, T0)).toBeUndefined();
      expect(await s.bodies(id, T0)).toEqual(['first', 'second']);
      expect(await inspection().makeVisible(id, key, T0 + HOUR)).toBe(false);
    });

    it('unlocks the group whose hidden message it shows, which is delivered again in its place', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 a2');
      const { receipt } = await s.receiveOne(id, T0);
      expect(await f.names(id, T0)).toBe('');
      expect(await inspection().makeVisible(id, receipt.key, T0)).toBe(true);
      expect(await s.store.delete(id, [receipt], T0)).toEqual(['lapsed']);
      expect(await f.names(id, T0)).toBe('a1 a2');
    });

    it('makes room for another message in flight by showing one', async () => {
      const id = await s.queue();
      await s.send(id, ['one', 'two'], T0);
      const { receipt } = await s.receiveOne(id, T0, { inFlightLimit: 1 });
      await s.store.nextVisibleAt(id, 1, T0);
      s.announced.length = 0;
      await inspection().makeVisible(id, receipt.key, T0);
      expect(s.announced).toContainEqual([id, T0]);
      expect(await s.bodies(id, T0, { inFlightLimit: 1 })).toEqual(['two']);
    });
  });
});
