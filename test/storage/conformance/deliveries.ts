import { beforeEach, describe, expect, it } from 'vitest';
import type { MessageAttribute } from '../../../src/storage/store.ts';
import { message, numbered, request, SECOND, type Subject, T0 } from '../subject.ts';

export function deliveries(s: Subject): void {
  describe('a receive that chooses', () => {
    const asked: number[][] = [];
    const choice = (among: number, ...places: number[]) => ({
      among,
      choose(...numbers: [number, number]) {
        asked.push(numbers);
        return places;
      },
    });
    beforeEach(() => asked.splice(0));

    it('takes the places in line that it chooses, if they exist, and not more than it may', async () => {
      const id = await s.queue();
      await s.send(id, numbered(5), T0);
      const many = choice(10, 3, 9, 0, 1, 2, 4);
      expect(await s.bodies(id, T0, { max: 3, choice: many })).toEqual(['body 3', 'body 0', 'body 1']);
      expect(await s.counts(id, T0)).toEqual([2, 3, 0]);
      expect(await s.bodies(id, T0, { choice: choice(10, 7) })).toEqual([]);
      expect(await s.bodies(id, T0, { inFlightLimit: 4, choice: choice(10, 1, 0) })).toEqual(['body 4']);
      expect(asked).toEqual([
        [5, 3],
        [2, 2],
        [2, 1],
      ]);
    });

    it('chooses from the messages that are left once others are dead-lettered', async () => {
      const [id, dlq] = [await s.queue(), await s.queue('dlq')];
      await s.send(id, numbered(3), T0);
      await s.receive(id, T0, { max: 1, visibilityMs: 0 });
      const redrive = { targetId: dlq, maxReceiveCount: 1, sourceArn: 'arn' };
      expect(await s.bodies(id, T0, { redrive, choice: choice(50, 1) })).toEqual(['body 2']);
      expect(asked).toEqual([[2, 2]]);
    });

    it('chooses from no more messages than it asks for', async () => {
      const id = await s.queue();
      await s.send(id, numbered(9), T0);
      expect(await s.bodies(id, T0, { max: 2, choice: choice(5, 4, 3, 2) })).toEqual(['body 4', 'body 3']);
      expect(asked).toEqual([[5, 2]]);
    });

    it('chooses among visible, unblocked messages of a FIFO queue', async () => {
      const id = await s.queue('orders.fifo', { fifo: true });
      await s.send(id, ['a1', 'a2', 'a3'], T0, { groupId: 'a' });
      await s.receive(id, T0, { max: 1 });
      await s.send(id, ['b1', 'b2', 'b3'], T0, { groupId: 'b' });
      expect(await s.bodies(id, T0, { max: 10, choice: choice(10, 0, 1) })).toEqual(['b1', 'b2']);
      expect(asked).toEqual([[3, 3]]);
    });

    it('is not called if there is nothing to choose from', async () => {
      const id = await s.queue();
      expect(await s.bodies(id, T0, { choice: choice(10, 0) })).toEqual([]);
      await s.send(id, numbered(2), T0);
      await s.receive(id, T0, { max: 1 });
      expect(await s.store.receive(id, request({ inFlightLimit: 1, choice: choice(10, 0) }), T0)).toBe('over-limit');
      expect(asked).toEqual([]);
    });
  });

  it('a message is received as it was sent, with a receipt', async () => {
    const id = await s.queue();
    const attributes = new Map<string, MessageAttribute>([
      ['text', { dataType: 'String', stringValue: 'ä\n' }],
      ['count', { dataType: 'Number.int', stringValue: '12' }],
      ['bytes', { dataType: 'Binary.png', binaryValue: 'AAEC/w==' }],
    ]);
    const { delayMs, ...content } = message('hello', {
      attributes,
      traceHeader: 'Root=1',
      groupId: 'group',
      senderId: 'me',
    });
    await s.store.send(id, [{ ...content, delayMs }], T0);
    const received = await s.receiveOne(id, T0 + SECOND);
    const { receipt } = received;
    expect(received).toEqual({
      ...content,
      receipt,
      sentAt: T0,
      firstReceivedAt: T0 + SECOND,
      receiveCount: 1,
    });
    expect(receipt).toMatchObject({ receive: 1, receivedAt: T0 + SECOND });
  });

  it('optional members that a message was sent without are undefined when it is received', async () => {
    const id = await s.queue();
    await s.send(id, 'plain', T0);
    const received = await s.receiveOne(id, T0);
    const { attributes, traceHeader, groupId, deadLetterSource } = received!;
    expect([attributes, traceHeader, groupId, deadLetterSource]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each([
    ['nothing', ''],
    ['emoji and combining characters', '🐿️ 👩‍👩‍👧 é ￿'],
    ['tab, line ends and all other control characters except NUL', '\t\n\r\u0001\u001f\u007f\u0085\u2028\ufeff'],
    ['quotes and escapes of every language', `'";--\\x00 \${a} %s ?`],
    ['1 MiB', `${'0123456789abcdef'.repeat(65_535)}ends in an ü`],
  ])('a body of %s is received unchanged', async (_, body) => {
    const id = await s.queue();
    await s.send(id, body, T0);
    expect((await s.receiveOne(id, T0)).body === body).toBe(true);
  });

  it('message attributes may have any name, and keep their order', async () => {
    const id = await s.queue();
    const names = ['z', '__proto__', 'constructor', 'toString', 'a', '1'];
    const attributes = new Map(names.map((name) => [name, { dataType: 'String', stringValue: `of ${name}` }]));
    await s.send(id, 'hello', T0, { attributes });
    expect([...(await s.receiveOne(id, T0)).attributes!]).toEqual([...attributes]);
  });

  it('messages of one send are received in its order', async () => {
    const id = await s.queue();
    await s.send(id, numbered(10), T0);
    expect(await s.bodies(id, T0)).toEqual(numbered(10));
  });

  it('a send of no messages has no effect', async () => {
    const id = await s.queue();
    await s.send(id, [], T0);
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
  });

  it('two messages with the same ID and content are two messages', async () => {
    const id = await s.queue();
    const twice = message('twice');
    await s.store.send(id, [twice, twice], T0);
    const received = await s.receive(id, T0);
    expect(received.map(({ messageId }) => messageId)).toEqual([twice.messageId, twice.messageId]);
    expect(received[0]!.receipt.key).not.toBe(received[1]!.receipt.key);
  });

  it('a receive hands out up to `max` messages, and the next receive the rest', async () => {
    const id = await s.queue();
    await s.send(id, numbered(5), T0);
    expect(await s.bodies(id, T0, { max: 3 })).toEqual(numbered(5).slice(0, 3));
    expect(await s.bodies(id, T0, { max: 3 })).toEqual(numbered(5).slice(3));
    expect(await s.bodies(id, T0, { max: 3 })).toEqual([]);
  });

  it('two receives in one turn get different messages', async () => {
    const id = await s.queue();
    await s.send(id, numbered(4), T0);
    const [one, other] = await Promise.all([s.bodies(id, T0, { max: 2 }), s.bodies(id, T0)]);
    expect([...one!, ...other!].sort()).toEqual(numbered(4));
  });

  it('the message that has been visible longest is handed out first, whenever it was sent', async () => {
    const id = await s.queue();
    await s.send(id, 'delayed', T0, { delayMs: 3 * SECOND });
    await s.send(id, 'received', T0);
    await s.receiveOne(id, T0, { visibilityMs: 2 * SECOND });
    await s.send(id, 'sent later', T0 + SECOND);
    expect(await s.bodies(id, T0 + 3 * SECOND)).toEqual(['sent later', 'received', 'delayed']);
  });

  it('a delayed message is handed out from the instant at which its delay ends', async () => {
    const id = await s.queue();
    await s.send(id, 'later', T0, { delayMs: 5 * SECOND });
    expect(await s.bodies(id, T0 + 5 * SECOND - 1)).toEqual([]);
    expect(await s.bodies(id, T0 + 5 * SECOND)).toEqual(['later']);
  });

  it('a received message is handed out again from the instant at which its visibility timeout ends', async () => {
    const id = await s.queue();
    await s.send(id, 'again', T0);
    const first = await s.receiveOne(id, T0 + 1, { visibilityMs: 5 * SECOND });
    expect(await s.bodies(id, T0 + 5 * SECOND)).toEqual([]);
    const second = await s.receiveOne(id, T0 + 1 + 5 * SECOND);
    expect(second).toEqual({
      ...first,
      receiveCount: 2,
      receipt: { key: first.receipt.key, receive: 2, receivedAt: T0 + 1 + 5 * SECOND },
    });
  });

  it('a visibility timeout of 0 leaves a message visible, and each receive counts', async () => {
    const id = await s.queue();
    await s.send(id, 'first', T0);
    await s.send(id, 'second', T0 + 1);
    expect((await s.receiveOne(id, T0 + 2, { visibilityMs: 0 })).body).toBe('first');
    expect(await s.counts(id, T0 + 2)).toEqual([2, 0, 0]);
    expect((await s.receiveOne(id, T0 + 2, { visibilityMs: 0 })).body).toBe('second');
    const again = await s.receiveOne(id, T0 + 3, { visibilityMs: 0 });
    expect(again).toMatchObject({ body: 'first', receiveCount: 2, firstReceivedAt: T0 + 2, receipt: { receive: 2 } });
    expect(await s.store.delete(id, [again.receipt], T0 + 3)).toEqual(['deleted']);
    expect(await s.counts(id, T0 + 3)).toEqual([1, 0, 0]);
  });

  it('a receive hides the messages that it hands out, and none between them', async () => {
    const [id, other] = [await s.queue(), await s.queue('other')];
    for (const body of numbered(3)) {
      await s.send(id, body, T0);
      await s.send(other, body, T0);
      await s.send(id, `${body}, later`, T0, { delayMs: SECOND });
    }
    expect(await s.bodies(id, T0)).toEqual(numbered(3));
    expect(await s.bodies(other, T0)).toEqual(numbered(3));
    expect(await s.counts(id, T0)).toEqual([0, 3, 3]);
    expect(await s.bodies(id, T0 + SECOND)).toEqual(numbered(3).map((body) => `${body}, later`));
  });

  it('no more messages are in flight than the limit, and a receive beyond it returns over-limit', async () => {
    const id = await s.queue();
    await s.send(id, numbered(6), T0);
    expect(await s.bodies(id, T0, { max: 3, inFlightLimit: 5 })).toHaveLength(3);
    const rest = await s.receive(id, T0 + 1, { inFlightLimit: 5 });
    expect(rest).toHaveLength(2);
    expect(await s.store.receive(id, request({ inFlightLimit: 5 }), T0 + 1)).toBe('over-limit');
    expect(await s.counts(id, T0 + 1)).toEqual([1, 5, 0]);
    await s.store.delete(id, [rest[0]!.receipt], T0 + 1);
    expect(await s.bodies(id, T0 + 1, { inFlightLimit: 5 })).toEqual(['body 5']);
  });

  it('messages whose timeout has ended, and delayed ones, do not count toward the in-flight limit', async () => {
    const id = await s.queue();
    await s.send(id, 'delayed', T0, { delayMs: HIDDEN });
    await s.send(id, 'now', T0);
    expect(await s.bodies(id, T0, { inFlightLimit: 1, visibilityMs: SECOND })).toEqual(['now']);
    expect(await s.store.receive(id, request({ inFlightLimit: 1 }), T0 + SECOND - 1)).toBe('over-limit');
    expect(await s.bodies(id, T0 + SECOND, { inFlightLimit: 1 })).toEqual(['now']);
  });

  it('a receive whose signal has been aborted takes nothing', async () => {
    const id = await s.queue();
    await s.send(id, 'stays', T0);
    expect(await s.bodies(id, T0, { signal: AbortSignal.abort() })).toEqual([]);
    expect(await s.receiveOne(id, T0, { signal: new AbortController().signal })).toMatchObject({ receiveCount: 1 });
  });

  it('a receive whose signal is aborted after the call, but before it is carried out, takes nothing', async () => {
    const id = await s.queue();
    await s.send(id, 'stays', T0);
    const caller = new AbortController();
    const leaving = s.receive(id, T0, { signal: caller.signal });
    caller.abort();
    expect(await leaving).toEqual([]);
    expect(await s.counts(id, T0)).toEqual([1, 0, 0]);
  });

  it('a key is unique in the whole store, not just in its queue', async () => {
    const keys = [];
    for (const name of ['a', 'b', 'c']) {
      const id = await s.queue(name);
      await s.send(id, numbered(10), T0);
      keys.push(...(await s.receive(id, T0)).map(({ receipt }) => receipt.key));
    }
    expect(new Set(keys).size).toBe(30);
  });
}

/** Long enough to stay hidden during a test. */
const HIDDEN = 600 * SECOND;
