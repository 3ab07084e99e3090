/** Opens stores of the SQLite engine, and checks their tables while they are open. */

import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { rules } from '../../src/storage/sqlite/offline/check-rules.ts';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import type { Engine } from './subject.ts';

const checks = new WeakMap<Store, () => string[]>();

/** Opens a store that keeps everything in `folder`, or in memory if undefined. */
export function openSqlite(folder?: string): SqliteStore {
  const connection = openDatabase(folder);
  const store = new SqliteStore(folder, undefined, connection);
  const statements = rules.map(({ sql, say }) => ({ find: connection.prepare<[], object>(sql), say }));
  checks.set(store, () => statements.flatMap(({ find, say }) => find.all().map(say)));
  return store;
}

/** SQLite in memory. */
export const sqliteInMemory: Engine = {
  open: () => openSqlite(),
  states: (store) => (store as SqliteStore).states,
  inspection: (store) => (store as SqliteStore).inspection,
  // The rules of `squab check`, on the tables as the latest transaction left them.
  problems: (store) => checks.get(store)!(),
  freesInVerbs: true,
};
