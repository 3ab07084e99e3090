import { expect, it } from 'vitest';
import type { Message } from '../../../src/storage/store.ts';
import { numbered, request, type Subject, T0 } from '../subject.ts';

export function sizeLimits(s: Subject): void {
  it.each([
    ['all that fit', 11, ['aaaa', 'bbbb', 'c']],
    ['those before the first that does not fit', 8, ['aaaa', 'bbbb']],
    ['one, even if it does not fit', 0, ['aaaa']],
  ])('a receive with a size limit returns %s', async (_what, max, expected) => {
    for (const fifo of [false, true]) {
      const id = await s.queue(fifo ? 'q.fifo' : 'q', { fifo });
      await s.send(id, ['aaaa', 'bbbb', 'c', 'dddd'], T0, { groupId: 'g' });
      const sizeLimit = { of: (text: string) => text.length, max: () => max };
      expect(await s.bodies(id, T0, { sizeLimit })).toEqual(expected);
      expect(await s.counts(id, T0)).toEqual([4 - expected.length, expected.length, 0]);
      if (!fifo) expect(await s.bodies(id, T0, { sizeLimit, choice: { among: 1, choose: () => [0] } })).toHaveLength(1);
    }
  });

  it('receives of one turn read a limited number of bytes, and the others can be repeated', async () => {
    const id = await s.queue();
    for (let n = 0; n < 20; n++) await s.send(id, `${n}`.padEnd(1_000_000, ' '), T0);
    const receive = () => s.store.receive(id, request({ max: 5 }), T0);
    const first = await Promise.all([receive(), receive(), receive(), receive()]);
    const numbers = (delivery: unknown) => (delivery as Message[]).map(({ body }) => body.trim());
    if (s.form.isConcurrent) {
      // Each node has turns of its own.
      const received = first.flatMap((delivery) => (delivery === 'unfinished' ? [] : numbers(delivery)));
      expect(received.length).toBeGreaterThanOrEqual(10);
      while (received.length < 20) received.push(...numbers(await receive()));
      expect(received.sort()).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`).sort());
      return;
    }
    const received: unknown[] = first.filter((delivery) => delivery !== 'unfinished');
    // A standard queue on PostgreSQL reads 10 MB at a time, the others stop after 2 MB.
    expect([1, 2]).toContain(received.length);
    expect(first.slice(received.length)).toEqual(Array(4 - received.length).fill('unfinished'));
    expect(await s.counts(id, T0)).toEqual([20 - 5 * received.length, 5 * received.length, 0]);
    while (received.length < 4) received.push(await receive());
    expect(received.flatMap(numbers)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
  });

  it.runIf(s.form.freesInVerbs)('receives of one turn read a limited number of messages, however short', async () => {
    const id = await s.queue();
    await s.send(id, numbered(6000), T0);
    const receive = () => s.store.receive(id, request({ max: 1000 }), T0);
    const first = await Promise.all([receive(), receive(), receive(), receive(), receive(), receive()]);
    const counts = first.map((delivery) => (typeof delivery === 'object' ? delivery.length : delivery));
    expect(counts).toEqual([1000, 1000, 1000, 1000, 'unfinished', 'unfinished']);
    expect(await receive()).toHaveLength(1000);
  });

  it.runIf(s.form.freesInVerbs)('receives of one turn dead-letter a limited number of messages', async () => {
    const [id, dlq] = [await s.queue(), await s.queue('dlq')];
    await s.send(id, numbered(5000), T0);
    for (let n = 0; n < 5; n++) await s.store.receive(id, request({ max: 1000, visibilityMs: 0 }), T0);
    const redrive = { targetId: dlq, maxReceiveCount: 1, sourceArn: 'arn' };
    await Promise.all(Array.from({ length: 50 }, () => s.store.receive(id, request({ max: 10, redrive }), T0)));
    expect(await s.counts(dlq, T0)).toEqual([4000, 0, 0]);
  });

  it.each<[string, boolean, readonly (string | undefined)[]]>([
    ['a FIFO queue', true, ['g', 'h']],
    ['a standard queue', false, [undefined]],
    ['a standard queue with tenants', false, ['g', undefined, undefined]],
  ])('of many long messages, a receive from %s takes the first ones in line', async (_what, fifo, groups) => {
    const id = await s.queue(fifo ? 'q.fifo' : 'q', { fifo });
    const sent = Array.from({ length: 15 }, (_, n) => ({ body: `${n}`, groupId: groups[n % groups.length] }));
    for (const { body, groupId } of sent) {
      await s.send(id, body.padEnd(1_000_000, ' '), T0, groupId === undefined ? {} : { groupId });
    }
    const received = (await s.store.receive(id, request({ max: 1000 }), T0)) as Message[];
    // Engines that read contents to find messages take ten of them.
    expect([10, 15]).toContain(received.length);
    const inLine = fifo ? groups.flatMap((group) => sent.filter(({ groupId }) => groupId === group)) : sent;
    expect(received.map(({ body }) => body.trim())).toEqual(inLine.slice(0, received.length).map(({ body }) => body));
    expect(await s.counts(id, T0)).toEqual([15 - received.length, received.length, 0]);
  });

  it('a size limit includes the attributes of messages', async () => {
    const id = await s.queue();
    const attributes = new Map([['name', { dataType: 'String', stringValue: 'x'.repeat(100) }]]);
    await s.send(id, ['a', 'b'], T0, { attributes });
    const sizeLimit = { of: (text: string) => text.length, max: () => 200 };
    expect(await s.bodies(id, T0, { sizeLimit })).toEqual(['a']);
  });
}
