/** Chooses and opens the engine. */

import type { Options } from './settings/options.ts';
import type { Engine } from './storage/engine.ts';
import { MemoryStore } from './storage/memory/memory-store.ts';

/** Opens the engine in memory or, with `data`, the SQLite engine, which is loaded only then. Throws DataFolderError. */
export async function openEngine({ data, durability }: Options): Promise<Engine> {
  if (data === undefined) return new MemoryStore();
  const { SqliteStore } = await import('./storage/sqlite/sqlite-store.ts');
  return new SqliteStore(data, durability);
}
