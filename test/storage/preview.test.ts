/**
 * The contract of `Inspection.preview`: it reports what a receive would do, and changes nothing. The random walks use
 * it too.
 */

import { expect, it } from 'vitest';
import type { Happening } from '../../src/storage/happenings.ts';
import type { ReceivePreview } from '../../src/storage/inspection.ts';
import type { ReceiveRequest } from '../../src/storage/store.ts';
import { eachEngine } from './inspection-subject.ts';
import { numbered, request, SECOND, T0, unstorable } from './subject.ts';

const bodiesOf = ({ delivery, deadLettered }: ReceivePreview) => ({
  delivery: typeof delivery === 'string' ? delivery : delivery.map(({ body }) => body),
  deadLettered: deadLettered.map(({ body }) => body),
});

eachEngine('a preview of a receive from the engine', ({ s, f, inspection, peekAll }) => {
  const preview = async (id: number, now: number, more: Partial<ReceiveRequest> = {}) =>
    (await inspection().preview(id, request(more), now))!;
  const redriveTo = (targetId: number, maxReceiveCount = 1) => ({
    redrive: { targetId, maxReceiveCount, sourceArn: 'arn' },
  });

  it('has the messages as they are, and the next instant at which one becomes visible', async () => {
    const id = await s.queue();
    await s.send(id, ['a', 'b', 'c'], T0);
    await s.receive(id, T0, { max: 1, visibilityMs: SECOND });
    const { delivery, deadLettered, nextVisibleAt } = await preview(id, T0, { max: 1 });
    expect(delivery).toMatchObject([{ body: 'b', state: 'visible', receiveCount: 0, visibleAt: T0 }]);
    expect([deadLettered, nextVisibleAt]).toEqual([[], T0]);
    expect(await preview(id, T0)).toMatchObject({ delivery: { length: 2 }, nextVisibleAt: T0 + SECOND });
    expect(bodiesOf(await preview(id, T0 + SECOND)).delivery).toEqual(['b', 'c', 'a']);
  });

  it('changes nothing, and causes neither events nor announcements', async () => {
    const [id, dlq] = [await s.queue(), await s.queue('dlq')];
    await s.send(id, ['a', 'b', 'c'], T0);
    await s.receive(id, T0, { max: 1, visibilityMs: 0 });
    const before = await peekAll(id, T0);
    const events: Happening[] = [];
    s.store.onHappening((happenings) => events.push(...happenings));
    s.announced.length = 0;
    expect(bodiesOf(await preview(id, T0, redriveTo(dlq)))).toEqual({ delivery: ['b', 'c'], deadLettered: ['a'] });
    expect(await peekAll(id, T0)).toEqual(before);
    expect([await s.counts(id, T0), await s.counts(dlq, T0)]).toEqual([
      [3, 0, 0],
      [0, 0, 0],
    ]);
    expect([events, s.announced]).toEqual([[], []]);
    await s.send(id, 'd', T0);
    expect(events).toMatchObject([{ kind: 'sent' }]);
  });

  it('sees what the verbs before it in the same turn do, and leaves it as it is', async () => {
    const id = await s.queue();
    const [, , previewed] = await s.inTurn(
      () => expect(s.store.send(id, [unstorable()], T0)).rejects.toThrow(),
      () => s.send(id, 'a', T0),
      () => preview(id, T0),
      () => s.send(id, 'b', T0),
    );
    expect(bodiesOf(previewed).delivery).toEqual(['a']);
    expect(await s.bodies(id, T0)).toEqual(['a', 'b']);
  });

  it('ends at the in-flight limit', async () => {
    const id = await s.queue();
    await s.send(id, ['a', 'b', 'c'], T0);
    await s.receive(id, T0, { max: 1 });
    expect(bodiesOf(await preview(id, T0, { inFlightLimit: 2 })).delivery).toEqual(['b']);
    expect(await preview(id, T0, { inFlightLimit: 1 })).toEqual({
      delivery: 'over-limit',
      deadLettered: [],
      nextVisibleAt: T0 + 30 * SECOND,
    });
  });

  it('goes round a queue that is its own dead-letter queue, once', async () => {
    for (const id of [await s.queue(), await f.queue()]) {
      await s.send(id, ['a', 'b'], T0, { groupId: 'g' });
      await s.receive(id, T0, { visibilityMs: 0 });
      const foreseen = bodiesOf(await preview(id, T0, redriveTo(id)));
      expect(foreseen).toEqual({ delivery: ['a', 'b'], deadLettered: ['a', 'b'] });
      expect(await s.bodies(id, T0, redriveTo(id))).toEqual(foreseen.delivery);
    }
  });

  it('is right about the group whose turn it is after a message was dead-lettered', async () => {
    const [id, dlq] = [await f.queue(), await f.queue('dlq.fifo')];
    await f.send(id, 'a1', T0);
    await f.send(id, 'a2', T0);
    await s.receiveOne(id, T0, { visibilityMs: 5 * SECOND });
    await f.send(id, 'b1', T0 + SECOND);
    const now = T0 + 5 * SECOND;
    // The group b is ready first. With room for more, a receive moves a1, which puts a2, visible since T0, first.
    expect(bodiesOf(await preview(id, now, { max: 1, ...redriveTo(dlq) }))).toEqual({
      delivery: ['b1'],
      deadLettered: [],
    });
    const foreseen = bodiesOf(await preview(id, now, redriveTo(dlq)));
    expect(foreseen).toEqual({ delivery: ['a2', 'b1'], deadLettered: ['a1'] });
    expect(await s.bodies(id, now, redriveTo(dlq))).toEqual(foreseen.delivery);
  });

  it('says that it is unfinished after thousands of messages that would be dead-lettered', async () => {
    const [id, dlq] = [await s.queue(), await s.queue('dlq')];
    await s.send(id, numbered(1500), T0);
    await s.receive(id, T0, { max: 1500, visibilityMs: 0 });
    await s.send(id, 'good', T0);
    const { delivery, deadLettered } = await preview(id, T0, { max: 1, ...redriveTo(dlq) });
    expect(delivery).toBe('unfinished');
    expect(deadLettered.length).toBeGreaterThanOrEqual(1000);
    expect(await s.counts(dlq, T0)).toEqual([0, 0, 0]);
  });
});
