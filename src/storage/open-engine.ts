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
  /** The beginning of the name of this node among those of the database. */
  nodeName?: string | undefined;
  /** The version of Squab, which other nodes show. */
  version?: string | undefined;
}

/** Opens the engine, which is loaded only then. Throws DataFolderError, DatabaseUnusable. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { data, database, durability } = options;
  if (database !== undefined) {
    const { openPostgres } = await import('./postgres/open-postgres.ts');
    const { databaseSchema: schema, databaseListen: listenUrl, nodeName: node, version = 'unknown' } = options;
    const migrate = options.databaseMigrate !== 'no';
    return openPostgres({ url: database, schema, migrate, listenUrl, durability, node }, version);
  }
  if (data === undefined) return new MemoryStore();
  const { SqliteStore } = await import('./sqlite/sqlite-store.ts');
  return new SqliteStore(data, durability);
}
