/** Requests that go together in batches: which ones, and what becomes of the others if some of them fail. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchLane, settled } from '../../../src/storage/postgres/batch-lanes.ts';
import { statement } from '../../../src/storage/postgres/statement.ts';
import { database, sql } from '../../postgres.ts';
import { ADD, type Numbers, openNumbers, storedIn } from '../../postgres-numbers.ts';

const url = await database();

describe.skipIf(!url)('batches', () => {
  let { proxy, lane, faults, close } = {} as Numbers;
  beforeEach(async () => {
    ({ proxy, lane, faults, close } = await openNumbers(url!));
    sizes.length = 0;
  });
  afterEach(() => close());

  const stored = () => storedIn(url!);
  const sizes: number[] = [];
  const invert = statement<{ x: number }>('SELECT 100 / x AS x FROM unnest($1::bigint[]) x');
  const inverting = (limits = {}) =>
    new BatchLane<number, number>(
      lane,
      async (session, requests) => {
        sizes.push(requests.length);
        return (await session.run(invert, [requests])).map(({ x }) => x);
      },
      limits,
    );

  it('carry out together what is asked for while they are busy', async () => {
    const batches = inverting({ requests: 3 });
    const answers = await Promise.all([1, 2, 4, 5, 10, 20, 25].map((x) => batches.ask(x)));
    expect(answers).toEqual([100, 50, 25, 20, 10, 5, 4]);
    expect(sizes).toEqual([3, 3, 1]);
  });

  it('bound a batch by its size, except for a single request', async () => {
    const batches = inverting({ sizeOf: (x: number) => x * 400_000 });
    await Promise.all([1, 1, 1, 4, 1].map((x) => batches.ask(x)));
    expect(sizes).toEqual([2, 1, 1, 1]);
  });

  it('contain nothing beside a request that goes alone', async () => {
    const batches = inverting({ isAlone: (x: number) => x === 4 });
    await Promise.all([1, 2, 4, 4, 1, 5].map((x) => batches.ask(x)));
    expect(sizes).toEqual([2, 1, 1, 2]);
  });

  it('carry requests out one by one if the values of one of them are at fault', async () => {
    const results = await Promise.allSettled([1, 0, 2].map((x) => inverting().ask(x)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const batches = inverting();
    sizes.length = 0;
    const together = await Promise.allSettled([1, 0, 2].map((x) => batches.ask(x)));
    expect(together.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code))).toEqual([
      100,
      '22012',
      50,
    ]);
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  it('give every request its own answer if each is a transaction of its own', async () => {
    await sql(url!, 'INSERT INTO public.numbers VALUES (2)');
    const batches = new BatchLane<number, { x: number }[]>(lane, (session, numbers) =>
      settled(numbers.map((x) => session.run(ADD, [x]))),
    );
    const results = await Promise.allSettled([1, 2, 3].map((x) => batches.ask(x)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await stored()).toEqual([1, 2, 3]);
  });

  it('refuse at once what would wait in too large a number', async () => {
    proxy.cut();
    const batches = inverting({ sizeOf: () => 16 * 1024 * 1024 });
    const works = Array.from({ length: 12 }, () => batches.ask(1));
    await expect(works.at(-1)).rejects.toThrow('too many requests wait for it');
    proxy.restore();
    const results = await Promise.allSettled(works);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(4);
  });

  it('find the primary again after each request of a batch has been refused as read-only', async () => {
    let calls = 0;
    const batches = new BatchLane<number, { x: number }[]>(lane, async (session, numbers) => {
      if (++calls === 1) await session.connection.script('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY');
      return settled(numbers.map((x) => session.run(ADD, [x])));
    });
    expect(await Promise.all([batches.ask(1), batches.ask(2)])).toEqual([[{ x: 1 }], [{ x: 2 }]]);
    expect([calls, await stored(), faults]).toEqual([2, [1, 2], []]);
  });

  it('give up a connection on which some of a batch have been refused as read-only', async () => {
    let calls = 0;
    const batches = new BatchLane<number, { x: number }[]>(lane, async (session, numbers) => {
      const [first, ...others] = numbers;
      const added = await settled([session.run(ADD, [first])]);
      if (++calls === 1) await session.connection.script('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY');
      return [...added, ...(await settled(others.map((x) => session.run(ADD, [x]))))];
    });
    const results = await Promise.allSettled([batches.ask(1), batches.ask(2)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ outcome: 'nothing' });
    expect(await batches.ask(3)).toEqual([{ x: 3 }]);
    expect(await stored()).toEqual([1, 3]);
  });
});
