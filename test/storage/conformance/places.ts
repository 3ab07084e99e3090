import { describe, expect, it } from 'vitest';
import { fifoSubjectOf } from '../fifo-subject.ts';
import { message, numbered, SECOND, type Subject, T0 } from '../subject.ts';

/**
 * Where a message is in line after it became visible, for each way of becoming visible. Unless a test says otherwise,
 * all of its verbs have the same instant, as with a frozen clock, so the order is that of the verbs.
 */
export function places(s: Subject): void {
  const f = fifoSubjectOf(s);
  const keep = { visibilityMs: 0 };
  const all = async (id: number, now = T0) => (await s.bodies(id, now)).join(' ');

  describe('in a standard queue', () => {
    it('a receive with a visibility timeout of 0 puts what it hands out at the back', async () => {
      const id = await s.queue();
      await s.send(id, ['a', 'b', 'c', 'd'], T0);
      const rounds = [];
      for (let round = 0; round < 5; round++) rounds.push((await s.bodies(id, T0, { max: 2, ...keep })).join(''));
      expect(rounds).toEqual(['ab', 'cd', 'ab', 'cd', 'ab']);
      await s.send(id, 'e', T0);
      expect(await all(id)).toBe('c d a b e');
    });

    it('a receive with a visibility timeout of 0 hands out every message once before it hands one out again', async () => {
      const id = await s.queue();
      await s.send(id, numbered(7), T0);
      const seen = [];
      for (let round = 0; round < 14; round++)
        seen.push(...(await s.bodies(id, T0 + (round >> 2), { max: 1, ...keep })));
      expect(seen).toEqual([...numbered(7), ...numbered(7)]);
    });

    it('a change of the visibility timeout to 0 puts the message at the back', async () => {
      const id = await s.queue();
      await s.send(id, ['a', 'b', 'c'], T0);
      const [a, b] = (await s.receive(id, T0, { max: 2 })).map(({ receipt }) => ({ receipt, visibilityMs: 0 }));
      await s.store.changeVisibility(id, [b!, a!], T0);
      expect(await all(id)).toBe('c b a');
    });

    it('messages whose delays and timeouts end at the same instant are in the order of sending', async () => {
      const id = await s.queue();
      const end = T0 + 10 * SECOND;
      await s.send(id, ['a', 'b'], T0);
      await s.send(id, 'delayed', T0, { delayMs: 10 * SECOND });
      await s.send(id, 'c', T0);
      const [a] = await s.receive(id, T0, { max: 1, visibilityMs: 10 * SECOND });
      await s.receive(id, T0, { visibilityMs: 5 * SECOND });
      await s.store.changeVisibility(id, [{ receipt: a!.receipt, visibilityMs: 9 * SECOND }], T0 + SECOND);
      expect(await all(id, end)).toBe('b c a delayed');
    });

    it('a message whose timeout ends is behind those that were visible, and before those sent from then on', async () => {
      const id = await s.queue();
      const end = T0 + 10 * SECOND;
      await s.send(id, ['a', 'b'], T0);
      await s.receive(id, T0, { max: 1, visibilityMs: 10 * SECOND });
      await s.send(id, 'c', end - 1);
      await s.send(id, 'd', end);
      await s.receive(id, end, { max: 1, ...keep });
      expect(await all(id, end)).toBe('c a d b');
    });

    it('a dead-lettered message is behind those that are in the dead-letter queue, whenever it was sent', async () => {
      const [source, target] = [await s.queue('source'), await s.queue('target')];
      await s.send(source, ['a', 'b'], T0);
      await s.send(target, 'first', T0);
      const redrive = { targetId: target, maxReceiveCount: 1, sourceArn: 'arn' };
      await s.receive(source, T0, { ...keep, redrive });
      await s.receive(source, T0, { redrive });
      await s.send(target, 'last', T0);
      expect(await all(target)).toBe('first a b last');
    });

    it('a message that a move task moved is behind those that are in the destination', async () => {
      const [source, target] = [await s.queue('source'), await s.queue('target')];
      await s.send(source, ['a', 'b'], T0);
      await s.send(target, 'first', T0);
      await s.receive(source, T0, { max: 1, ...keep });
      const task = { taskId: 'task', sourceId: source, destinationArn: 'arn' };
      await s.store.startMoveTask(task, { active: 1, kept: 1 }, T0);
      const portion = { messageIds: ['x', 'y'], destinations: new Map([['arn', target]]) };
      await s.store.moveMessages('task', portion, T0);
      expect(await all(target)).toBe('first b a');
    });

    it('messages with and without a group are in one line', async () => {
      const id = await s.queue();
      for (const [index, groupId] of ['x', undefined, 'y', 'x', undefined].entries()) {
        await s.store.send(id, [message(`${index}`, groupId === undefined ? {} : { groupId })], T0 + index);
      }
      const now = T0 + 10;
      expect((await s.bodies(id, now, { max: 2, ...keep })).join(' ')).toBe('0 1');
      expect((await s.bodies(id, now, { max: 1, ...keep })).join(' ')).toBe('2');
      expect(await all(id, now)).toBe('3 4 0 1 2');
    });
  });

  describe('in a FIFO queue', () => {
    it('a receive with a visibility timeout of 0 puts its groups behind those that it did not hand out', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 a2 b1 b2 c1');
      const rounds = [];
      for (let round = 0; round < 4; round++) rounds.push(await f.names(id, T0, { max: 1, ...keep }));
      expect(rounds).toEqual(['a1', 'b1', 'c1', 'a1']);
      await f.send(id, 'd1');
      expect(await f.names(id, T0)).toBe('b1 b2 c1 a1 a2 d1');
    });

    it('a receive with a visibility timeout of 0 that hands out part of a group puts all of it at the back', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 a2 a3 b1');
      expect(await f.names(id, T0, { max: 2, ...keep })).toBe('a1 a2');
      expect(await f.names(id, T0)).toBe('b1 a1 a2 a3');
    });

    it('a change of the visibility timeout of its first message to 0 puts a group at the back', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 a2 b1 c1');
      const a1 = await s.receiveOne(id, T0);
      await f.change(id, a1, 0, T0);
      expect(await f.names(id, T0)).toBe('b1 c1 a1 a2');
    });

    it('groups whose first messages become visible at the same instant are in the order of sending', async () => {
      const id = await f.queue();
      await f.send(id, 'a1 b1', T0);
      await f.send(id, 'c1', T0, { delayMs: 30 * SECOND });
      const [a1] = await s.receive(id, T0);
      await f.change(id, a1!, 30 * SECOND, T0);
      await f.send(id, 'd1', T0 + 30 * SECOND - 1);
      expect(await f.names(id, T0 + 30 * SECOND)).toBe('d1 a1 b1 c1');
    });

    it('a dead-lettered message is at the end of its group', async () => {
      const [source, target] = [await f.queue('source.fifo'), await f.queue('target.fifo')];
      await f.send(source, 'a1');
      await f.send(target, 'b1 a2');
      const redrive = { targetId: target, maxReceiveCount: 1, sourceArn: 'arn' };
      await s.receive(source, T0, { ...keep, redrive });
      await s.receive(source, T0, { redrive });
      expect(await f.names(target, T0)).toBe('b1 a2 a1');
    });
  });
}

/** Places in line are part of the data. */
export function keptPlaces(s: Subject, interrupt: () => Promise<void>): void {
  const keep = { visibilityMs: 0 };

  it('keeps the places in line of messages that were handed out and stayed visible', async () => {
    const f = fifoSubjectOf(s);
    const [standard, fifo] = [await s.queue(), await f.queue()];
    await s.send(standard, ['a', 'b', 'c'], T0);
    await f.send(fifo, 'a1 a2 b1 c1');
    await s.receive(standard, T0, { max: 1, ...keep });
    await s.receive(fifo, T0, { max: 1, ...keep });
    await interrupt();
    await s.send(standard, 'd', T0);
    expect(await s.bodies(standard, T0)).toEqual(['b', 'c', 'a', 'd']);
    expect(await f.names(fifo, T0)).toBe('b1 c1 a1 a2');
  });
}
