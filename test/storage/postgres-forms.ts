/** The forms of the PostgreSQL engine: one node, and two nodes on one database whose verbs alternate. */

import type { Engine } from '../../src/storage/engine.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { checkDatabase } from '../../src/storage/postgres/checking/check-database.ts';
import { database, newSchema, sql } from '../postgres.ts';
import { alternating } from './alternating.ts';
import type { EngineForm } from './subject.ts';

/** Returns no forms if no server can run here. */
export async function postgresForms(): Promise<Record<string, EngineForm>> {
  const url = await database();
  if (url === undefined) return {};
  const schemas = new WeakMap<Engine, string>();
  const open = (nodes: number) => async (schema: string) => {
    const opened: Engine[] = [];
    for (let node = 0; node < nodes; node++) {
      opened.push(await openEngine({ database: url, databaseSchema: schema, durability: 'process' }));
    }
    const store = opened.length === 1 ? opened[0]! : alternating(opened);
    schemas.set(store, schema);
    return store;
  };
  const form = (nodes: number): EngineForm => ({
    isConcurrent: true,
    keepsSnapshots: true,
    open: () => open(nodes)(newSchema()),
    // The rules of `squab check`.
    problems: async (store) => (await checkDatabase({ url, schema: schemas.get(store)! })).problems,
    async reopen(store) {
      await store.close();
      return open(nodes)(schemas.get(store)!);
    },
    async breakDown(store) {
      const schema = schemas.get(store)!;
      await sql(url, `ALTER SCHEMA ${schema} RENAME TO hidden`);
      return async () => {
        await sql(url, `ALTER SCHEMA hidden RENAME TO ${schema}`);
      };
    },
  });
  return { PostgreSQL: form(1), 'two nodes on PostgreSQL': form(2) };
}
