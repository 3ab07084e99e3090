/** How nodes go by the time of the database. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Lane } from '../../../../src/storage/postgres/lanes.ts';
import { DatabaseTime } from '../../../../src/storage/postgres/nodes/database-time.ts';
import { openDatabase } from '../../../../src/storage/postgres/open.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { database, newSchema, withOptions } from '../../../postgres.ts';
import { T0 } from '../../subject.ts';

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];

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
      const running = () => performance.now();
      const machine = { now: () => systemClock.now() + ahead, running, sinceStart: running };
      const time = new DatabaseTime(sessions.lane(1), (message) => warnings.push(message), machine);
      await time.measure();
      await time.measure();
      expect(Math.abs(time.offset + ahead)).toBeLessThan(1000);
      expect(warnings).toEqual(warning ? [expect.stringMatching(warning)] : []);
    },
  );

  it('is measured exactly, whatever settings a role has', async () => {
    const { sessions } = await openDatabase({
      url: withOptions(url!, '-c extra_float_digits=-15'),
      schema: newSchema(),
    });
    ends.push(() => sessions.close());
    const time = new DatabaseTime(sessions.lane(1), () => {});
    await time.measure();
    expect(Math.abs(time.offset)).toBeLessThan(1000);
  });

  it.each([
    ['set forward by decades', { now: 50 * 365 * DAY_MS }, 0],
    ['set forward', { now: 5000 }, 0],
    ['set back', { now: -HOUR_MS }, 0],
    ['adjusted, as by NTP,', { now: 900 }, 900],
    ['that of a machine that was suspended', { now: HOUR_MS, sinceStart: HOUR_MS }, HOUR_MS],
    ['set while the machine was suspended', { now: DAY_MS + HOUR_MS, sinceStart: HOUR_MS }, HOUR_MS],
  ])('that is %s shows the node how much time has passed, and is measured again', async (_, steps, passed) => {
    const shown = { now: T0, running: 1000, sinceStart: 1000 };
    let database = T0 + 300;
    const lane = { run: (work: (session: unknown) => unknown) => work({ run: async () => [{ now: database }] }) };
    const machine = { now: () => shown.now, running: () => shown.running, sinceStart: () => shown.sinceStart };
    const time = new DatabaseTime(lane as unknown as Lane, () => {}, machine);
    const ofNode = () => shown.now + time.offset;
    await time.measure();
    expect([ofNode(), time.isOutdated]).toEqual([database, false]);
    for (const clock of ['now', 'running', 'sinceStart'] as const)
      shown[clock] += 10_000 + ((steps as Partial<typeof shown>)[clock] ?? 0);
    expect([ofNode(), time.isOutdated]).toEqual([database + 10_000 + passed, Math.abs(steps.now) > 1000]);
    database += 10_000 + passed;
    await time.measure();
    expect([ofNode(), time.isOutdated]).toEqual([database, false]);
  });
});
