/** `squab check --database`: the problems that it finds, and that it finds none in sound data. */

import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { checkDatabase } from '../../../src/storage/postgres/checking/check-database.ts';
import { copyOf, database, sql } from '../../postgres.ts';
import { fill } from '../little-of-everything.ts';

const url = await database();

/** Resolves to the problems of a copy of the sound data, changed by `statement`. */
async function problemsAfter(statement: string): Promise<string[]> {
  const copy = await copyOf(url!);
  await sql(copy, `SET search_path = squab; ${statement}`);
  return (await checkDatabase({ url: copy })).problems;
}

describe.skipIf(!url)('the check of a database', () => {
  beforeAll(async () => {
    const store = await openEngine({ database: url! });
    await fill(store);
    expect(await checkDatabase({ url: url! })).toMatchObject({ queues: 3, messages: 12, problems: [] });
    await store.close();
  });

  it('finds nothing in sound data, whose parts it names one after the other', async () => {
    const seen: string[] = [];
    const checked = await checkDatabase({ url: url! }, (doing) => seen.push(doing));
    expect(checked).toMatchObject({ where: expect.stringMatching(/^the database squab_/), queues: 3, messages: 12 });
    expect(checked.problems).toEqual([]);
    expect(checked.bytes).toBeGreaterThan(8192);
    expect(seen[0]).toBe('the counts of queues');
    expect(seen.at(-1)).toBe('the bodies of messages');
  });

  it('fails for a database without tables, or with those of another version', async () => {
    await expect(checkDatabase({ url: url!, schema: 'none' })).rejects.toThrow(
      /^The schema none of the database .* has 0 of/,
    );
    const copy = await copyOf(url!);
    await sql(copy, 'UPDATE squab.steps SET done = 99');
    await expect(checkDatabase({ url: copy })).rejects.toThrow('is of a newer Squab');
  });

  const plain = "(SELECT generation FROM queues WHERE name = 'plain')";
  const fifo = "(SELECT generation FROM queues WHERE name = 'groups.fifo')";
  it.each([
    [
      'a wrong count',
      `UPDATE counts SET messages = messages + 2 WHERE ctid = (SELECT min(ctid) FROM counts WHERE generation = ${plain})`,
      /^Queue 000000000000\/us-east-1\/plain counts 9 messages, but contains 7\.$/,
    ],
    [
      'a wrong count of hidden messages',
      `UPDATE hidden SET in_flight = in_flight + 1 WHERE generation = ${plain} AND in_flight > 0`,
      /^Queue .*plain counts 3 in-flight and 0 delayed messages that become visible in second \d+, but contains 2 and 0\.$/,
    ],
    [
      'hidden messages that are not counted',
      `DELETE FROM hidden WHERE generation = ${plain} AND delayed > 0`,
      /^Queue .*plain counts 0 in-flight and 0 delayed messages that .* but contains 0 and 1\.$/,
    ],
    [
      'a message without content',
      `DELETE FROM contents WHERE key = (SELECT max(key) FROM messages WHERE generation = ${plain})`,
      /^Message \d+ of generation \d+ has no content\.$/,
    ],
    [
      'content without a message',
      `INSERT INTO contents (key, generation, sent_at, message_id, body, body_md5, sender_id)
       SELECT 500, generation, sent_at, 'x', body, body_md5, 'x' FROM contents LIMIT 1`,
      /^Content 500 belongs to no message\.$/,
    ],
    [
      'content of another generation',
      'UPDATE contents SET generation = 1 WHERE key = (SELECT max(key) FROM messages)',
      /^Message \d+ of generation \d+ and its content have different generations or times\.$/,
    ],
    [
      'messages without a queue',
      'DELETE FROM abandoned',
      /^Messages of generation \d+, which never belonged to a queue: 1\.$/,
    ],
    [
      'a generation with two owners',
      `INSERT INTO abandoned VALUES (${plain})`,
      /^Generation \d+ has 2 owners among the queues and the abandoned generations, instead of one\.$/,
    ],
    [
      'a queue with groups that is not serial',
      "UPDATE queues SET serial = false WHERE name = 'plain'",
      /^Queue .*plain has message groups, but is not serial\.$/,
    ],
    [
      'a message in the wrong group',
      `UPDATE messages SET group_number = (SELECT number FROM groups WHERE group_id = 'g')
       WHERE generation = ${fifo} AND key = (SELECT max(key) FROM messages WHERE generation = ${fifo})`,
      /^Message \d+ of queue .*groups\.fifo is in group "h", but its group number \d+ is not that group's\.$/,
    ],
    [
      'a group that is ready too early',
      "UPDATE groups SET ready_at = ready_at - 1 WHERE group_id = 'g'",
      /^Group "g" of queue .*groups\.fifo is ready at \d+ with message \d+, instead of at \d+ with message \d+\.$/,
    ],
    [
      'a group that is not in line with its first message',
      "UPDATE groups SET rank = rank + 1 WHERE group_id = 'g'",
      /^Group "g" of queue .*groups\.fifo has the rank \d+ instead of \d+\.$/,
    ],
    [
      'a group without messages',
      `INSERT INTO groups SELECT number + 500, generation, 'empty', ready_at, first_key, rank FROM groups WHERE group_id = 'g'`,
      /^Group "empty" of queue .*groups\.fifo has no messages, so it should not exist\.$/,
    ],
    [
      'a tenant that is ready too late',
      "UPDATE groups SET ready_at = ready_at + 1 WHERE group_id = 'tenant'",
      /^Group "tenant" of queue .*plain is ready at \d+ with message \d+/,
    ],
    [
      'receives that contradict each other',
      'UPDATE messages SET first_received_at = NULL WHERE receives = 1',
      /has contradictory records of its receives\.$/,
    ],
    [
      'numbers that would be issued again',
      "SELECT setval('numbers', 3)",
      /^Number \d+ is in use among messages, but only numbers up to 3 were issued: it may be issued again\.$/,
    ],
    ['a missing secret', 'DELETE FROM receipt_secret', /^The table receipt_secret has 0 valid rows instead of one\.$/],
    [
      'a secret that is too short',
      "UPDATE receipt_secret SET key = '\\x00'",
      /^The table receipt_secret has 0 valid rows instead of one\.$/,
    ],
    ['a missing catalogue', 'DELETE FROM catalogue', /^The table catalogue has 0 valid rows instead of one\.$/],
    [
      'queue attributes that are not JSON',
      "UPDATE queues SET attributes = '{' WHERE name = 'dead'",
      /^The attributes or tags of queue .*dead cannot be read\.$/,
    ],
    [
      'message attributes that are not JSON',
      "UPDATE contents SET attributes = '[[' WHERE body = 'a' AND attributes IS NOT NULL",
      /^The attributes of message .* cannot be read\.$/,
    ],
    [
      'a move task in an unknown state',
      "UPDATE move_tasks SET status = 'ASLEEP'",
      /^Move task task is in an impossible state\.$/,
    ],
    [
      'settings of a mapping that are not JSON',
      "UPDATE mappings SET settings = '{'",
      /^The settings or tags of event source mapping m cannot be read\.$/,
    ],
    ['an altered body', "UPDATE contents SET body = 'z' WHERE body = 'c'", /^The body of message .* was altered\.$/],
  ])('finds %s', async (_what, statement, problem) => {
    expect(await problemsAfter(statement)).toContainEqual(expect.stringMatching(problem));
  });

  it('lists the first ten problems of a kind, and counts the others', async () => {
    const problems = await problemsAfter("UPDATE contents SET body_md5 = ''");
    expect(problems).toHaveLength(11);
    expect(problems.at(-1)).toBe('2 more of this kind (the bodies of messages).');
  });
});
