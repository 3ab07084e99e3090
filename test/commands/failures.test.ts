/** The messages of the command `squab` when it cannot start. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { nodeVersionProblem } from '../../src/commands/node-version.ts';
import { client } from '../helpers.ts';
import { failure, run, scratch, squabEnds, squabServes, takenPort } from './command.ts';

describe('the command prints one line and exits with 1 for', () => {
  it('a port in use', async () => {
    const port = await takenPort();
    expect(await squabEnds(['--port', `${port}`])).toEqual(
      failure(
        1,
        `Cannot listen on 127.0.0.1:${port}: port ${port} is in use. ` +
          'Stop the program that uses it, or choose another port (0 picks a free one).',
      ),
    );
  });

  it.each([
    ['postgres://a:secret%zz@127.0.0.1/b', /^squab: The URL of the database has a % that is not the beginning of a/],
    [
      'postgres://a:secret@127.0.0.1:1/b',
      /^squab: Nothing answers at the database b on 127\.0\.0\.1:1\. Start the server/,
    ],
  ])('a database that cannot be used: %s', async (url, message) => {
    const { code, stdout, stderr } = await squabEnds([], { env: { SQUAB_DATABASE: url } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim()).not.toMatch(/\n|secret/);
  });

  it('a database that is no database', async () => {
    const { url } = await squabServes();
    const { code, stderr } = await squabEnds(['--database', `postgres://a:secret@${new URL(url).host}/b`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^squab: The connection to the database b on \S+ ended before a PostgreSQL server answered\. Check .*\n$/,
    );
  });

  it('an unknown host', async () => {
    const { code, stdout, stderr } = await squabEnds(['--host', 'squab.invalid']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'squab: Cannot listen on squab.invalid:9324: the host squab.invalid does not exist. Choose another host.\n',
    );
  });

  it('an address that this machine does not have', async () => {
    // 192.0.2.0/24 is reserved for documentation.
    expect(await squabEnds(['--port=0', '--host=192.0.2.1'])).toEqual(
      failure(
        1,
        'Cannot listen on 192.0.2.1:0: this machine does not have the address 192.0.2.1. Choose another host.',
      ),
    );
  });

  it('a data folder that is a file, is below a file, or is a broken symbolic link', async () => {
    const folder = scratch();
    const file = join(folder, 'file');
    const link = join(folder, 'link');
    writeFileSync(file, '');
    symlinkSync(join(folder, 'nowhere'), link);
    const because = (place: string, reason: string) =>
      failure(1, `Cannot use the data folder ${place}: ${reason} is not a folder. Choose another folder with --data.`);
    expect(await squabEnds(['--data', file])).toEqual(because(file, 'it'));
    expect(await squabEnds(['--data', join(file, 'x')])).toEqual(because(join(file, 'x'), file));
    expect(await squabEnds(['--data', link])).toEqual(because(link, 'it'));
  });

  it.runIf(process.platform === 'linux')('a data folder that cannot be created', async () => {
    const reason = 'the system does not allow folders in /proc';
    for (const folder of ['/proc/squab', '/proc/squab/data']) {
      const message = `Cannot use the data folder ${folder}: ${reason}. Choose another folder with --data.`;
      expect(await squabEnds(['--data', folder])).toEqual(failure(1, message));
    }
  });

  it('a data folder with a folder or a pipe in place of the database', async () => {
    const data = scratch();
    const database = join(data, 'squab.db');
    const message = `${database} is not a file, so it cannot be a database. Choose another folder with --data.`;
    mkdirSync(database);
    expect(await squabEnds(['--data', data])).toEqual(failure(1, message));
    const unchecked = failure(2, `Not checked: ${message} See squab check --help.`);
    expect(await squabEnds(['check', data])).toEqual(unchecked);
    expect((await squabEnds(['export', '--data', data])).stderr).toContain(message);
    if (process.platform === 'win32') return;
    rmdirSync(database);
    execFileSync('mkfifo', [database]);
    expect(await squabEnds(['--data', data])).toEqual(failure(1, message));
    expect(await squabEnds(['check', data])).toEqual(unchecked);
  });

  it('a data folder with a log of changes, but without its database, which keep the log', async () => {
    const data = scratch();
    const [database, log] = [join(data, 'squab.db'), join(data, 'squab.db-wal')];
    writeFileSync(log, 'changes');
    const message = (what: string, did: string) =>
      `The database ${database} is ${what}, but not its log ${log}: something has ${did} the database. ` +
      'Restore a good copy of it, or remove the log to begin with no data.';
    const refuses = async (text: string) => {
      expect(await squabEnds(['--data', data])).toEqual(failure(1, text));
      expect(await squabEnds(['check', data])).toEqual(failure(2, `Not checked: ${text} See squab check --help.`));
      expect((await squabEnds(['export', '--data', data])).stderr).toContain(text);
      expect(readFileSync(log, 'utf8')).toBe('changes');
    };
    await refuses(message('missing', 'removed'));
    writeFileSync(database, '');
    await refuses(message('empty', 'truncated'));
  });

  it.skipIf(process.platform === 'win32')('a data folder with a pipe beside the database', async () => {
    const data = scratch();
    writeFileSync(join(data, 'squab.db'), '');
    for (const ending of ['-wal', '-shm', '-journal']) {
      const pipe = join(data, `squab.db${ending}`);
      execFileSync('mkfifo', [pipe]);
      const message = `${pipe} is not a file, and SQLite needs it to be one. Remove it.`;
      expect(await squabEnds(['--data', data])).toEqual(failure(1, message));
      expect(await squabEnds(['check', data])).toEqual(failure(2, `Not checked: ${message} See squab check --help.`));
      rmSync(pipe);
    }
  });

  it.skipIf(process.getuid?.() !== 0)(
    'to check what is closed to this user: the folder, or the file (needs root)',
    async () => {
      const data = scratch();
      writeFileSync(join(data, 'squab.db'), '', { mode: 0o600 });
      for (const mode of [0o700, 0o755]) {
        chmodSync(data, mode);
        const { code, stderr } = await squabEnds(['check', data], { uid: 65_534, gid: 65_534, cwd: '/' });
        expect([code, stderr]).toEqual([
          2,
          expect.stringMatching(/^squab: Not checked: Cannot read .*permission denied/),
        ]);
      }
    },
  );

  it('to check a folder whose path is too long for SQLite', async () => {
    const data = join(scratch(), ...Array.from({ length: 6 }, () => 'x'.repeat(100)));
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'squab.db'), '');
    const { code, stderr } = await squabEnds(['check', data]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Not checked: Cannot read the data folder')]);
  });

  it.skipIf(process.platform === 'win32')('a data folder without write permission', async () => {
    const folder = scratch();
    const data = join(folder, 'data');
    mkdirSync(data);
    chmodSync(data, 0o555);
    chmodSync(folder, 0o755);
    // Root can write everywhere, so Squab has to run as another user.
    const options = process.getuid!() === 0 ? { uid: 65_534, gid: 65_534, cwd: '/' } : {};
    const message = (place: string) =>
      `Cannot use the data folder ${place}: Squab has no permission to write there. Choose another folder with --data.`;
    expect(await squabEnds(['--data', data], options)).toEqual(failure(1, message(data)));
    expect(await squabEnds(['--data', join(data, 'x')], options)).toEqual(failure(1, message(join(data, 'x'))));
  });

  it("a data folder with another program's squab.db, which it does not change", async () => {
    const data = scratch();
    const file = join(data, 'squab.db');
    const other = new Database(file);
    other.exec('CREATE TABLE invoices (id)');
    other.close();
    const before = readFileSync(file);
    expect(await squabEnds(['--data', data])).toEqual(
      failure(1, `The file squab.db in ${data} is not Squab's. Choose another folder with --data.`),
    );
    expect(readFileSync(file).equals(before)).toBe(true);
    writeFileSync(file, 'Dear diary, '.repeat(100));
    expect(await squabEnds(['--data', data])).toEqual(
      failure(
        1,
        `The database ${file} is damaged or not a database (file is not a database). ` +
          `Run \`squab check ${data}\` to see what is wrong. Restore a good copy, or choose another folder with --data.`,
      ),
    );
  });

  it('a data folder that another Squab uses, which keeps working', async () => {
    const data = scratch();
    const { url } = await squabServes(['--data', data]);
    expect(await squabEnds(['--port=0', '--data', data])).toEqual(
      failure(
        1,
        `The data folder ${data} is in use by another Squab. Stop that one, or choose another folder with --data.`,
      ),
    );
    expect(await client('JSON', url).call('ListQueues')).toEqual({});
  });

  it('a data folder of a newer Squab, which it does not change', async () => {
    const data = scratch();
    const first = await squabServes(['--data', data]);
    first.child.kill('SIGTERM');
    await first.ended;
    const file = join(data, 'squab.db');
    const known = alter(file, 'PRAGMA user_version = 1000');
    const before = readFileSync(file);
    expect(await squabEnds(['--data', data])).toEqual(
      failure(
        1,
        `The data in ${data} was written by a newer Squab (format 1000; this one knows formats up to ${known}). ` +
          'Use that version, or choose another folder with --data.',
      ),
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  const oldNode = unsupportedNode();
  it.skipIf(!oldNode)('a Node.js that is too old (skipped if there is none on the PATH)', async () => {
    const { program, version } = oldNode!;
    for (const args of [[], ['--version']]) {
      expect(await run(program, ['dist/cli.cjs', ...args]).ended).toEqual(
        failure(1, `Squab needs Node.js 22.14 or newer (for Node.js 23, 23.6 or newer); this is Node.js ${version}.`),
      );
    }
  });

  it('a Node.js without the version of Node-API that SQLite needs', () => {
    expect(nodeVersionProblem({ node: '23.5.0', napi: '9' })).toBe(
      'Squab needs Node.js 22.14 or newer (for Node.js 23, 23.6 or newer); this is Node.js 23.5.0.',
    );
    expect(nodeVersionProblem({ node: '8.0.0' })).toContain('this is Node.js 8.0.0.');
    for (const napi of ['10', '11']) expect(nodeVersionProblem({ node: '24.0.0', napi })).toBeUndefined();
  });
});

/** Changes a database with SQL. Returns the version of its format before the change. */
function alter(file: string, sql: string): number {
  const database = new Database(file);
  const format = database.pragma('user_version', { simple: true }) as number;
  database.exec(sql);
  database.close();
  return format;
}

/** Finds a `node` on the PATH that Squab does not run on. */
function unsupportedNode(): { program: string; version: string } | undefined {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const program = join(folder, 'node');
    try {
      const versions = JSON.parse(
        execFileSync(program, ['-p', 'JSON.stringify(process.versions)'], { encoding: 'utf8' }),
      );
      if (nodeVersionProblem(versions)) return { program, version: versions.node };
    } catch {
      // There is no node in this folder.
    }
  }
  return undefined;
}
