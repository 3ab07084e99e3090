/**
 * The peers of the engine: pgmq, pg-boss and graphile-worker. They are downloaded from their registries, kept in the
 * scratch folder, and run in their fastest configuration. They store messages; none of them speaks HTTP.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import pg from 'pg';
import { KIB } from '../load/requests.ts';
import { npm } from '../parts/installed-size.ts';
import { carryOut, lastingFolder } from '../servers/servers.ts';
import { type Contender, LOOPS } from './contender.ts';

export interface Peer {
  version: string;
  /** Connects to an empty database that belongs to it. */
  open(url: string): Promise<Contender>;
}

const folder = () => lastingFolder('peers', 'postgres');

/** The bodies as the values that peers store: JSON. */
const message = JSON.parse(KIB) as object;
const HOUR_SECONDS = 3600;

/** Downloads a peer. Rejects if it cannot be had. */
export const fetchers: Readonly<Record<string, () => Promise<Peer>>> = {
  /** Its Python client carries the SQL of the extension, which runs as plain SQL in a schema. */
  async pgmq() {
    const place = join(folder(), 'pgmq');
    mkdirSync(place, { recursive: true });
    const sql = join(place, 'pgmq/sql/pgmq.sql');
    if (!existsSync(sql)) {
      await carryOut('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', place, 'pgmq'], place);
      const wheel = readdirSync(place).find((name) => name.endsWith('.whl'))!;
      await carryOut('python3', ['-m', 'zipfile', '--extract', wheel, '.'], place);
    }
    const version = readFileSync(join(place, 'pgmq/sql/VERSION'), 'utf8').trim();
    return { version, open: (url) => pgmq(url, readFileSync(sql, 'utf8')) };
  },

  async 'pg-boss'() {
    const { version, require } = await installed('pg-boss');
    return { version, open: (url) => pgBoss(url, require('pg-boss') as PgBossModule) };
  },

  async 'graphile-worker'() {
    const { version, require } = await installed('graphile-worker');
    return { version, open: (url) => graphileWorker(url, require('graphile-worker') as GraphileModule) };
  },
};

/** Installs a package from npm, once, outside of this project. */
async function installed(name: string): Promise<{ version: string; require: NodeJS.Require }> {
  const place = join(folder(), 'npm');
  mkdirSync(place, { recursive: true });
  const manifest = join(place, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
  const own = join(place, 'node_modules', name, 'package.json');
  if (!existsSync(own)) await npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@latest`], place);
  const { version } = JSON.parse(readFileSync(own, 'utf8')) as { version: string };
  return { version, require: createRequire(manifest) };
}

function poolOf(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString, max });
  // The server ends before the last connections do.
  return pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
}

/** One connection for each loop, and prepared statements. */
async function pgmq(url: string, sql: string): Promise<Contender> {
  const pool = poolOf(url, LOOPS);
  const { rows } = await pool.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'pgmq'`);
  if (rows.length === 0) await pool.query(sql);
  const run = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values });
  const text = JSON.stringify(message);
  return {
    async make(queue) {
      await pool.query('SELECT pgmq.create($1)', [queue]);
    },
    async send(queue, count) {
      if (count === 1) await run('send', 'SELECT pgmq.send($1, $2::jsonb)', [queue, text]);
      else await run('batch', 'SELECT pgmq.send_batch($1, $2::jsonb[])', [queue, Array(count).fill(text)]);
    },
    async empty(queue) {
      await pool.query('SELECT pgmq.purge_queue($1)', [queue]);
    },
    async take(queue, count) {
      const read = await run('take', 'SELECT * FROM pgmq.read($1, $2, $3)', [queue, HOUR_SECONDS, count]);
      return read.rows.map(({ msg_id }) => msg_id);
    },
    async remove(queue, taken) {
      await run('remove', 'SELECT pgmq.delete($1, $2::bigint[])', [queue, taken]);
    },
    end: () => pool.end(),
  };
}

/** The part of pg-boss that is used. */
interface PgBossModule {
  PgBoss: new (
    options: object,
  ) => {
    on(event: 'error', listener: (error: Error) => void): void;
    start(): Promise<unknown>;
    stop(options: object): Promise<void>;
    createQueue(name: string): Promise<void>;
    send(name: string, data: object): Promise<unknown>;
    insert(name: string, jobs: readonly object[]): Promise<unknown>;
    fetch(name: string, options: { batchSize: number }): Promise<{ id: string }[]>;
    deleteJob(name: string, ids: readonly unknown[]): Promise<unknown>;
    deleteAllJobs(name: string): Promise<unknown>;
  };
}

/** Jobs are deleted, as messages are, rather than kept as completed. */
async function pgBoss(url: string, { PgBoss }: PgBossModule): Promise<Contender> {
  const boss = new PgBoss({ connectionString: url, max: LOOPS, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  return {
    make: (queue) => boss.createQueue(queue),
    async send(queue, count) {
      if (count === 1) await boss.send(queue, message);
      else await boss.insert(queue, Array(count).fill({ data: message }));
    },
    async empty(queue) {
      await boss.deleteAllJobs(queue);
    },
    take: async (queue, batchSize) => (await boss.fetch(queue, { batchSize })).map(({ id }) => id),
    async remove(queue, taken) {
      await boss.deleteJob(queue, taken);
    },
    end: () => boss.stop({ graceful: false }),
  };
}

/** The part of graphile-worker that is used. */
interface GraphileModule {
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>;
    addJob(task: string, payload: object): Promise<unknown>;
    addJobs(jobs: readonly object[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  run(options: object, tasks: Record<string, () => void>): Promise<{ stop(): Promise<void> }>;
  Logger: new (factory: () => () => void) => object;
}

/** Its workers fetch jobs by the hundred and complete them together, as its own benchmark has them do. */
async function graphileWorker(url: string, { makeWorkerUtils, run, Logger }: GraphileModule): Promise<Contender> {
  const pgPool = poolOf(url, LOOPS + 2);
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  return {
    async make() {},
    async send(queue, count) {
      if (count === 1) await utils.addJob(queue, message);
      else await utils.addJobs(Array(count).fill({ identifier: queue, payload: message }));
    },
    async empty() {
      await pgPool.query('TRUNCATE graphile_worker._private_jobs');
    },
    async workOff(queue, count, atOnce) {
      let left = count;
      const { promise: done, resolve } = Promise.withResolvers<void>();
      const worker = { concurrentJobs: atOnce, localQueue: { size: 500 }, completeJobBatchDelay: 0 };
      const runner = await run(
        { pgPool, logger, noHandleSignals: true, preset: { worker } },
        { [queue]: () => (--left === 0 ? resolve() : undefined) },
      );
      await done;
      await runner.stop();
    },
    async end() {
      await utils.release();
      await pgPool.end();
    },
  };
}
