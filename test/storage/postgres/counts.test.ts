/** The counts of the PostgreSQL engine, compared with counting the messages one by one. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountChanges, type Counted, totalsOf } from '../../../src/storage/postgres/counts.ts';
import { foldHidden } from '../../../src/storage/postgres/expiry/folding.ts';
import type { Lane } from '../../../src/storage/postgres/lanes.ts';
import { openDatabase } from '../../../src/storage/postgres/open.ts';
import { QueueTable } from '../../../src/storage/postgres/queue-table.ts';
import type { Tx } from '../../../src/storage/postgres/session.ts';
import type { Sessions } from '../../../src/storage/postgres/sessions.ts';
import { statement } from '../../../src/storage/postgres/statement.ts';
import { database, newSchema } from '../../postgres.ts';
import { Random } from '../random.ts';
import { HOUR, key, SECOND, settings, T0 } from '../subject.ts';

const url = await database();

const PUT = statement<never>(`
  WITH content AS (
    INSERT INTO squab.contents (key, generation, sent_at, message_id, body, body_md5, sender_id)
    VALUES ($2, $1, $3, '', '', '', '') ON CONFLICT DO NOTHING
  )
  INSERT INTO squab.messages (generation, key, sent_at, visible_at, rank, line, receives, earlier_receives)
  VALUES ($1, $2, $3, $4, $2, 0, $5, 0)
  ON CONFLICT (key) DO UPDATE SET visible_at = excluded.visible_at, receives = excluded.receives`);

const REMOVE = statement<never>(`
  WITH content AS (DELETE FROM squab.contents WHERE key = $2)
  DELETE FROM squab.messages WHERE generation = $1 AND key = $2`);

const HIDDEN_ROWS = statement<{ slots: number; zeros: number }>(`
  SELECT count(*) FILTER (WHERE slot > 0) AS slots, count(*) FILTER (WHERE in_flight = 0 AND delayed = 0) AS zeros
  FROM squab.hidden`);

describe.runIf(url)('the counts of a queue', () => {
  let sessions: Sessions;
  let lane: Lane;
  let generation: number;
  let id: number;
  const random = new Random(7);
  const messages = new Map<number, Counted>();

  beforeAll(async () => {
    ({ sessions } = await openDatabase({ url: url!, schema: newSchema() }));
    lane = sessions.lane(2);
    const queues = new QueueTable(lane);
    const { state } = await lane.run((session) =>
      session.transaction((tx) => queues.create(tx, key('orders'), settings({ retentionMs: 1000 * HOUR }), T0)),
    );
    ({ generation } = state);
    ({ id } = state.queue);
  });
  afterAll(() => sessions?.close());

  /** Sends, hides, shows or deletes a message, at some instant, and counts it. */
  const change = async (tx: Tx, counts: CountChanges) => {
    const number = random.below(40);
    const before = messages.get(number);
    const now = T0 + random.below(20 * SECOND);
    if (before && random.below(4) === 0) {
      messages.delete(number);
      counts.replace(generation, before, undefined);
      await tx.run(REMOVE, [generation, number]);
      return;
    }
    const visible_at = now + random.oneOf([0, 0, 1, 300, 1000, 9000]);
    const after = before
      ? { ...before, visible_at, receives: before.receives + random.below(2) }
      : { sent_at: now, visible_at, receives: 0 };
    messages.set(number, after);
    counts.replace(generation, before, after);
    const { sent_at, receives } = after;
    await tx.run(PUT, [generation, number, sent_at, visible_at, receives]);
  };

  const expected = (now: number) => {
    const hidden = [...messages.values()].filter(({ visible_at }) => visible_at > now);
    const inFlight = hidden.filter(({ receives }) => receives > 0).length;
    return { visible: messages.size - hidden.length, inFlight, delayed: hidden.length - inFlight };
  };

  it('are those of any instant, whatever the order of the instants of their changes', async () => {
    for (let round = 0; round < 200; round++) {
      await lane.run((session) =>
        session.transaction(async (tx) => {
          const counts = new CountChanges();
          for (let times = random.below(4); times >= 0; times--) await change(tx, counts);
          const now = T0 + random.below(35 * SECOND);
          // Those that are not written yet count as well.
          expect((await totalsOf(tx, [{ id, now }], counts))[0]).toMatchObject(expected(now));
          await counts.write(tx, random.below(4));
        }),
      );
      if (random.below(20) === 0) await foldHidden(lane, [generation], T0 + random.below(60 * SECOND));
      const instants = Array.from({ length: 5 }, () => T0 + random.below(35 * SECOND));
      const asked = instants.map((now) => ({ id, now }));
      const found = await lane.run((session) => totalsOf(session, [{ id: 1_000_000, now: T0 }, ...asked]));
      expect(found).toMatchObject([undefined, ...instants.map(expected)]);
    }
  });

  it('leave no row that is zero, and one for each second, once the seconds have passed', async () => {
    await foldHidden(lane, [generation], T0 + HOUR);
    const [rows] = await lane.run((session) => session.run(HIDDEN_ROWS, []));
    expect(rows).toEqual({ slots: 0, zeros: 0 });
  });
});
