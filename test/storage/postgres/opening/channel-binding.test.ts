/**
 * `channel_binding=require` in the URL of a database: the password is used only in a login that is bound to the connection.
 * And `gssencmode=require`: nothing in a URL that protects the connection is ignored.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../../../src/storage/postgres/open.ts';
import { targetOf } from '../../../../src/storage/postgres/opening/target.ts';
import { statement } from '../../../../src/storage/postgres/statement.ts';
import { database, sql } from '../../../postgres.ts';
import { FAST, newFolder, ownedFile, type Server, startServer } from '../../../postgres-server.ts';

const certificates = join(import.meta.dirname, '../../../data/tls');
const WHO = statement<{ name: string }>('SELECT current_user AS name');
const url = await database();

describe('channel binding', () => {
  it('needs TLS', () => {
    const required = 'postgres://b/d?channel_binding=require';
    expect(() => targetOf({ url: required })).toThrow(/needs TLS\. Add sslmode=verify-full\.$/);
    expect(() => targetOf({ url: 'postgres:///d?host=/run&sslmode=require&channel_binding=require' })).toThrow(
      /needs TLS/,
    );
    expect(targetOf({ url: `${required}&sslmode=require` }).config.enableChannelBinding).toBe(true);
    vi.stubEnv('PGCHANNELBINDING', 'require');
    expect(() => targetOf({ url: 'postgres://b/d' })).toThrow(/needs TLS/);
    vi.unstubAllEnvs();
  });

  it.each(['prefer', 'disable'])('is not asked for by %s', (wanted) => {
    expect(targetOf({ url: `postgres://b/d?channel_binding=${wanted}` }).config.enableChannelBinding).toBe(false);
  });

  it('has three values', () => {
    const wrong = () => targetOf({ url: 'postgres://b/d?channel_binding=on' });
    expect(wrong).toThrow(/^channel_binding=on is not supported for .* one of disable, prefer, require\.$/);
  });
});

it('encryption with GSSAPI, which there is not, cannot be required', () => {
  expect(() => targetOf({ url: 'postgres://b/d?gssencmode=require' })).toThrow(
    /^gssencmode=require is not supported for/,
  );
});

describe.skipIf(!url)('a server with TLS', () => {
  let server: Server;
  beforeAll(async () => {
    const folder = newFolder();
    for (const name of ['cert.pem', 'key.pem']) ownedFile(join(folder, name), readFileSync(join(certificates, name)));
    const rules = ['postgres trust', 'bound scram-sha-256', 'hashed md5', 'plain password', 'nobody trust'];
    const lines = rules.map((rule) => `host all ${rule.replace(' ', ' 127.0.0.1/32 ')}\n`);
    ownedFile(join(folder, 'hba.conf'), Buffer.from(lines.join('')));
    const files = ['cert_file=cert.pem', 'key_file=key.pem'].map((file) => `ssl_${file.replace('=', `=${folder}/`)}`);
    const settings = ['ssl=on', ...files, `hba_file=${folder}/hba.conf`].flatMap((setting) => ['-c', setting]);
    server = await startServer([...FAST, ...settings], folder);
    await sql(
      server.url,
      `CREATE ROLE bound SUPERUSER LOGIN PASSWORD 'secret'; CREATE ROLE plain SUPERUSER LOGIN PASSWORD 'secret';
       CREATE ROLE nobody SUPERUSER LOGIN; SET password_encryption = 'md5'; CREATE ROLE hashed SUPERUSER LOGIN PASSWORD 'secret'`,
    );
  });
  afterAll(() => server.stop());

  const open = (role: string, binding: string) => {
    const { host } = new URL(server.url);
    return openDatabase({
      url: `postgres://${role}:secret@${host}/postgres?sslmode=no-verify&channel_binding=${binding}`,
    });
  };

  it('binds the login if it must', async () => {
    const { sessions } = await open('bound', 'require');
    expect(await sessions.lane(1).run((session) => session.run(WHO, []))).toEqual([{ name: 'bound' }]);
    await sessions.close();
  });

  it.each(['hashed', 'plain', 'nobody'])('that cannot do so for the role %s is refused', async (role) => {
    await expect(open(role, 'require')).rejects.toThrow(
      /^The login to the database postgres on .* is not bound to its TLS connection, which channel_binding=require asks/,
    );
    const { sessions } = await open(role, 'prefer');
    await sessions.close();
  });
});
