/** Transactions on connections that fail: what is repeated, what is refused, and what is said of it. */

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BatchLane } from '../../../src/storage/postgres/batch-lanes.ts';
import type { Connection } from '../../../src/storage/postgres/connection.ts';
import { openChecked } from '../../../src/storage/postgres/open.ts';
import { targetOf } from '../../../src/storage/postgres/opening/target.ts';
import { type Session, Sessions } from '../../../src/storage/postgres/sessions.ts';
import { statement } from '../../../src/storage/postgres/statement.ts';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import { eventually } from '../../eventually.ts';
import { database, sql } from '../../postgres.ts';
import { ADD, type Numbers, openNumbers, READ, storedIn } from '../../postgres-numbers.ts';
import { silentServer } from '../../postgres-proxy.ts';

const ADD_SLOWLY = statement('INSERT INTO public.numbers SELECT $1 FROM pg_sleep(30)');
/** Fails as if another transaction were in its way, the first three times. */
const CONFLICT = `DO $$ BEGIN IF nextval('public.tries') < 4 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END IF; END $$`;
const WORKER = statement<{ pid: number }>('SELECT pg_backend_pid() AS pid');

const url = await database();

describe.skipIf(!url)('lanes', () => {
  let { proxy, sessions, lane, faults, close } = {} as Numbers;
  beforeEach(async () => {
    await sql(url!, 'DROP SEQUENCE IF EXISTS public.tries; CREATE SEQUENCE public.tries');
    ({ proxy, sessions, lane, faults, close } = await openNumbers(url!));
  });
  afterEach(() => close());

  const stored = () => storedIn(url!);
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

  it('refuse, after several attempts, what others stay in the way of', async () => {
    const always = statement(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '55P03', MESSAGE = 'a lock'; END $$`);
    const refused = lane.run((session) => session.transaction((tx) => tx.run(always, [])));
    await expect(refused).rejects.toMatchObject({ name: 'StoreUnavailable', outcome: 'nothing' });
    await expect(refused).rejects.toThrow('stay in the way (55P03: a lock)');
    expect(lane.totals).toMatchObject({ works: 1, conflicts: 5 });
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

  it('have no connection to a server that lets clients log in and then never answers', async () => {
    const server = await silentServer();
    const target = targetOf({ url: `postgres://a:b@127.0.0.1:${server.port}/d` });
    await expect(openChecked(target, 50)).rejects.toThrow('the server did not answer in time');
    server.close();
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

  it('go on with the connections that they have while the server allows no more', async () => {
    let made = 0;
    const full = new Sessions(targetOf({ url: url! }), async (target) => {
      if (made++ > 0) throw new Error('too many clients');
      return openChecked(target);
    });
    const [busy, none] = [full.lane(2), full.lane(2)];
    await busy.run(worker);
    const { promise: first, resolve } = Promise.withResolvers<number>();
    const works = [busy.run(() => first), busy.run(worker)];
    await eventually(() => expect(made).toBeGreaterThan(1));
    const now = performance.now();
    // Longer than works wait for a database that is away, shorter than a work may take.
    vi.spyOn(performance, 'now').mockReturnValue(now + 6000);
    onTestFinished(() => void vi.restoreAllMocks());
    works.push(busy.run(worker));
    expect([full.givesUp, busy.isConnected, none.isConnected]).toEqual([true, true, false]);
    expect((await refusalOf(none.run(worker))).message).toContain('too many clients');
    resolve(0);
    expect(await Promise.all(works)).toHaveLength(3);
    await full.close();
  });

  it('find the primary again after a connection has become read-only', async () => {
    let calls = 0;
    await lane.run(async (session) => {
      if (++calls === 1) await session.connection.script('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY');
      await session.run(ADD, [1]);
    });
    expect([calls, await stored(), faults]).toEqual([2, [1], []]);
  });

  it('end a connection that has been made only after they were closed', async () => {
    let connect = () => {};
    const connected = new Promise<void>((resolve) => {
      connect = resolve;
    });
    const made: Connection[] = [];
    const late = new Sessions(targetOf({ url: url! }), async (target) => {
      if (made.length > 0) await connected;
      made.push(await openChecked(target));
      return made.at(-1)!;
    });
    const [first, other] = [late.lane(2), late.lane(1)];
    await first.run(worker);
    // Of the second connection, the first one turns out to be enough.
    await Promise.all([first.run(worker), first.run(worker)]);
    other.expect();
    const closed = late.close();
    connect();
    await eventually(() => expect(made[1]?.lost).toBeDefined());
    other.answered();
    await closed;
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
});
