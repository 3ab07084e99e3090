/** A database that is away: it neither ends a process that waits for it, nor fills its memory. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { Connection } from '../../../src/storage/postgres/connection.ts';
import { targetOf } from '../../../src/storage/postgres/opening/target.ts';
import { PostgresObservation } from '../../../src/storage/postgres/postgres-observation.ts';
import { Sessions } from '../../../src/storage/postgres/sessions.ts';
import { statement } from '../../../src/storage/postgres/statement.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { proxyOf } from '../../postgres-proxy.ts';
import { FAST, startServer } from '../../postgres-server.ts';
import { key, message, settings, T0 } from '../subject.ts';
import { topicSettings } from '../topic-subject.ts';

const url = await database();

it('keeps a process alive that waits for it', () => {
  const room = join(import.meta.dirname, '../../../src/storage/postgres');
  const program = `
    const { Sessions } = await import(${JSON.stringify(`${room}/sessions.ts`)});
    const { targetOf } = await import(${JSON.stringify(`${room}/opening/target.ts`)});
    const sessions = new Sessions(targetOf({ url: 'postgres://h/d' }), () => Promise.reject(new Error('away')));
    const work = sessions.lane(1).run(() => {}, { limitMs: 200 });
    await work.catch((error) => console.log(error.message));
    await sessions.close();`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toContain('Cannot connect to the database d on h');
});

describe.skipIf(!url)('While the database does not answer', () => {
  it.each(['standard', 'FIFO', 'FIFO with attributes', 'topic'])(
    'what waits is bounded, and what is too much is refused at once (%s)',
    async (kind) => {
      const proxy = await proxyOf(url!);
      const store = await openEngine({ database: proxy.url, databaseSchema: newSchema() });
      const fifo = kind.startsWith('FIFO');
      const { queue } = await store.createQueue(key(fifo ? 'q.fifo' : 'q'), settings({ fifo }), T0);
      const { topic } = await store.topics.createTopic(key('news'), topicSettings(), T0);
      const body = 'x'.repeat(1_000_000);
      const attributes = new Map([['a', { dataType: 'String', stringValue: body }]]);
      const content = kind === 'FIFO with attributes' ? message('m', { attributes }) : message(body);
      const publication = { messageId: 'm', ownBytes: body.length, deliveries: () => [] };
      const send = (): Promise<unknown> =>
        kind === 'topic'
          ? store.topics.publish(topic.id, [publication], T0)
          : store.send(queue.id, [fifo ? { ...content, groupId: 'g' } : content], T0);
      await send();
      proxy.freeze();
      const outcomes: string[] = [];
      const sends = Array.from({ length: 200 }, () =>
        send().then(
          () => outcomes.push('sent'),
          (error: Error) => outcomes.push(error.message),
        ),
      );
      // Up to 64 MB wait, and a few are under way.
      await expect.poll(() => outcomes.length).toBeGreaterThan(100);
      expect(outcomes.length).toBeLessThan(150);
      expect(new Set(outcomes)).toEqual(
        new Set(['The database is too slow: too many requests wait for it. Try again later.']),
      );
      proxy.cut();
      await Promise.all([store.close(), ...sends]);
      await proxy.close();
    },
  );
});

it('counts as not working while a connection without which requests are refused cannot be made', async () => {
  const sessions = new Sessions(targetOf({ url: 'postgres://h/d' }), () =>
    Promise.reject(new Error('too many clients')),
  );
  // The lane of the probe has had its connections before.
  const lanes = { other: { run: async () => {} } };
  const probing = () => new PostgresObservation({ sessions, lanes } as never, undefined as never).probe();
  const lane = sessions.lane(1);
  const work = lane.run(async () => {}, { limitMs: 200 });
  await probing();
  await expect(work).rejects.toThrow('too many clients');
  const now = performance.now();
  vi.spyOn(performance, 'now').mockReturnValue(now + 60_000);
  await expect(probing()).rejects.toThrow('too many clients');
  vi.spyOn(lane, 'isConnected', 'get').mockReturnValue(true);
  await probing();
  vi.restoreAllMocks();
  await sessions.close();
});

it.skipIf(!url)('a server that cannot look for clients that have gone is used without that', async () => {
  const proxy = await proxyOf(url!, { refuses: 'client_connection_check_interval=5s' });
  const store = await openEngine({ database: proxy.url, databaseSchema: newSchema() });
  expect(await store.createQueue(key('q'), settings(), T0)).toMatchObject({ created: true });
  await store.close();
  await proxy.close();
});

it.skipIf(!url || process.platform !== 'linux')(
  'a server ends the transaction of a node that reads no answer',
  async () => {
    const proxy = await proxyOf(url!);
    const target = targetOf({ url: proxy.url });
    expect(target.config.options).toContain('-c tcp_user_timeout=10000');
    // Sooner than in earnest.
    const options = target.config.options!.replace('=10000', '=1000');
    const connection = await Connection.open({ ...target, config: { ...target.config, options } });
    const [self] = await connection.run(statement<{ pid: number }>('SELECT pg_backend_pid() AS pid'), []);
    const state = () => sql(url!, 'SELECT state FROM pg_stat_activity WHERE pid = $1', [self!.pid]);
    await connection.command('BEGIN');
    // More than all buffers in between hold.
    connection.command("SELECT repeat('x', 100000000) FROM pg_sleep(0.5)").catch(() => {});
    await expect.poll(state).toEqual([{ state: 'active' }]);
    proxy.freeze();
    await expect.poll(state, { timeout: 10_000 }).toEqual([]);
    connection.destroy(new Error('the test has ended'));
    await proxy.close();
  },
);

it.skipIf(!url)('a commit is not acknowledged if its wait for a standby is cancelled', async () => {
  const server = await startServer([...FAST, '-c', 'synchronous_commit=on']);
  await sql(server.url, "ALTER ROLE postgres SET client_min_messages = 'error'");
  const store = await openEngine({ database: server.url });
  const { queue: standard } = await store.createQueue(key('q'), settings(), T0);
  const { queue: fifo } = await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0);
  const setStandby = async (name: string) => {
    await sql(server.url, `ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
    await sql(server.url, 'SELECT pg_reload_conf()');
  };
  const waiting = async () => {
    const rows = await sql<{ pid: number }>(
      server.url,
      "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
    );
    return rows.map(({ pid }) => pid);
  };
  await setStandby('away');
  const refused = expect(store.send(standard.id, [message('a')], T0)).rejects.toMatchObject({ outcome: 'unknown' });
  const deduplication = { key: 'k', windowMs: 60_000 };
  const repeated = store.send(fifo.id, [message('a', { groupId: 'g', deduplication })], T0);
  await expect.poll(() => waiting()).toHaveLength(2);
  const before = await waiting();
  await sql(server.url, 'SELECT pg_cancel_backend(pid) FROM unnest($1::integer[]) AS w (pid)', [before]);
  await refused;
  // The send that can be repeated waits again, although it finds the message there.
  await expect.poll(async () => (await waiting()).filter((pid) => !before.includes(pid))).toHaveLength(1);
  await setStandby('');
  expect(await repeated).toHaveLength(1);
  expect(await store.counts(fifo.id, T0)).toMatchObject({ visible: 1 });
  await store.close();
  await server.stop();
});
