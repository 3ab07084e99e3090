/** Databases for tests: one per test file, on the server of the run (postgres-setup.ts), and a schema for each store. */

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';

/** Why there is no PostgreSQL here; undefined if there is one. */
let missing: string | undefined;

/** Resolves to the URL of the run's server, or to undefined if none can run here. Throws if tests must not be skipped. */
export async function serverUrl(): Promise<string | undefined> {
  const given = process.env.SQUAB_TEST_DATABASE;
  if (given) return given;
  const response = await fetch(inject('postgres'));
  const text = await response.text();
  if (response.ok) return text;
  if (process.env.SQUAB_TESTS_NEED_POSTGRES) throw new Error(`No PostgreSQL server: ${text}`);
  if (missing === undefined) console.warn(`No PostgreSQL server can run here, so its tests are skipped: ${text}`);
  missing = text;
  return undefined;
}

/** Carries out SQL on a database, on a connection of its own. Resolves to the rows. */
export async function sql<Row>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Makes a database for this test file, which is dropped when its tests have ended. Resolves to undefined without a server. */
export async function database(): Promise<string | undefined> {
  const server = await serverUrl();
  if (server === undefined) return undefined;
  const name = `squab_${randomBytes(6).toString('hex')}`;
  await sql(server, `CREATE DATABASE ${name}`);
  afterAll(() => sql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).then(() => {}));
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}

/** Makes a copy of a database to which nothing is connected. Resolves to its URL. */
export async function copyOf(url: string): Promise<string> {
  const server = (await serverUrl())!;
  const name = `squab_${randomBytes(6).toString('hex')}`;
  await sql(server, `CREATE DATABASE ${name} TEMPLATE ${new URL(url).pathname.slice(1)}`);
  copies.push(name);
  const copy = new URL(url);
  copy.pathname = name;
  return copy.href;
}

const copies: string[] = [];
afterAll(async () => {
  for (const name of copies.splice(0)) await sql((await serverUrl())!, `DROP DATABASE ${name} WITH (FORCE)`);
});

/** Returns the URL of a database for connections that have these options of the server's command line. */
export function withOptions(url: string, options: string): string {
  const changed = new URL(url);
  changed.searchParams.set('options', options);
  return changed.href;
}

let schemas = 0;

/** Returns a name for a schema that no other store of this test file has. */
export function newSchema(): string {
  return `store_${++schemas}`;
}
