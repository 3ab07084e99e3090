/** The command `squab check`. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { client } from '../helpers.ts';
import { database as emptyDatabase, sql } from '../postgres.ts';
import { failure, root, scratch, squabEnds, squabServes } from './command.ts';

/** Returns the data folder of a Squab that was killed. It has two queues and one message. */
async function folderAfterCrash(): Promise<string> {
  const data = scratch();
  const { url, child, ended } = await squabServes(['--data', data]);
  const { call } = client('JSON', url);
  await call('CreateQueue', { QueueName: 'other' });
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
  child.kill('SIGKILL');
  await ended;
  return data;
}

const filesOf = (data: string) =>
  readdirSync(data).map((name) => [name, readFileSync(join(data, name)).toString('base64')]);

const database = await emptyDatabase();

describe('squab check', () => {
  it.skipIf(!database)('checks a database, also while a Squab uses it, and shows no password', async () => {
    const url = database!.replace('//postgres@', '//postgres:secret@');
    const { child, url: endpoint, ended } = await squabServes([], { env: { SQUAB_DATABASE: url } });
    const { call } = client('JSON', endpoint);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    await call('SendMessage', { QueueUrl, MessageBody: 'hello' });
    const intact = await squabEnds(['check', '--database', url]);
    expect(intact).toMatchObject({ code: 0, stderr: '' });
    expect(intact.stdout).toMatch(
      /^the database squab_\w+ on .*: 1 queue, 1 message, \d\.\d MiB\.\nThe data is intact\.\n$/,
    );
    await sql(database!, "UPDATE squab.contents SET body = 'altered'");
    const damaged = await squabEnds(['check'], { env: { SQUAB_DATABASE: url } });
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toMatch(/\n- The body of message \S+ \(\d+\) was altered\.\nThe data is damaged\.\n$/);
    const { code, stderr } = await squabEnds(['check', '--database', url, '--database-schema', 'none']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^squab: Not checked: The schema none of the database .* See squab check --help\.\n$/);
    child.kill('SIGTERM');
    const { stdout } = await ended;
    expect(stdout).toContain(new URL(url).pathname);
    for (const shown of [intact.stdout, damaged.stdout, stderr, stdout]) expect(shown).not.toContain('secret');
  });

  it('reports intact data, and does not change the files that a crash left behind', async () => {
    const data = await folderAfterCrash();
    const before = filesOf(data);
    const { code, stdout, stderr } = await squabEnds(['check', data]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/squab\.db: 2 queues, 1 message, 0\.\d MiB\.\nThe data is intact\.\n$/);
    expect(filesOf(data)).toEqual(before);
  });

  it('lists the problems, and exits with 1', async () => {
    const data = await folderAfterCrash();
    const database = new Database(join(data, 'squab.db'));
    database.exec("UPDATE queues SET visible = 7 WHERE name = 'q'");
    database.close();
    const { code, stdout } = await squabEnds(['check', data]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /\n- Queue 000000000000\/us-east-1\/q counts 7 visible, .* but contains 1, 0 and 0\.\nThe data is damaged\.\n$/,
    );
    writeFileSync(join(data, 'squab.db'), 'nonsense'.repeat(2000));
    const garbage = await squabEnds(['check', data]);
    expect(garbage).toMatchObject({ code: 1, stdout: expect.stringContaining('file cannot be opened: file is') });
  });

  it('refuses an empty database file', async () => {
    const data = scratch();
    writeFileSync(join(data, 'squab.db'), '');
    const problem = `Not checked: The database ${data}/squab.db is empty: no Squab has ever used it. See squab check --help.`;
    expect(await squabEnds(['check', data])).toEqual(failure(2, problem));
    expect(readdirSync(data)).toEqual(['squab.db']);
  });

  it('refuses a folder in use, and does not disturb the Squab that uses it', async () => {
    const data = scratch();
    const { url } = await squabServes(['--data', data]);
    expect(await squabEnds(['check', data])).toEqual(
      failure(
        2,
        `Not checked: The data folder ${data} is in use by a running Squab. Stop it first. See squab check --help.`,
      ),
    );
    await client('JSON', url).call('CreateQueue', { QueueName: 'q' });
  });

  it.each([
    [
      'both a folder and a database',
      ['check', 'x', '--database', 'postgres://h/d'],
      'check takes a folder or a database, but was given both: "x" is a folder.',
    ],
    [
      'no folder',
      ['check'],
      'check needs a data folder or a database: squab check DIR, or squab check --database URL.',
    ],
    ['two folders', ['check', '/', '/tmp'], 'check takes one folder, but was also given "/tmp".'],
    ['an unknown option', ['check', '--data', '/'], 'Unknown option --data.'],
    ['a file', ['check', '/dev/null'], '/dev/null is not a folder. Give the folder of squab --data.'],
    ['a missing folder', ['check', '/nowhere/at/all'], 'The folder /nowhere/at/all does not exist.'],
    [
      'a folder without data',
      ['check', join(root, 'src')],
      `Not checked: There is no database ${join(root, 'src/squab.db')}.`,
    ],
  ])('exits with 2 for %s', async (_what, args, message) => {
    expect(await squabEnds(args)).toEqual(failure(2, `${message} See squab check --help.`));
  });

  it('has a help text', async () => {
    const { code, stdout } = await squabEnds(['check', '--help']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^squab check: .*\n\nUsage: squab check DIR\n {7}squab check --database URL/),
    });
    expect((await squabEnds(['--help'])).stdout).toMatch(
      /\n {2}squab check DIR \| --database URL +check the integrity/,
    );
  });

  // `script` runs a program on a terminal. Not every machine has it.
  it.skipIf(spawnSync('script', ['--version']).status !== 0)('shows its progress on a terminal', async () => {
    const data = await folderAfterCrash();
    const output = execFileSync('script', ['-qec', `${process.execPath} dist/cli.cjs check ${data}`, '/dev/null'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(output).toContain('Checking the counts of queues …');
    expect(output).toContain('The data is intact.');
  });
});
