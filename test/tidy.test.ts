/** The house rules, as a test: who may import whom, where time and chance come from, how long a file may be. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const files = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const sources = files('src');

interface Import {
  path: string;
  typeOnly: boolean;
}

/** Paths of ours from the root (`src/clock.ts`), packages by their name. */
function importsOf(file: string): Import[] {
  const statements = text(file).matchAll(/^(?:import|export) (type )?(?:[^;]*? from )?'([^']+)'|import\('([^']+)'\)/gm);
  return [...statements].map(([, type, from, dynamic]) => {
    const path = (from ?? dynamic)!;
    return {
      path: path.startsWith('.') ? relative(root, join(root, dirname(file), path)) : path,
      typeOnly: type !== undefined,
    };
  });
}

/** What a storage engine is asked for, in files by subject. */
const contract = [
  'src/storage/store.ts',
  ...['happenings', 'inspection', 'observation', 'states'].map((subject) => `type:src/storage/${subject}.ts`),
];

/** What the files of a place may import of ours, besides their own folder; `type:` allows types only. */
const arrows: [place: RegExp, allowed: string[]][] = [
  [/^src\/(errors|suggest|version|ready-file)\.ts$/, []],
  [/^src\/time\//, ['src/time/']],
  [/^src\/settings\//, ['src/settings/']],
  [/^src\/outages\.ts$/, ['type:src/time/clock.ts', 'type:src/storage/store.ts']],
  [/^src\/metrics\//, [...contract, 'src/queues/digest.ts', 'type:src/time/clock.ts', 'src/metrics/']],
  // The contract of an engine, in files by subject.
  [/^src\/storage\/[\w-]+\.ts$/, ['type:src/time/clock.ts', 'type:src/storage/']],
  [/^src\/storage\/(\w+)\//, [...contract, 'type:src/time/clock.ts']],
  [/^src\/queues\//, ['src/storage/store.ts', 'src/time/clock.ts', 'src/errors.ts', 'src/queues/']],
  [/^src\/api\//, [...contract, 'src/queues/', 'src/errors.ts', 'type:src/settings/credentials.ts', 'src/api/']],
  [/^src\/control\//, [...contract, 'src/queues/', 'src/errors.ts', 'src/time/', 'src/suggest.ts', 'src/control/']],
  [
    /^src\/queue-files\//,
    ['src/queues/', 'src/api/', 'src/errors.ts', 'src/suggest.ts', 'type:src/storage/store.ts', 'src/queue-files/'],
  ],
  [/^src\/testing\//, ['src/index.ts', 'type:src/settings/options.ts', 'type:src/control/', 'src/testing/']],
  [/^src\/(commands\/|http\/|(server|works|index|cli)\.ts$)/, ['src/']],
];

/** Packages that have one home each. */
const homes: Record<string, RegExp> = {
  fastify: /^src\/http\//,
  zod: /^src\/(api\/|control\/|settings\/config\.ts$)/,
  'prom-client': /^src\/metrics\//,
  'better-sqlite3': /^src\/storage\/sqlite\//,
  yaml: /^src\/queue-files\//,
  vitest: /^src\/testing\/vitest\.ts$/,
  '@jest/globals': /^src\/testing\/jest\.ts$/,
  uuid: /^src\/(works|http\/app)\.ts$/,
};

describe('the house', () => {
  it.each(sources)('%s imports only what it may', (file) => {
    const arrow = arrows.find(([place]) => place.test(file));
    expect(arrow, 'every file has its place').toBeDefined();
    const [place, allowed] = arrow!;
    const ownFolder = place.exec(file)![1] && `src/storage/${place.exec(file)![1]}/`;
    for (const { path, typeOnly } of importsOf(file)) {
      if (!path.startsWith('src/')) continue;
      const mayBe = (rule: string) =>
        rule.startsWith('type:')
          ? typeOnly && (path === rule.slice(5) || (rule.endsWith('/') && path.startsWith(rule.slice(5))))
          : path === rule || (rule.endsWith('/') && path.startsWith(rule));
      const fine = allowed.some(mayBe) || (file.startsWith('src/storage/') && ownFolder && path.startsWith(ownFolder));
      expect(fine, `${file} must not import ${path}`).toBeTruthy();
    }
  });

  it.each(sources)('%s uses packages where they live', (file) => {
    for (const { path, typeOnly } of importsOf(file)) {
      const home = homes[path];
      if (path.startsWith('src/') || path.startsWith('node:')) continue;
      if (typeOnly && path === 'zod') continue;
      expect(home?.test(file), `${file} must not import ${path}`).toBe(true);
    }
  });

  it.each(sources)('%s takes time and chance from where they are kept', (file) => {
    if (/^src\/(time\/clock|server)\.ts$/.test(file)) return;
    expect(text(file)).not.toMatch(/\b(Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|randomUUID)\b/);
  });

  it.each([...sources, ...files('test'), ...files('bench'), ...files('scripts')])('%s is not too long', (file) => {
    const lines = text(file).split('\n').length - 1;
    expect(lines).toBeLessThanOrEqual(file === 'test/helpers.ts' ? 200 : 300);
  });

  it.each(sources)('%s begins with its promise', (file) => {
    // An operation says what it does in its summary.
    if (file.startsWith('src/api/operations/') && /^ {2}summary: /m.test(text(file))) return;
    expect(text(file)).toMatch(/^(#!.*\n)?\/\*\*/);
  });

  it('has an operation test for each operation file', () => {
    const names = readdirSync(join(root, 'src/api/operations')).filter((name) => /^[a-z-]+\.ts$/.test(name));
    const helpers = new Set(['index.ts', 'shapes.ts']);
    const tests = readdirSync(join(root, 'test/api/operations'));
    for (const name of names.filter((one) => !helpers.has(one))) {
      expect(tests).toContain(name.replace(/\.ts$/, '.test.ts'));
    }
  });

  it('leaves no test out without a reason', () => {
    for (const file of files('test').filter((one) => one !== 'test/tidy.test.ts')) {
      expect(text(file), file).not.toMatch(/\b(it|test|describe)\.(only|todo|skip)\b/);
    }
  });
});
