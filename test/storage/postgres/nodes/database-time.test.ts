/** How nodes go by the time of the database. */

import { afterEach, describe, expect, it } from 'vitest';
import { DatabaseTime } from '../../../../src/storage/postgres/nodes/database-time.ts';
import { openDatabase } from '../../../../src/storage/postgres/open.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { database, newSchema } from '../../../postgres.ts';

const url = await database();

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

describe.skipIf(!url)('A clock', () => {
  it.each([
    [-150_000, /^This machine's clock is 2.5 minutes behind the database's\. .*NTP\.$/],
    [2500, /^This machine's clock is 2.5 seconds ahead of the database's\. Squab goes by the database's clock\.$/],
    [400, undefined],
  ])(
    'that is %d ms ahead of the database is measured, and the user warned of it if that is much',
    async (ahead, warning) => {
      const { sessions } = await openDatabase({ url: url!, schema: newSchema() });
      ends.push(() => sessions.close());
      const warnings: string[] = [];
      const machine = { ...systemClock, now: () => systemClock.now() + ahead };
      const time = new DatabaseTime(sessions.lane(1), (message) => warnings.push(message), machine);
      await time.measure();
      await time.measure();
      expect(Math.abs(time.offset + ahead)).toBeLessThan(200);
      expect(warnings).toEqual(warning ? [expect.stringMatching(warning)] : []);
    },
  );

  it('is measured exactly, whatever settings a role has', async () => {
    const { sessions } = await openDatabase({
      url: `${url}?options=-c%20extra_float_digits%3D-15`,
      schema: newSchema(),
    });
    ends.push(() => sessions.close());
    const time = new DatabaseTime(sessions.lane(1), () => {});
    await time.measure();
    expect(Math.abs(time.offset)).toBeLessThan(1000);
  });

  it.each([50 * 365 * 86_400_000, 5000, -3_600_000])(
    'that is set by %d ms does not change the time of the node, and is measured again',
    async (step) => {
      const { sessions } = await openDatabase({ url: url!, schema: newSchema() });
      ends.push(() => sessions.close());
      let ahead = -step;
      const machine = { now: () => systemClock.now() + ahead };
      const time = new DatabaseTime(sessions.lane(1), () => {}, machine);
      const wrong = () => machine.now() + time.offset - systemClock.now();
      await time.measure();
      const before = wrong();
      ahead = 0;
      expect([time.isOutdated, Math.abs(wrong() - before) < 100]).toEqual([true, true]);
      await time.measure();
      expect([time.isOutdated, Math.abs(wrong() - before) < 200]).toEqual([false, true]);
    },
  );
});
