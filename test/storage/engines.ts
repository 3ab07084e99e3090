/** Every storage engine, in each of its forms. The suites of the contract run against all of them. */

import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { EngineForm } from './subject.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-engines-'));
afterAll(() => rmSync(home, { recursive: true }));

const folders = new WeakMap<Engine, string>();

function openFolder(folder = mkdtempSync(join(home, 'data-'))): Engine {
  const store = new SqliteStore(folder);
  folders.set(store, folder);
  return store;
}

export const engines: Readonly<Record<string, EngineForm>> = {
  'SQLite in memory': { open: () => new SqliteStore() },
  'SQLite in a folder': {
    open: () => openFolder(),
    async reopen(store) {
      await store.close();
      return openFolder(folders.get(store));
    },
    breakDown(store) {
      const [file, hidden] = ['squab.db', 'hidden'].map((name) => join(folders.get(store)!, name)) as [string, string];
      renameSync(file, hidden);
      return () => renameSync(hidden, file);
    },
  },
};
