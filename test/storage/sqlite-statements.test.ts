import { describe, expect, it } from 'vitest';
import { CountKeeper } from '../../src/storage/sqlite/counts.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { MessageTable } from '../../src/storage/sqlite/message-table.ts';
import { Numbers } from '../../src/storage/sqlite/numbers.ts';
import { QueueTable } from '../../src/storage/sqlite/queue-table.ts';

describe('the statements of the SQLite engine', () => {
  const connection = openDatabase(undefined);
  const prepare = connection.prepare.bind(connection);
  const prepared: string[] = [];
  connection.prepare = ((sql: string) => {
    prepared.push(sql);
    return prepare(sql);
  }) as typeof connection.prepare;
  new CountKeeper(connection, new QueueTable(connection, new Numbers(connection)));
  new MessageTable(connection);

  const ofMessages = prepared.filter((sql) => /\b(messages|contents)\b/.test(sql) && !sql.startsWith('INSERT'));

  it.each(ofMessages)('go straight to their rows, and sort nothing: %s', (sql) => {
    const plan = prepare(`EXPLAIN QUERY PLAN ${sql.replace(/\?|:\w+/g, '0')}`).all() as { detail: string }[];
    expect(plan.length).toBeGreaterThan(0);
    for (const { detail } of plan) expect(detail).toMatch(/^SEARCH /);
  });
});
