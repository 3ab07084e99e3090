/** Chooses and opens the engine. */

import type { Engine } from './engine.ts';
import { MemoryStore } from './memory/memory-store.ts';
import type { Durability } from './sqlite/database.ts';

/** Opens the engine in memory or, for a folder, the SQLite engine, which is loaded only then. Throws DataFolderError. */
export async function openEngine(folder?: string, durability?: Durability): Promise<Engine> {
  if (folder === undefined) return new MemoryStore();
  const { SqliteStore } = await import('./sqlite/sqlite-store.ts');
  return new SqliteStore(folder, durability);
}
