/** The contract of src/storage/inspection.ts: inspections change nothing, and work in portions. */

import { describe, expect, it } from 'vitest';
import type { PeekedMessage, PeekMark } from '../../src/storage/inspection.ts';
import { eachEngine } from './inspection-subject.ts';
import { HOUR, MINUTE, message, NO_QUEUE, numbered, request, SECOND, T0 } from './subject.ts';

eachEngine('inspecting the engine', ({ s, f, inspection, peekAll, states }) => {
  describe('a standard queue', () => {
    it('shows messages in every state, in the order in which they were sent', async () => {
      const id = await s.queue();
      await s.send(id, 'taken', T0);
      await s.receiveOne(id, T0);
      await s.send(id, 'late', T0, { delayMs: 10 * SECOND });
      await s.send(id, 'here', T0);
      expect(await states(id, T0)).toEqual(['taken in-flight', 'late delayed', 'here visible']);
      expect(await states(id, T0 + 10 * SECOND)).toEqual(['taken in-flight', 'late visible', 'here visible']);
      expect(await states(id, T0 + 30 * SECOND)).toEqual(['taken visible', 'late visible', 'here visible']);
      expect(await states(id, T0 + HOUR)).toEqual([]);
    });

    it('shows every member of a message', async () => {
      const id = await s.queue();
      const attributes = new Map([['a', { dataType: 'String', stringValue: 'b' }]]);
      await s.send(id, 'hello', T0, {
        messageId: 'm',
        attributes,
        groupId: 'g',
        senderId: 'me',
        traceHeader: 'Root=1',
      });
      const { receipt, ...content } = await s.receiveOne(id, T0 + SECOND);
      const [message] = await peekAll(id, T0 + SECOND);
      expect(message).toEqual({
        ...content,
        key: receipt.key,
        state: 'in-flight',
        visibleAt: T0 + 31 * SECOND,
        expiresAt: T0 + HOUR,
        receivesHere: 1,
      });
      expect(await inspection().look(id, receipt.key, T0 + SECOND)).toEqual(message);
    });

    it('shows only messages whose bodies contain a text, in portions, in any state or in one', async () => {
      const id = await s.queue();
      await s.send(id, ['needle 1', ...numbered(900)], T0);
      await s.receiveOne(id, T0);
      await s.send(id, ['a needle 2', 'Needle'], T0);
      expect(await states(id, T0, { bodyContains: 'needle' })).toEqual(['needle 1 in-flight', 'a needle 2 visible']);
      expect(await states(id, T0, { bodyContains: 'needle', state: 'visible' })).toEqual(['a needle 2 visible']);
      expect(await states(id, T0, { bodyContains: 'needle', limit: 1 })).toHaveLength(2);
      expect(await states(id, T0, { bodyContains: 'nothing' })).toEqual([]);
      const first = await inspection().peek(id, { bodyContains: 'needle 2', limit: 10 }, T0);
      expect(first).toMatchObject({ messages: [], next: { key: expect.any(Number) } });
    });

    it('is not changed by an inspection', async () => {
      const id = await s.queue();
      await s.send(id, ['one', 'two'], T0);
      await s.receive(id, T0, { max: 1 });
      for (let look = 0; look < 3; look++) await peekAll(id, T0 + SECOND);
      expect(await s.counts(id, T0 + SECOND)).toEqual([1, 1, 0]);
      const [two] = await s.receive(id, T0 + SECOND);
      expect(two).toMatchObject({ body: 'two', receiveCount: 1, firstReceivedAt: T0 + SECOND });
      expect(await s.bodies(id, T0 + 30 * SECOND)).toEqual(['one']);
    });

    it.each([1, 3, 10, 1000])(
      'comes in pages of up to %i messages, each message once, even if others are received meanwhile',
      async (limit) => {
        const id = await s.queue();
        await s.send(id, numbered(25), T0);
        const seen: string[] = [];
        for (let after: PeekMark | undefined, pages = 0; pages === 0 || after; pages++) {
          const page = await inspection().peek(id, { limit, after }, T0);
          expect(page!.messages.length).toBeLessThanOrEqual(limit);
          seen.push(...page!.messages.map(({ body }) => body));
          after = page!.next;
          await s.receive(id, T0, { max: 1 });
        }
        expect(seen).toEqual(numbered(25));
      },
    );

    it('shows the messages in one state, in the order in which they became or become visible', async () => {
      const id = await s.queue();
      await s.send(id, ['30', '60'], T0);
      await s.receive(id, T0, { max: 1 });
      await s.receive(id, T0, { max: 1, visibilityMs: 60 * SECOND });
      await s.send(id, 'late', T0, { delayMs: 40 * SECOND });
      await s.send(id, numbered(5), T0);
      for (const limit of [1, 2, 100]) {
        expect(await states(id, T0, { state: 'in-flight', limit })).toEqual(['30 in-flight', '60 in-flight']);
        expect(await states(id, T0, { state: 'delayed', limit })).toEqual(['late delayed']);
        expect(await states(id, T0, { state: 'visible', limit })).toEqual(numbered(5).map((body) => `${body} visible`));
        expect(await states(id, T0, { state: 'blocked', limit })).toEqual([]);
      }
    });

    it('continues with the messages that are still hidden, if time has passed between two pages', async () => {
      const id = await s.queue();
      for (const seconds of [1, 2, 3, 4]) {
        await s.send(id, `${seconds}`, T0, { delayMs: seconds * SECOND });
      }
      const first = await inspection().peek(id, { state: 'delayed', limit: 1 }, T0);
      expect(first!.messages.map(({ body }) => body)).toEqual(['1']);
      const rest = await inspection().peek(id, { state: 'delayed', limit: 9, after: first!.next }, T0 + 3 * SECOND);
      expect(rest!.messages.map(({ body }) => body)).toEqual(['4']);
    });

    it.each([
      ['bodies', 'x'.repeat(700_000), 'a'],
      ['attributes', 'm', 'x'.repeat(700_000)],
    ])('ends a page after a megabyte of %s', async (_what, body, stringValue) => {
      const id = await s.queue();
      const attributes = new Map([['long', { dataType: 'String', stringValue }]]);
      await s.send(id, [body, body, body], T0, { attributes });
      const page = await inspection().peek(id, { limit: 100 }, T0);
      expect(page!.messages).toHaveLength(2);
      expect(await peekAll(id, T0)).toHaveLength(3);
    });

    it('is read in portions, however deep it is and whichever state is wanted', async () => {
      const id = await s.queue();
      await s.send(id, numbered(2500), T0);
      await s.send(id, 'late', T0, { delayMs: SECOND });
      expect(await inspection().peek(id, { state: 'delayed', limit: 1 }, T0)).toMatchObject({
        messages: [{ body: 'late' }],
      });
      const { messages, next } = (await inspection().peek(id, { state: 'blocked', limit: 1 }, T0))!;
      expect([messages.length, next]).toEqual([0, expect.anything()]);
      expect(await states(id, T0, { state: 'blocked' })).toEqual([]);
      expect(await peekAll(id, T0, { state: 'visible', limit: 999 })).toHaveLength(2500);
    });
  });

  describe('a FIFO queue', () => {
    it('shows which message of its group blocks a visible one', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 a2 b1 a3 b2');
      const [a1] = await s.receive(id, T0, { max: 1 });
      const found = await peekAll(id, T0);
      expect(found.map(({ body, state, blockedBy }) => [body, state, blockedBy?.messageId])).toEqual([
        ['a1', 'in-flight', undefined],
        ['a2', 'blocked', a1!.messageId],
        ['b1', 'visible', undefined],
        ['a3', 'blocked', a1!.messageId],
        ['b2', 'visible', undefined],
      ]);
      expect(found[1]!.blockedBy).toMatchObject({ key: a1!.receipt.key, visibleAt: T0 + 30 * SECOND });
      expect(await inspection().look(id, found[3]!.key, T0)).toEqual(found[3]);
      expect(await states(id, T0, { state: 'blocked', limit: 1 })).toEqual(['a2 blocked', 'a3 blocked']);
      expect(await states(id, T0, { state: 'visible' })).toEqual(['b1 visible', 'b2 visible']);
    });

    it('has blocked messages after a hidden one in the middle of a group, but not before it', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 a2 a3 a4');
      const [a1, a2] = await s.receive(id, T0, { max: 3 });
      await f.change(id, a1!, 0, T0);
      const found = await peekAll(id, T0);
      expect(found.map(({ state }) => state)).toEqual(['visible', 'in-flight', 'in-flight', 'blocked']);
      expect(found[3]!.blockedBy).toMatchObject({ key: a2!.receipt.key });
    });

    it('has blocked messages even if the hidden one comes after a thousand of its group', async () => {
      const id = await f.queue();
      await f.send(id, 'b1');
      await f.send(
        id,
        numbered(1200)
          .map((body) => body.replace(' ', ''))
          .join(' '),
        T0,
        { groupId: 'a' },
      );
      const [b1, ...taken] = await s.receive(id, T0, { max: 1102 });
      for (const message of taken.slice(0, -1)) await f.change(id, message, 0, T0);
      const hidden = taken.at(-1)!;
      const found = await peekAll(id, T0);
      expect(found.find(({ key }) => key === b1!.receipt.key)?.state).toBe('in-flight');
      const blocked = found.filter(({ state }) => state === 'blocked');
      expect(blocked).toHaveLength(1200 - taken.length);
      for (const { blockedBy } of blocked) expect(blockedBy?.messageId).toBe(hidden.messageId);
    });

    it('has blocked messages even if thousands of other groups are hidden', async () => {
      const id = await f.queue();
      const delayed = Array.from({ length: 2100 }, (_, index) =>
        message('late', { groupId: `${index}`, delayMs: MINUTE }),
      );
      await s.store.send(id, delayed, T0);
      await f.send(id, 'a1 a2 a3 a4 b1');
      const [a1, a2, a3] = await s.receive(id, T0, { max: 3 });
      for (const changed of [a1!, a3!]) await f.change(id, changed, 0, T0);
      const found = (await peekAll(id, T0)).filter(({ body }) => body !== 'late');
      expect(found.map(({ state }) => state)).toEqual(['visible', 'in-flight', 'blocked', 'blocked', 'visible']);
      for (const { blockedBy } of found.slice(2, 4)) expect(blockedBy?.key).toBe(a2!.receipt.key);
      expect(await inspection().look(id, found[3]!.key, T0)).toEqual(found[3]);
    });

    it('shows as visible the messages that a receive hands out', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 b1 a2 b2 c1');
      await s.receive(id, T0, { max: 1 });
      const { delivery } = (await inspection().preview(id, request(), T0))!;
      const front = (delivery as PeekedMessage[]).map(({ body }) => body);
      const visible = (await states(id, T0, { state: 'visible' })).map((text) => text.split(' ')[0]);
      expect(front).toEqual(visible);
      expect(await f.names(id, T0)).toBe(front.join(' '));
    });

    it('shows a remembered send until its window ends', async () => {
      const id = await f.queue();
      const deduplication = { key: 'k', windowMs: 300_000 };
      const [sent] = await f.send(id, 'a1', T0, { deduplication });
      expect(await inspection().remembered(id, 'k', T0 + 299_999)).toEqual({ ...sent, until: T0 + 300_000 });
      expect(await inspection().remembered(id, 'k', T0 + 300_000)).toBeUndefined();
      expect(await inspection().remembered(id, 'other', T0)).toBeUndefined();
    });
  });

  it('resolves to undefined for a queue that does not exist', async () => {
    const redrive = { targetId: NO_QUEUE, maxReceiveCount: 5, sourceArn: 'arn' };
    const all = await Promise.all([
      inspection().peek(NO_QUEUE, { limit: 1 }, T0),
      inspection().look(NO_QUEUE, 1, T0),
      inspection().preview(NO_QUEUE, request(), T0),
      inspection().search({ messageId: 'm', queueId: NO_QUEUE }, T0),
      inspection().remembered(NO_QUEUE, 'k', T0),
      inspection().remove(NO_QUEUE, 1, T0),
      inspection().deadLetter(NO_QUEUE, 1, redrive, T0),
    ]);
    expect(all).toEqual(Array.from({ length: 7 }));
  });
});
