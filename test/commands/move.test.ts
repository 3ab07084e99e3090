/** The command `squab move`. */

import { describe, expect, it } from 'vitest';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { client } from '../helpers.ts';
import { database, newSchema } from '../postgres.ts';
import { key, message, settings } from '../storage/subject.ts';
import { failure, scratch, squabEnds, squabServes } from './command.ts';

const url = await database();

describe('squab move', () => {
  const folder = scratch;

  it.each([
    ['no folder', [], 'move needs a data folder: squab move --data DIR --database URL. See squab move --help.'],
    [
      'a folder that does not exist',
      ['--data', '/no/such'],
      'The folder /no/such does not exist. See squab move --help.',
    ],
    ['a file', ['--data', 'package.json'], /package\.json is not a folder\. Give the folder of squab --data\./],
    ['another argument', ['here'], 'Unexpected argument "here". See squab move --help.'],
  ])('refuses %s', async (_what, args, problem) => {
    const ended = await squabEnds(['move', ...args]);
    if (typeof problem === 'string') expect(ended).toEqual(failure(2, problem));
    else expect(ended.stderr).toMatch(problem);
  });

  it('refuses to move without a database, to a wrong URL, and from an empty folder', async () => {
    expect(await squabEnds(['move', '--data', folder()])).toEqual(
      failure(2, 'move needs a database: squab move --data DIR --database URL. See squab move --help.'),
    );
    const empty = await squabEnds(['move', '--data', folder(), '--database', 'postgres://127.0.0.1:1/x']);
    expect([empty.code, empty.stderr]).toEqual([
      2,
      expect.stringMatching(/^squab: There is no database .*squab\.db\./),
    ]);
    const data = await filled(folder());
    const away = await squabEnds(['move', '--data', data, '--database', 'postgres://u:secret@127.0.0.1:1/x']);
    expect([away.code, away.stderr]).toEqual([2, expect.stringContaining('Nothing answers at the database x on 127')]);
    expect(away.stderr).not.toContain('secret');
  });

  it.skipIf(!url)('moves a folder to a database, which Squab then serves', async () => {
    const data = await filled(folder());
    const databaseSchema = newSchema();
    const target = ['--database', url!, '--database-schema', databaseSchema];
    const moved = await squabEnds(['move', '--data', data, ...target]);
    expect(moved).toMatchObject({ code: 0, stderr: '' });
    expect(moved.stdout).toMatch(
      /^Moved 2 queues and 3 messages to the database \S+ on \S+\. \S+ was not changed; do not/,
    );
    const { url: served } = await squabServes(target);
    const { call } = client('JSON', served);
    const { QueueUrl } = await call('GetQueueUrl', { QueueName: 'orders' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages.map(({ Body }: { Body: string }) => Body)).toEqual(['one', 'two', 'three']);
    const again = await squabEnds(['move', '--data', data, ...target]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/^squab: Squab is running on the database/)]);
  });
});

/** Puts queues and messages into a data folder. */
async function filled(data: string): Promise<string> {
  const store = new SqliteStore(data);
  const now = Date.now();
  const { queue } = await store.createQueue(key('orders'), settings(), now);
  await store.createQueue(key('orders.fifo'), settings({ fifo: true }), now);
  await store.send(
    queue.id,
    ['one', 'two', 'three'].map((body) => message(body)),
    now,
  );
  await store.close();
  return data;
}
