/** Transactions on connections that fail: what is repeated, what is refused, and what is said of it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchLane, settled } from '../../../src/storage/postgres/batch-lanes.ts';
import type { Lane } from '../../../src/storage/postgres/lanes.ts';
import { openChecked } from '../../../src/storage/postgres/open.ts';
import { targetOf } from '../../../src/storage/postgres/opening/target.ts';
import { type Session, Sessions } from '../../../src/storage/postgres/sessions.ts';
import { statement } from '../../../src/storage/postgres/statement.ts';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import { database, sql } from '../../postgres.ts';
import { type DatabaseProxy, proxyOf } from '../../postgres-proxy.ts';

const ADD = statement<{ x: number }>('INSERT INTO public.numbers VALUES ($1) RETURNING x');
const ADD_SLOWLY = statement('INSERT INTO public.numbers SELECT $1 FROM pg_sleep(30)');
const READ = statement<{ x: number }>('SELECT x FROM public.numbers ORDER BY x');
/** Fails as if another transaction were in its way, the first three times. */
const CONFLICT = `DO $$ BEGIN IF nextval('public.tries') < 4 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END IF; END $$`;
const WORKER = statement<{ pid: number }>('SELECT pg_backend_pid() AS pid');

const url = await database();

describe.skipIf(!url)('lanes', () => {
  let proxy: DatabaseProxy;
  let sessions: Sessions;
  let lane: Lane;
  const faults: (string | undefined)[] = [];

  beforeEach(async () => {
    await sql(url!, 'DROP TABLE IF EXISTS public.numbers; CREATE TABLE public.numbers (x bigint PRIMARY KEY)');
    await sql(url!, 'DROP SEQUENCE IF EXISTS public.tries; CREATE SEQUENCE public.tries');
    proxy = await proxyOf(url!);
    sessions = new Sessions(targetOf({ url: proxy.url }), openChecked);
    faults.length = 0;
    sessions.faults.onFault((fault) => faults.push(fault?.message));
    lane = sessions.lane(2);
  });
  afterEach(async () => {
    proxy.restore();
    await sessions.close();
    await proxy.close();
  });

  const stored = async () => (await sql<{ x: string }>(url!, READ.text)).map(({ x }) => Number(x));
  /** Resolves to the process of the server that the session has. */
  const worker = async (session: Session) => (await session.run(WORKER, []))[0]!.pid;
  const end = (pid: number) => sql(url!, 'SELECT pg_terminate_backend($1, 1000)', [pid]);
  const refusalOf = (work: Promise<unknown>) =>
    work.then(
      () => expect.unreachable('The work succeeded.'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(StoreUnavailable);
        return error as StoreUnavailable;
      },
    );

  it('return bigint and numeric as numbers, also in arrays', async () => {
    const all = statement(`SELECT 9007199254740991::bigint AS a, sum(x) AS b, '{1,NULL,3}'::bigint[] AS c,
      '{}'::bigint[] AS d FROM generate_series(1, 3) x`);
    const expected = { a: Number.MAX_SAFE_INTEGER, b: 6, c: [1, null, 3], d: [] };
    expect(await lane.run((session) => session.run(all, []))).toEqual([expected]);
  });

  it.each(['transaction', 'burst'] as const)(
    'undo a %s whose statement fails, and report that statement',
    async (kind) => {
      await sql(url!, 'INSERT INTO public.numbers VALUES (2)');
      const work = lane.run((session) =>
        session[kind](async (tx) => {
          tx.run(ADD, [1]);
          tx.run(ADD, [2]);
          tx.run(ADD, [3]);
        }),
      );
      await expect(work).rejects.toMatchObject({ code: '23505' });
      expect(await stored()).toEqual([2]);
      expect(await lane.run((session) => session.run(ADD, [4]))).toEqual([{ x: 4 }]);
      expect(faults).toEqual([]);
    },
  );

  it('undo a transaction whose work throws', async () => {
    const work = lane.run((session) =>
      session.transaction(async (tx) => {
        await tx.run(ADD, [1]);
        throw new Error('No.');
      }),
    );
    await expect(work).rejects.toThrow('No.');
    expect(await stored()).toEqual([]);
  });

  it('send a burst in one round trip, to which nothing can be added', async () => {
    const [one, two] = await lane.run((session) =>
      session.burst(async (tx) => [tx.run(ADD, [1]), tx.run(READ, [])] as const),
    );
    expect([await one, await two]).toEqual([[{ x: 1 }], [{ x: 1 }]]);
    const late = lane.run((session) =>
      session.burst(async (tx) => {
        await tx.run(ADD, [5]);
        await tx.run(ADD, [6]);
      }),
    );
    await expect(late).rejects.toThrow('The transaction has ended');
    expect(await stored()).toEqual([1, 5]);
  });

  it('repeat a transaction that others were in the way of', async () => {
    let calls = 0;
    await lane.run((session) =>
      session.transaction(async (tx) => {
        calls++;
        await tx.run(ADD, [1]);
        await tx.run(statement(CONFLICT), []);
      }),
    );
    expect(calls).toBe(4);
    expect(await stored()).toEqual([1]);
    expect(lane.totals).toMatchObject({ works: 1, conflicts: 3 });
  });

  it('do not notice that an idle connection was ended', async () => {
    const pids = await Promise.all([lane.run(worker), lane.run(worker)]);
    for (const pid of pids) await end(pid);
    expect(await lane.run((session) => session.run(ADD, [1]))).toEqual([{ x: 1 }]);
    expect(faults).toEqual([]);
  });

  it('repeat work whose connection is lost before it can have been committed', async () => {
    let calls = 0;
    await lane.run((session) =>
      session.transaction(async (tx) => {
        await tx.run(ADD, [1]);
        if (++calls === 1) await end((await tx.run(WORKER, []))[0]!.pid);
        await tx.run(ADD, [2]);
      }),
    );
    expect([calls, await stored()]).toEqual([2, [1, 2]]);
    expect(faults).toEqual([]);
  });

  it.each([false, true])(
    'do not know what became of a write whose connection is lost (repeatable: %s)',
    async (repeatable) => {
      let calls = 0;
      const work = lane.run(
        async (session) => {
          const pid = await worker(session);
          const written = session.run(++calls === 1 ? ADD_SLOWLY : ADD, [1]);
          if (calls === 1) await end(pid);
          await written;
        },
        { repeatable },
      );
      if (repeatable) {
        await work;
        expect([calls, await stored()]).toEqual([2, [1]]);
        return;
      }
      expect((await refusalOf(work)).outcome).toBe('unknown');
      expect(lane.totals.unknown).toBe(1);
      expect(faults).toEqual([expect.stringContaining('57P01')]);
      await lane.run((session) => session.run(READ, []));
      expect(faults).toEqual([expect.stringContaining('57P01'), undefined]);
    },
  );

  it('end a connection on which no answer comes in time', async () => {
    await lane.run(worker);
    proxy.freeze();
    const begun = performance.now();
    const { outcome, message } = await refusalOf(lane.run((session) => session.run(ADD, [1]), { limitMs: 300 }));
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(outcome).toBe('unknown');
    expect(message).toMatch(
      /^The connection to the database \S+ on 127\.0\.0\.1:\d+ was lost \(it did not answer in time\)/,
    );
    expect(message).not.toContain('postgres:');
  });

  it('refuse what waits for a database that is away, and work again once it is back', async () => {
    await lane.run(worker);
    proxy.cut();
    // Until the connection has noticed, a write might be on its way.
    await refusalOf(lane.run(worker, { limitMs: 100 }));
    const before = proxy.attempts;
    const works = Array.from({ length: 50 }, (_, index) =>
      refusalOf(lane.run((session) => session.run(ADD, [index]), { limitMs: 800 })),
    );
    const outcomes = new Set((await Promise.all(works)).map(({ outcome }) => outcome));
    expect([...outcomes]).toEqual(['nothing']);
    // One at a time tries whether the database is back, after pauses that grow.
    expect(proxy.attempts - before).toBeLessThan(20);
    // What is wrong is said once, not for each request.
    expect(faults.length).toBeLessThanOrEqual(2);
    expect(faults[0]).toMatch(/^(Cannot connect|The connection) to the database \S+ on /);
    const reported = faults.length;
    proxy.restore();
    expect(await lane.run((session) => session.run(ADD, [7]))).toEqual([{ x: 7 }]);
    expect(faults.slice(reported)).toEqual([undefined]);
    expect(await stored()).toEqual([7]);
  });

  it('find the primary again after a connection has become read-only', async () => {
    let calls = 0;
    await lane.run(async (session) => {
      if (++calls === 1) await session.connection.script('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY');
      await session.run(ADD, [1]);
    });
    expect([calls, await stored(), faults]).toEqual([2, [1], []]);
  });

  it('carry out what was asked for before they close', async () => {
    const batches = new BatchLane(lane, async (session, numbers: readonly number[]) => {
      await session.run(statement('INSERT INTO public.numbers SELECT * FROM unnest($1::bigint[])'), [numbers]);
      return numbers;
    });
    const asked = [batches.ask(1), batches.ask(2), lane.run((session) => session.run(ADD, [3]))];
    await sessions.close();
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
    expect(await stored()).toEqual([1, 2, 3]);
    expect((await refusalOf(lane.run(worker))).message).toContain('is closed');
  });

  describe('of batches', () => {
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
    beforeEach(() => {
      sizes.length = 0;
    });

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
  });
});
