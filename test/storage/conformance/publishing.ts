import { expect, it } from 'vitest';
import type { Happening } from '../../../src/storage/happenings.ts';
import type { NewPublication, Published, QueueDelivery } from '../../../src/storage/topics.ts';
import { message, NO_QUEUE, SECOND, type Subject, T0, unstorable } from '../subject.ts';
import { publication, topicSubjectOf, WINDOW } from '../topic-subject.ts';

export function publishing(s: Subject): void {
  const { topic } = topicSubjectOf(s);

  async function publish(topicId: number, publications: readonly NewPublication[], now = T0): Promise<Published[]> {
    const published = await s.store.topics.publish(topicId, publications, now);
    if (!Array.isArray(published)) throw new Error(`The publication resolved to ${published}.`);
    return published;
  }

  it('a publication is a message in each of its queues, and announced there', async () => {
    const { id } = await topic();
    const [a, b, c] = [await s.queue('a'), await s.queue('b'), await s.queue('c')];
    const [one, two] = [publication('one', [a, b]), publication('two', [b])];
    const published = await publish(id, [one, two]);
    expect(published).toEqual([
      { messageId: one.messageId, sequence: expect.any(Number), duplicate: false },
      { messageId: two.messageId, sequence: expect.any(Number), duplicate: false },
    ]);
    expect(published[1]!.sequence).toBeGreaterThan(published[0]!.sequence);
    expect(s.announced.sort()).toEqual(
      [
        [a, T0],
        [b, T0],
        [b, T0],
      ].sort(),
    );
    expect(await s.bodies(a, T0)).toEqual(['one']);
    expect(await s.bodies(b, T0)).toEqual(['one', 'two']);
    expect(await s.counts(c, T0)).toEqual([0, 0, 0]);
  });

  it('messages have delays, groups and attributes, as if they had been sent', async () => {
    const { id } = await topic();
    const [queueId, fifo] = [await s.queue('q'), await s.queue('q.fifo', { fifo: true })];
    const attributes = new Map([['colour', { dataType: 'String', stringValue: 'red' }]]);
    const deliveries = (): QueueDelivery[] => [
      { queueId, message: message('later', { delayMs: SECOND, attributes }) },
      { queueId: fifo, message: message('grouped', { groupId: 'g' }) },
    ];
    await publish(id, [publication('', [], { deliveries })]);
    expect(await s.counts(queueId, T0)).toEqual([0, 0, 1]);
    expect(await s.receiveOne(queueId, T0 + SECOND)).toMatchObject({ body: 'later', attributes, sentAt: T0 });
    expect(await s.receiveOne(fifo, T0)).toMatchObject({ body: 'grouped', groupId: 'g' });
    expect(s.expiries.length).toBeGreaterThan(0);
  });

  it('a publication to no queue has a number, and the deliveries know it', async () => {
    const { id } = await topic();
    const seen: number[] = [];
    const deliveries = (sequence: number) => {
      seen.push(sequence);
      return [];
    };
    const published = await publish(id, [publication('', [], { deliveries }), publication('', [], { deliveries })]);
    expect(published.map(({ sequence }) => sequence)).toEqual(seen);
    const [later] = await publish(id, [publication('', [])]);
    expect(later!.sequence).toBeGreaterThan(Math.max(...seen));
  });

  it('within its window, a duplicate resolves to the original, and is not delivered', async () => {
    const { id } = await topic('news.fifo', { fifo: true });
    const queueId = await s.queue();
    const deduplication = { key: 'k', windowMs: WINDOW };
    const [original] = await publish(id, [publication('first', [queueId], { deduplication })]);
    const deliveries = () => {
      throw new Error('A duplicate has no deliveries.');
    };
    const second = publication('second', [], { deduplication, deliveries });
    expect(await publish(id, [second], T0 + WINDOW - 1)).toEqual([{ ...original, duplicate: true }]);
    const remembered = (key: string, now: number) => s.store.topics.rememberedPublication(id, key, now);
    const { messageId, sequence } = original!;
    expect(await remembered('k', T0 + WINDOW - 1)).toEqual({ messageId, sequence });
    expect(await remembered('k', T0 + WINDOW)).toBeUndefined();
    expect(await remembered('other', T0)).toBeUndefined();
    const [other] = await publish(id, [publication('other', [queueId], { deduplication: { key: 'l', windowMs: 1 } })]);
    expect(other!.duplicate).toBe(false);
    const [again] = await publish(id, [publication('again', [queueId], { deduplication })], T0 + WINDOW);
    expect(again).toMatchObject({ duplicate: false });
    expect(again!.sequence).toBeGreaterThan(original!.sequence);
    expect(await s.bodies(queueId, T0 + WINDOW)).toEqual(['first', 'other', 'again']);
    expect(await publish(id, [second], T0 + 2 * WINDOW - 1)).toEqual([{ ...again, duplicate: true }]);
  });

  it('duplicates are recognized within one verb, and each topic remembers its own', async () => {
    const [one, other] = [await topic('one.fifo', { fifo: true }), await topic('other.fifo', { fifo: true })];
    const queueId = await s.queue();
    const deduplication = { key: 'k', windowMs: WINDOW };
    const both = ['a', 'b'].map((body) => publication(body, [queueId], { deduplication }));
    const [first, second] = await publish(one.id, both);
    expect(second).toEqual({ ...first, duplicate: true });
    expect((await publish(other.id, [publication('c', [queueId], { deduplication })]))[0]!.duplicate).toBe(false);
    expect(await s.bodies(queueId, T0)).toEqual(['a', 'c']);
  });

  it('the memory of a deleted topic is not that of another with its name', async () => {
    const { id } = await topic('news.fifo', { fifo: true });
    const deduplication = { key: 'k', windowMs: WINDOW };
    await publish(id, [publication('', [], { deduplication })]);
    await s.store.topics.deleteTopic(id, T0);
    const again = await topic('news.fifo', { fifo: true });
    expect(await publish(again.id, [publication('', [], { deduplication })])).toMatchObject([{ duplicate: false }]);
  });

  it('publications whose windows have ended are forgotten in portions', async () => {
    const { id } = await topic('news.fifo', { fifo: true });
    for (const key of ['a', 'b', 'c']) {
      await publish(id, [publication('', [], { deduplication: { key, windowMs: WINDOW } })]);
    }
    const freed = async (now: number, limit: number) => (await s.store.expire(now, limit)).freed;
    expect(await freed(T0 + WINDOW - 1, 10)).toBe(0);
    expect([await freed(T0 + WINDOW, 2), await freed(T0 + WINDOW, 2), await freed(T0 + WINDOW, 2)]).toEqual([2, 1, 0]);
  });

  it('a queue recognizes duplicates by its own memory, which no longer depends on the topic', async () => {
    const { id } = await topic();
    const queueId = await s.queue('q.fifo', { fifo: true });
    const deduplication = { key: 'k', windowMs: WINDOW };
    const of = (body: string) =>
      publication('', [], { deliveries: () => [{ queueId, message: message(body, { groupId: 'g', deduplication }) }] });
    expect(await publish(id, [of('first'), of('second')])).toMatchObject([{ duplicate: false }, { duplicate: false }]);
    expect(await s.bodies(queueId, T0)).toEqual(['first']);
  });

  it('nothing happens if a queue is gone, or has other attributes than expected', async () => {
    const { id } = await topic();
    const attributes = new Map([['Policy', 'new']]);
    const queueId = await s.queue('q', { attributes });
    const deduplication = { key: 'k', windowMs: WINDOW };
    const deliver = (last: Omit<QueueDelivery, 'message'>) => () =>
      [{ queueId }, last].map((one) => ({ ...one, message: message('x') }));
    const fine = publication('fine', [queueId], { deduplication });
    for (const last of [{ queueId: NO_QUEUE }, { queueId, expected: new Map([['Policy', 'old']]) }]) {
      const stale = publication('', [], { deliveries: deliver(last) });
      expect(await s.store.topics.publish(id, [fine, stale], T0)).toBe('outdated');
    }
    expect(await s.counts(queueId, T0)).toEqual([0, 0, 0]);
    expect(s.announced).toEqual([]);
    const right = publication('', [], { deliveries: deliver({ queueId, expected: attributes }) });
    expect(await publish(id, [fine, right])).toMatchObject([{ duplicate: false }, { duplicate: false }]);
    expect(await s.counts(queueId, T0)).toEqual([3, 0, 0]);
  });

  it('nothing happens if a message cannot be stored, and others of the turn are not affected', async () => {
    const { id } = await topic();
    const queueId = await s.queue();
    const deduplication = { key: 'k', windowMs: WINDOW };
    const first = publication('first', [queueId], { deduplication });
    const wrong = publication('', [], { deliveries: () => [{ queueId, message: unstorable() }] });
    const failing = s.store.topics.publish(id, [first, wrong], T0);
    const other = s.store.topics.publish(id, [publication('other', [queueId])], T0);
    await expect(failing).rejects.toThrow();
    expect(await other).toMatchObject([{ duplicate: false }]);
    expect(await s.bodies(queueId, T0)).toEqual(['other']);
    expect(await publish(id, [first])).toMatchObject([{ messageId: first.messageId, duplicate: false }]);
  });

  it('the event of a message names its publication', async () => {
    const { id } = await topic();
    const queueId = await s.queue();
    const happened: Happening[] = [];
    s.store.onHappening((happenings) => happened.push(...happenings));
    const link = { topicArn: 'arn:of:topic', messageId: 'p' };
    const deliveries = () => [{ queueId, message: message('x', { publication: link }) }];
    await publish(id, [publication('', [], { deliveries })]);
    await s.send(queueId, 'plain', T0);
    expect(happened).toMatchObject([{ kind: 'sent', publication: link }, { kind: 'sent' }]);
    expect((happened[1] as { publication?: object }).publication).toBeUndefined();
    expect(await s.receiveOne(queueId, T0)).not.toHaveProperty('publication');
  });
}
