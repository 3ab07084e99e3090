import { expect, it } from 'vitest';
import type { Receipt } from '../../../src/storage/store.ts';
import { numbered, SECOND, type Subject, T0 } from '../subject.ts';

export function receipts(s: Subject): void {
  /** Creates a queue with one message, which is received at T0 and hidden for 30 seconds. */
  const received = async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    return { id, receipt: (await s.receiveOne(id, T0)).receipt };
  };
  const delayOf = (receipt: Receipt, visibilityMs: number) => [{ receipt, visibilityMs }];

  it('a deleted message never comes back, and a second deletion finds it gone', async () => {
    const { id, receipt } = await received();
    expect(await s.store.delete(id, [receipt], T0)).toEqual(['deleted']);
    expect(await s.store.delete(id, [receipt], T0)).toEqual(['gone']);
    expect(await s.counts(id, T0 + 60 * SECOND)).toEqual([0, 0, 0]);
    expect(await s.bodies(id, T0 + 60 * SECOND)).toEqual([]);
  });

  it('a message can be deleted after its visibility timeout, as long as it has not been received again', async () => {
    const { id, receipt } = await received();
    expect(await s.store.delete(id, [receipt], T0 + 60 * SECOND)).toEqual(['deleted']);
    expect(await s.counts(id, T0 + 60 * SECOND)).toEqual([0, 0, 0]);
  });

  it('a receipt is stale once the message has been received again, and then deletes nothing', async () => {
    const { id, receipt } = await received();
    const later = T0 + 60 * SECOND;
    const second = await s.receiveOne(id, later);
    expect(await s.store.delete(id, [receipt], later)).toEqual(['stale']);
    expect(await s.counts(id, later)).toEqual([0, 1, 0]);
    expect(await s.store.delete(id, [second.receipt], later)).toEqual(['deleted']);
    expect(await s.store.delete(id, [receipt], later)).toEqual(['gone']);
  });

  it('a receipt from before the latest receive can still change the visibility timeout', async () => {
    const { id, receipt } = await received();
    const later = T0 + 60 * SECOND;
    const second = await s.receiveOne(id, later);
    expect(await s.store.changeVisibility(id, delayOf(receipt, 90 * SECOND), later)).toEqual(['changed']);
    expect(await s.counts(id, later + 90 * SECOND - 1)).toEqual([0, 1, 0]);
    expect(await s.store.changeVisibility(id, delayOf(receipt, 0), later + SECOND)).toEqual(['changed']);
    expect(await s.counts(id, later + SECOND)).toEqual([1, 0, 0]);
    expect(await s.store.delete(id, [second.receipt], later + SECOND)).toEqual(['deleted']);
  });

  it('a receipt finds its message gone in another queue', async () => {
    const { id, receipt } = await received();
    const other = await s.queue('other');
    expect(await s.store.delete(other, [receipt], T0)).toEqual(['gone']);
    expect(await s.store.changeVisibility(other, delayOf(receipt, 0), T0)).toEqual(['gone']);
    expect(await s.counts(id, T0)).toEqual([0, 1, 0]);
  });

  it('a receipt that was never issued deletes and changes nothing', async () => {
    const { id, receipt } = await received();
    const unknown = { ...receipt, key: receipt.key + 1000 };
    const future = { ...receipt, receive: 2 };
    expect(await s.store.delete(id, [unknown, future], T0)).toEqual(['gone', 'stale']);
    expect(await s.store.changeVisibility(id, delayOf(future, 0), T0)).toEqual(['stale']);
    expect(await s.counts(id, T0)).toEqual([0, 1, 0]);
  });

  it.each([
    ['standard', { fifo: false }, {}],
    ['FIFO', { fifo: true }, { groupId: 'g' }],
    ['fair', { fifo: false }, { groupId: 'tenant' }],
  ] as const)(
    'a receipt from before a message was sent is of another message (%s queue)',
    async (_, settings, more) => {
      const id = await s.queue('orders', settings);
      await s.send(id, 'hello', T0, more);
      const { receipt } = await s.receiveOne(id, T0);
      expect(receipt).toMatchObject({ receivedAt: T0 });
      // A backup that was restored, or a database that lost its last commits, gives keys again.
      const earlier = { ...receipt, receivedAt: T0 - 1 };
      expect(await s.store.delete(id, [earlier], T0)).toEqual(['gone']);
      expect(await s.store.changeVisibility(id, delayOf(earlier, 0), T0)).toEqual(['gone']);
      expect(await s.counts(id, T0)).toEqual([0, 1, 0]);
      expect(await s.store.delete(id, [receipt], T0)).toEqual(['deleted']);
    },
  );

  it('a message can be deleted that was received while the clock was before the send', async () => {
    const { id, receipt } = await received();
    expect(await s.store.changeVisibility(id, delayOf(receipt, 0), T0 - SECOND)).toEqual(['changed']);
    const second = await s.receiveOne(id, T0 - SECOND);
    expect(await s.store.delete(id, [second.receipt], T0 - SECOND)).toEqual(['deleted']);
  });

  it('outcomes are in the order of the receipts, and a refused receipt does not affect the others', async () => {
    const id = await s.queue();
    await s.send(id, numbered(3), T0);
    const [first, second, third] = await s.receive(id, T0, { visibilityMs: SECOND });
    await s.receiveOne(id, T0 + SECOND);
    const asked = [second!.receipt, first!.receipt, second!.receipt, third!.receipt];
    const changes = asked.map((receipt) => ({ receipt, visibilityMs: 5 * SECOND }));
    expect(await s.store.changeVisibility(id, changes, T0 + SECOND)).toEqual(Array(4).fill('changed'));
    expect(await s.store.delete(id, asked, T0 + SECOND)).toEqual(['deleted', 'stale', 'gone', 'deleted']);
    expect(await s.counts(id, T0 + SECOND)).toEqual([0, 1, 0]);
    expect(await s.store.delete(id, [], T0)).toEqual([]);
    expect(await s.store.changeVisibility(id, [], T0)).toEqual([]);
  });

  it('a receipt that is passed twice deletes once', async () => {
    const id = await s.queue();
    await s.send(id, numbered(2), T0);
    const [first, second] = await s.receive(id, T0);
    const receipts = [first!, second!, first!].map(({ receipt }) => receipt);
    expect(await s.store.delete(id, receipts, T0)).toEqual(['deleted', 'deleted', 'gone']);
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
  });

  it.each([false, true])('a message that is shown twice has the place of the last time (FIFO: %s)', async (fifo) => {
    const id = await s.queue('twice', { fifo });
    for (const body of numbered(2)) await s.send(id, body, T0, { groupId: body });
    const [first, second] = await s.receive(id, T0);
    const changes = [
      { receipt: first!.receipt, visibilityMs: SECOND },
      { receipt: second!.receipt, visibilityMs: 0 },
      { receipt: first!.receipt, visibilityMs: 0 },
    ];
    expect(await s.store.changeVisibility(id, changes, T0)).toEqual(Array(3).fill('changed'));
    expect(await s.bodies(id, T0)).toEqual(['body 1', 'body 0']);
  });

  it('a delete removes only the messages of its receipts, in any order, and none between them', async () => {
    const [id, other] = [await s.queue(), await s.queue('other')];
    for (const body of numbered(6)) {
      await s.send(id, body, T0);
      await s.send(other, body, T0);
    }
    const messages = await s.receive(id, T0);
    const receipts = [4, 0, 1, 3].map((place) => messages[place]!.receipt);
    expect(await s.store.delete(id, receipts, T0)).toEqual(Array(4).fill('deleted'));
    const back = T0 + 30 * SECOND;
    expect(await s.bodies(id, back)).toEqual(['body 2', 'body 5']);
    expect(await s.bodies(other, back)).toEqual(numbered(6));
  });

  it('a new visibility timeout starts now, whether it is longer or shorter', async () => {
    const { id, receipt } = await received();
    expect(await s.store.changeVisibility(id, delayOf(receipt, 40 * SECOND), T0 + 20 * SECOND)).toEqual(['changed']);
    expect(await s.bodies(id, T0 + 60 * SECOND - 1)).toEqual([]);
    expect(await s.store.changeVisibility(id, delayOf(receipt, SECOND), T0 + 30 * SECOND)).toEqual(['changed']);
    expect(await s.counts(id, T0 + 30 * SECOND)).toEqual([0, 1, 0]);
    expect(await s.bodies(id, T0 + 31 * SECOND)).toEqual(['hello']);
  });

  it('a visibility timeout of 0 makes a message visible at once, at the end of the line', async () => {
    const id = await s.queue();
    await s.send(id, 'first', T0);
    await s.send(id, 'second', T0 + 1);
    const first = await s.receiveOne(id, T0 + 1);
    expect(await s.store.changeVisibility(id, delayOf(first.receipt, 0), T0 + 2)).toEqual(['changed']);
    expect(await s.counts(id, T0 + 2)).toEqual([2, 0, 0]);
    const both = await s.receive(id, T0 + 2);
    expect(both.map(({ body, receiveCount }) => [body, receiveCount])).toEqual([
      ['second', 1],
      ['first', 2],
    ]);
  });

  it('a message whose timeout has ended can be hidden again by its latest receipt, and then is in flight', async () => {
    const { id, receipt } = await received();
    const later = T0 + 40 * SECOND;
    expect(await s.counts(id, later)).toEqual([1, 0, 0]);
    expect(await s.store.changeVisibility(id, delayOf(receipt, 10 * SECOND), later)).toEqual(['changed']);
    expect(await s.counts(id, later)).toEqual([0, 1, 0]);
    expect(await s.bodies(id, later + 10 * SECOND - 1)).toEqual([]);
    expect(await s.bodies(id, later + 10 * SECOND)).toEqual(['hello']);
  });

  it('the visibility timeout of a deleted or purged message cannot be changed', async () => {
    const { id, receipt } = await received();
    await s.send(id, 'purged', T0);
    const purged = await s.receiveOne(id, T0);
    await s.store.delete(id, [receipt], T0);
    expect(await s.store.changeVisibility(id, delayOf(receipt, 0), T0)).toEqual(['gone']);
    await s.store.purge(id);
    expect(await s.store.changeVisibility(id, delayOf(purged.receipt, 0), T0)).toEqual(['gone']);
    expect(await s.store.delete(id, [purged.receipt], T0)).toEqual(['gone']);
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
  });
}
