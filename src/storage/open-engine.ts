/** Chooses and opens the engine. */

import type { Engine } from './engine.ts';
import { MemoryStore } from './memory/memory-store.ts';

/** Where the data is; without `data` and `database`, in memory. */
export interface EngineOptions {
  /** A folder, for the SQLite engine. */
  data?: string | undefined;
  /** The URL of a database, for the PostgreSQL engine. */
  database?: string | undefined;
  databaseSchema?: string | undefined;
  databaseMigrate?: 'yes' | 'no' | undefined;
  databaseListen?: string | undefined;
  durability?: 'process' | 'power' | undefined;
}

/** Opens the engine, which is loaded only then. Throws DataFolderError, DatabaseUnusable. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { data, database, databaseSchema, databaseMigrate, databaseListen, durability } = options;
  if (database !== undefined) {
    const [{ openDatabase }, { PostgresStore }] = await Promise.all([
      import('./postgres/open.ts'),
      import('./postgres/postgres-store.ts'),
    ]);
    const [schema, migrate] = [databaseSchema, databaseMigrate !== 'no'];
    return PostgresStore.open(
      await openDatabase({ url: database, schema, migrate, listenUrl: databaseListen, durability }),
    );
  }
  if (data === undefined) return new MemoryStore();
  const { SqliteStore } = await import('./sqlite/sqlite-store.ts');
  return new SqliteStore(data, durability);
}
