import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { CatalogueBound } from '../../../src/storage/catalogue-bound.ts';
import { Outbox } from '../../../src/storage/outbox.ts';
import type { Candidate } from '../../../src/storage/rows/message-row.ts';
import { type Connection, openDatabase } from '../../../src/storage/sqlite/database.ts';
import { Faults } from '../../../src/storage/sqlite/disk-faults.ts';
import { SqliteInspection } from '../../../src/storage/sqlite/inspection.ts';
import { Messages } from '../../../src/storage/sqlite/messages.ts';
import { SqliteObservation } from '../../../src/storage/sqlite/observation.ts';
import { partsOf } from '../../../src/storage/sqlite/parts.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { Turns } from '../../../src/storage/sqlite/turns.ts';
import { key, settings } from '../subject.ts';

describe('the statements of the SQLite engine', () => {
  const connection = openDatabase(undefined);
  const prepare = connection.prepare.bind(connection);
  const prepared: string[] = [];
  connection.prepare = ((sql: string) => {
    prepared.push(sql);
    return prepare(sql);
  }) as typeof connection.prepare;
  const all = partsOf(connection, new Outbox(), new CatalogueBound());
  const { table, queues, groups } = all;
  const faults = new Faults(connection, undefined);
  const hooks = { writeAdded() {}, beforeCommit() {}, afterCommit() {}, afterRollback() {} };
  const turns = new Turns(connection, faults, hooks);
  new SqliteInspection(connection, all, new Messages(all), turns, async () => undefined);
  new SqliteObservation(connection, { ...all, faults, turns });

  const state = queues.create(key('orders'), settings(), 0);
  // Statements for keys with gaps between them are prepared only when they are first needed.
  for (const keys of [
    [1, 3],
    [1, 3, 5],
  ]) {
    const candidates = keys.map((number) => ({ key: number, attributes: null }) as Candidate);
    table.handOut(state, candidates, 0, 0, 0);
    table.findAll(state.generation, keys);
    table.delete(state, candidates);
    const grouped = candidates.map((candidate) => ({ ...candidate, group_number: candidate.key }));
    groups.hide(state, grouped, 0, undefined);
  }

  const ofMessages = prepared.filter(
    (sql) =>
      /\b(messages|contents|groups|deduplications|attempts|publications)\b/.test(sql) && !sql.startsWith('INSERT'),
  );

  it.each(ofMessages)('find their rows through an index, and sort nothing: %s', (sql) => {
    const plan = prepare(`EXPLAIN QUERY PLAN ${sql.replace(/\?|:\w+/g, '0')}`).all() as { detail: string }[];
    expect(plan.length).toBeGreaterThan(0);
    // A union of two searches in the same order is merged as it is read. A subquery is a search, too, so that scanning
    // it reads only what it found.
    const fine =
      /^(SEARCH\b|(CORRELATED )?(LIST|SCALAR) SUBQUERY\b|CO-ROUTINE\b|SCAN \(?subquery\b|MERGE \(UNION ALL\)|LEFT$|RIGHT$)/;
    for (const { detail } of plan) expect(detail).toMatch(fine);
  });

  it('count the messages in flight of a tenant among those that have been received', () => {
    const ofTenants = ofMessages.filter((sql) => sql.includes('receives > 0') && sql.includes('group_number = ?'));
    expect(ofTenants.length).toBeGreaterThan(0);
    for (const sql of ofTenants) expect(sql).toContain('INDEXED BY received_by_tenant');
  });
});

it('hides the parameters of statements from the planner, so that each is planned only once', () => {
  const prepared: string[] = [];
  const original = Database.prototype.prepare;
  const watch = vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Connection, sql: string) {
    prepared.push(sql);
    return original.call(this, sql);
  });
  void new SqliteStore().close();
  watch.mockRestore();
  const withParameters = prepared.filter((sql) => /[?]|:\w/.test(sql));
  expect(withParameters.length).toBeGreaterThan(40);
  for (const sql of withParameters) expect(sql).not.toMatch(/(?<!\+)(\?|:\w+)/);
});
