/** Every storage engine, in each of its forms. The suites of the contract run against all of them. */

import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { checkFolder } from '../../src/storage/sqlite/offline/check-folder.ts';
import { rules } from '../../src/storage/sqlite/offline/check-rules.ts';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import { postgresForms } from './postgres-forms.ts';
import type { EngineForm } from './subject.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-engines-'));
afterAll(() => rmSync(home, { recursive: true }));

const folders = new WeakMap<Engine, string>();
const checks = new WeakMap<Engine, () => string[]>();

function openSqlite(folder?: string): Engine {
  const connection = openDatabase(folder);
  const store = new SqliteStore(folder, undefined, connection);
  const statements = rules.map(({ sql, say }) => ({ find: connection.prepare<[], object>(sql), say }));
  checks.set(store, () => statements.flatMap(({ find, say }) => find.all().map(say)));
  return store;
}

function openFolder(folder = mkdtempSync(join(home, 'data-'))): Engine {
  const store = openSqlite(folder);
  folders.set(store, folder);
  return store;
}

const sqlite: Pick<EngineForm, 'problems' | 'freesInVerbs' | 'repeatsTurns'> = {
  // The rules of `squab check`, on the tables as the latest transaction left them.
  problems: (store) => checks.get(store)!(),
  freesInVerbs: true,
  repeatsTurns: true,
};

const embedded: Readonly<Record<string, EngineForm>> = {
  memory: { open: () => new MemoryStore(), freesInVerbs: true, freesPurgedAtOnce: true },
  'SQLite in memory': { ...sqlite, open: () => openSqlite() },
  'SQLite in a folder': {
    ...sqlite,
    open: () => openFolder(),
    async reopen(store) {
      await store.close();
      const folder = folders.get(store)!;
      expect(checkFolder(folder).problems).toEqual([]);
      return openFolder(folder);
    },
    breakDown(store) {
      const [file, hidden] = ['squab.db', 'hidden'].map((name) => join(folders.get(store)!, name)) as [string, string];
      renameSync(file, hidden);
      return () => renameSync(hidden, file);
    },
  },
};

/** The engine in memory, with which others are compared. */
export const memory: EngineForm = embedded.memory!;

/** Which engines the suites run against: those with this word in their names. Two nodes only if they are asked for. */
const wanted = process.env.SQUAB_TEST_ENGINES;

export const engines: Readonly<Record<string, EngineForm>> = Object.fromEntries(
  Object.entries({ ...embedded, ...(await postgresForms()) }).filter(([name]) =>
    wanted === undefined ? !name.startsWith('two nodes') : name.includes(wanted),
  ),
);
