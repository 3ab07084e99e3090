/** From a URL to a database: migrations by many nodes at once, and what is said of a database that cannot be used. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkDatabase } from '../../../../src/storage/postgres/checking/check-database.ts';
import { openDatabase } from '../../../../src/storage/postgres/open.ts';
import { storedPassword } from '../../../../src/storage/postgres/opening/password-file.ts';
import {
  type DatabaseOptions,
  DatabaseUnusable,
  SETTINGS,
  targetOf,
} from '../../../../src/storage/postgres/opening/target.ts';
import { migrations } from '../../../../src/storage/postgres/schema.ts';
import { statement } from '../../../../src/storage/postgres/statement.ts';
import { database, newSchema, sql } from '../../../postgres.ts';
import { proxyOf, refusingServer } from '../../../postgres-proxy.ts';
import { FAST, newFolder, ownedFile, type Server, startServer } from '../../../postgres-server.ts';

const certificates = join(import.meta.dirname, '../../../data/tls');
const ENCRYPTED = statement<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
const url = await database();
const at = (change: (url: URL) => void): string => {
  const changed = new URL(url ?? 'postgres://localhost:5432/x');
  change(changed);
  return changed.href;
};

afterEach(() => vi.unstubAllEnvs());

async function opened(options: DatabaseOptions): Promise<string> {
  const { sessions, receiptSecret } = await openDatabase(options);
  await sessions.close();
  return receiptSecret.toString('hex');
}

/** Resolves to the message of the error, which must be one line. */
async function refusal(options: DatabaseOptions): Promise<string> {
  const error = await openDatabase(options).then(
    () => expect.unreachable('The database was opened.'),
    (error: Error) => error,
  );
  expect(error).toBeInstanceOf(DatabaseUnusable);
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('the URL of a database', () => {
  it.each([
    ['mysql://a:secret@b/c', 'does not begin with postgres://'],
    ['postgres://a:sec/ret@b@c/d', 'characters such as @, /, # or % in a password must be percent-encoded'],
    ['postgres://a:secret@b:port/d', 'cannot be read'],
    ['postgres://a:secret%zz@b/d', 'has a % that is not the beginning of a percent-encoded character'],
    ['postgres://a:secret@b,c/d', 'names several hosts, which is not supported'],
    ['postgres://a:12/secret@b/d', 'has an @ after the host'],
    ['postgres://a:12#secret@b/d', 'has an @ after the host'],
    ['postgres://a:12?secret@b/d', 'has an @ after the host'],
    ['postgres://a:12@b?secret@b/d', 'has an @ after the host'],
    ['postgres://a:12?secret=x@b/d', 'has an unknown parameter (known are host, '],
    ['postgres://a:secret@b/d?sslmod=require', 'has an unknown parameter, sslmod (known are host, '],
  ])('%s is refused without showing the password', async (wrong, why) => {
    const message = await refusal({ url: wrong });
    expect(message).toContain(why);
    expect(message).toContain('it must be a URL such as postgres://');
    expect(message).not.toMatch(/sec\/?ret|12/);
  });

  it.each(['', 'pg', 'pg_x', 'squab.x', '\ud800', 'x'.repeat(64), 'ä'.repeat(32)])(
    'no schema can be called %j',
    async (schema) => {
      expect(await refusal({ url: 'postgres://b/d', schema })).toContain('cannot be the name of a schema');
    },
  );

  it('names user, host and database, which have the defaults of PostgreSQL', () => {
    vi.stubEnv('PGHOST', 'h');
    vi.stubEnv('PGPORT', '5433');
    vi.stubEnv('PGUSER', 'u');
    vi.stubEnv('PGPASSWORD', 'p');
    const target = targetOf({ url: 'postgres://' });
    expect(target.config).toMatchObject({ host: 'h', port: 5433, user: 'u', database: 'u', ssl: false });
    expect((target.config.password as () => string)()).toBe('p');
    expect(targetOf({ url: 'postgresql://a:b%2Fc@[::1]:1/d%20e' })).toMatchObject({
      config: { host: '::1', port: 1, user: 'a', database: 'd e' },
      where: 'the database d e on [::1]:1',
    });
    expect(targetOf({ url: 'postgres:///d?host=/run/postgresql' })).toMatchObject({
      config: { host: '/run/postgresql', database: 'd' },
      where: 'the database d on /run/postgresql',
    });
  });

  it.each([
    ['', false],
    ['sslmode=disable', false],
    ['sslmode=require', {}],
    ['sslmode=verify-full', {}],
    ['sslmode=no-verify', { rejectUnauthorized: false }],
    ['sslmode=require&uselibpqcompat=true', { rejectUnauthorized: false }],
    ['sslmode=verify-ca', { checkServerIdentity: expect.any(Function) }],
  ])('%j verifies certificates unless it says otherwise', (parameters, ssl) => {
    expect(targetOf({ url: `postgres://b/d?${parameters}` }).config.ssl).toEqual(ssl);
  });

  it('cannot ask for TLS that may or may not be, nor name files that cannot be read', async () => {
    expect(await refusal({ url: 'postgres://b/d?sslmode=prefer' })).toContain('sslmode=prefer is not supported');
    const url = 'postgres://b/d?sslmode=verify-full&sslrootcert=/no/such/file';
    expect(await refusal({ url })).toMatch(/^The file of sslrootcert for the database d on b:5432 cannot be read/);
  });
});

it('the settings for a role behind a pooler are documented', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/more-than-one-machine.md'), 'utf8');
  const documented = [...page.matchAll(/^ALTER ROLE squab SET (\w+) = '(.*)';$/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(documented).toEqual(Object.entries(SETTINGS));
});

describe('a password in ~/.pgpass', () => {
  const folder = mkdtempSync(join(tmpdir(), 'squab-pgpass-'));
  const file = join(folder, 'pgpass');
  const account = { host: 'h', port: '1', database: 'd', user: 'u' };
  const passwordIn = (text: string, mode = 0o600) => {
    writeFileSync(file, text);
    chmodSync(file, mode);
    vi.stubEnv('PGPASSFILE', file);
    return storedPassword(account);
  };
  afterEach(() => rmSync(file, { force: true }));

  it('is that of the first line that fits', () => {
    expect(passwordIn('# h:1:d:u:comment\nother:1:d:u:a\nh:1:d:u:b\n*:*:*:*:c\n')).toBe('b');
    expect(passwordIn('other:1:d:u:a\n*:*:*:u:c\n')).toBe('c');
    expect(passwordIn('h:1:d:u:a\\:b\\\\c\n')).toBe('a:b\\c');
    expect(passwordIn('h:1:d\n\n')).toBeUndefined();
  });

  it('is not read from a file that others can read, or that does not exist', () => {
    if (process.platform !== 'win32') expect(passwordIn('*:*:*:*:c\n', 0o644)).toBeUndefined();
    vi.stubEnv('PGPASSFILE', join(folder, 'none'));
    expect(storedPassword(account)).toBeUndefined();
  });
});

describe('a database that cannot be used', () => {
  const anywhere = (port: number) => ({ url: `postgres://u:secret@127.0.0.1:${port}/d` });

  it('is one at a port where nothing listens, or on a host that is not known', async () => {
    const { port, close } = await refusingServer('', '');
    close();
    expect(await refusal(anywhere(port))).toBe(
      `Nothing answers at the database d on 127.0.0.1:${port}. Start the server, or correct host and port in --database.`,
    );
    expect(await refusal({ url: 'postgres://u:secret@no.invalid/d' })).toContain('The host no.invalid of');
  });

  it.each([
    [
      '28P01',
      'password authentication failed',
      /^The role u cannot log in to the database d on .*the password is missing/,
    ],
    ['28000', 'role "u" does not exist', /^The role u cannot log in .*\(role "u" does not exist\)/],
    ['3D000', 'database "d" does not exist', /^There is no database d on .*Create it: CREATE DATABASE d\.$/],
    ['53300', 'too many clients', /has no free connections\. Raise max_connections, or run fewer nodes\.$/],
    ['57P03', 'the database system is starting up', /is still starting, or is stopping\. Try again in a moment\.$/],
    [
      '42704',
      'unrecognized configuration parameter "client_connection_check_interval"',
      /needs PostgreSQL 14 or newer\.$/,
    ],
    ['42704', 'unrecognized configuration parameter "foo"', /cannot be used \(42704: unrecognized .* "foo"\)\.$/],
    ['08P01', 'unsupported startup parameter: options', /^A pooler in front of .*ignore_startup_parameters/],
    ['08P01', 'transaction blocks not allowed in statement pooling mode', / Set pool_mode = transaction,/],
    ['42P05', 'prepared statement "x" already exists', /^A pooler in front of .* Use PgBouncer 1\.21 or newer/],
    ['XX000', 'nobody expected this', /^The database d on .* cannot be used \(XX000: nobody expected this\)\.$/],
  ])('is one whose server answers %s', async (code, message, expected) => {
    const { port, close } = await refusingServer(code, message);
    const said = await refusal(anywhere(port));
    close();
    expect(said).toMatch(expected);
    expect(said).not.toContain('secret');
  });
});

it('a server must offer TLS if the URL asks for it', async () => {
  const { port, close } = await refusingServer('08P01', 'no');
  expect(await refusal({ url: `postgres://127.0.0.1:${port}/d?sslmode=require` })).toMatch(/does not offer TLS\./);
  close();
});

describe.skipIf(!url)('a server with TLS', () => {
  let server: Server;
  beforeAll(async () => {
    const folder = newFolder();
    for (const name of ['cert.pem', 'key.pem']) ownedFile(join(folder, name), readFileSync(join(certificates, name)));
    const files = ['-c', `ssl_cert_file=${join(folder, 'cert.pem')}`, '-c', `ssl_key_file=${join(folder, 'key.pem')}`];
    server = await startServer([...FAST, '-c', 'ssl=on', ...files], folder);
  });
  afterAll(() => server.stop());

  it.each(['require', 'verify-ca', 'verify-full'])('is not trusted with %s unless its certificate is', async (mode) => {
    const url = `${server.url}?sslmode=${mode}`;
    expect(await refusal({ url })).toMatch(/^The certificate of the database postgres on .* cannot be trusted \(/);
    const { sessions } = await openDatabase({ url: `${url}&sslrootcert=${join(certificates, 'cert.pem')}` });
    expect(await sessions.lane(1).run((session) => session.run(ENCRYPTED, []))).toEqual([{ ssl: true }]);
    await sessions.close();
  });

  it('is trusted whoever it is with no-verify', async () => {
    await opened({ url: `${server.url}?sslmode=no-verify` });
  });
});

describe.skipIf(!url)('a real database', () => {
  const own = url!;

  it('gets its tables once if eight nodes start at once', async () => {
    const schema = newSchema();
    const secrets = await Promise.all(Array.from({ length: 8 }, () => opened({ url: own, schema })));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await sql(own, `SELECT done FROM ${schema}.steps`)).toEqual([{ done: migrations.length }]);
  });

  it('must exist', async () => {
    expect(await refusal({ url: at((url) => (url.pathname = 'no_such')) })).toMatch(
      /^There is no database no_such on /,
    );
  });

  it('must be able to store every character', async () => {
    const name = `latin_${new URL(own).pathname.slice(1)}`;
    await sql(own, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
    const refused = await refusal({ url: at((url) => (url.pathname = name)) });
    await sql(own, `DROP DATABASE ${name}`);
    expect(refused).toMatch(/^The encoding of the database latin_.* is LATIN1, .* TEMPLATE template0 ENCODING 'UTF8'/);
  });

  it('is not updated if it must not be, and not used if it is of a newer Squab', async () => {
    const schema = newSchema();
    expect(await refusal({ url: own, schema, migrate: false })).toMatch(
      /^The schema store_\d+ of the database .* has 0 of the \d+ steps that this version of Squab needs\. Run/,
    );
    await opened({ url: own, schema });
    await sql(own, `UPDATE ${schema}.steps SET done = 99`);
    expect(await refusal({ url: own, schema })).toMatch(/^The schema .* is of a newer Squab: it has 99 steps/);
  });

  it('may not have tables of others in its schema', async () => {
    const schema = newSchema();
    await sql(own, `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.queues (x int)`);
    expect(await refusal({ url: own, schema })).toMatch(/not Squab's, or lacks some \(relation "queues" already/);
  });

  it('serves a role with the least rights, and says which ones it lacks', async () => {
    const schema = newSchema();
    const role = `role_${schema}_${new URL(own).pathname.slice(1)}`;
    await sql(own, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    const url = at((url) => {
      url.username = role;
      url.password = 'secret';
    });
    expect(await refusal({ url, schema })).toMatch(/has too few rights .*it needs GRANT CREATE ON DATABASE squab_/);
    await opened({ url: own, schema });
    expect(await refusal({ url, schema, migrate: false })).toMatch(/has too few rights .*permission denied for schema/);
    await sql(
      own,
      `GRANT USAGE ON SCHEMA ${schema} TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
    );
    expect(await refusal({ url, schema })).toMatch(
      /^The role \S+ may not use abandoned in the schema .* GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES/,
    );
    await sql(own, `GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
    expect(await refusal({ url, schema })).toMatch(/may not use numbers in the schema/);
    await sql(own, `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`);
    await opened({ url, schema, migrate: false });
    expect(await checkDatabase({ url, schema })).toMatchObject({ problems: [] });
    await sql(own, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('behind a pooler that ignores the settings of sessions is used if the role has them', async () => {
    const role = `pooled_${new URL(own).pathname.slice(1)}`;
    const schema = newSchema();
    await sql(own, `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'secret'`);
    const proxy = await proxyOf(own, { dropOptions: true });
    const url = proxy.url.replace(/\/\/[^@]*@/, `//${role}:secret@`);
    expect(await refusal({ url, schema })).toMatch(/^A pooler in .* search_path is .*, not pg_catalog\. .*ALTER ROLE/);
    for (const [name, value] of Object.entries(SETTINGS)) await sql(own, `ALTER ROLE ${role} SET ${name} = '${value}'`);
    // The server may have a limit of its own.
    await sql(own, `ALTER ROLE ${role} SET tcp_user_timeout = '30000'`);
    await opened({ url, schema });
    await proxy.close();
    await sql(own, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
});
