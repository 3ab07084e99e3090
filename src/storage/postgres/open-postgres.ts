/** Opens the PostgreSQL engine as one of any number of nodes. */

import type { Engine } from '../engine.ts';
import { joining } from './nodes/join.ts';
import { openDatabase } from './open.ts';
import type { DatabaseOptions } from './opening/target.ts';
import { PostgresStore } from './postgres-store.ts';

/** `version` is that of Squab. Throws DatabaseUnusable. */
export async function openPostgres(options: DatabaseOptions, version: string): Promise<Engine> {
  const database = await openDatabase(options);
  try {
    return await PostgresStore.open(database, joining(database, version));
  } catch (error) {
    await database.sessions.close();
    throw error;
  }
}
