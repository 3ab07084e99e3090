/**
 * The house rules, as a test. Rooms, who may import whom, and the homes of packages are read from the tables of
 * ARCHITECTURE.md, so that the page and the code cannot differ.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const files = (folder: string, kind = /\.tsx?$/) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => kind.test(file))
    .map((file) => join(folder, file));
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const sources = files('src');
const page = text('ARCHITECTURE.md');

/** The rows of the page's tables with this head: for each cell, its names in backticks, or the word `everything`. */
function table(head: string): string[][][] {
  const tables = page.split(`| ${head} |\n`).slice(1);
  const rows = tables.flatMap((rest) => rest.split('\n\n', 1)[0]!.split('\n').slice(1));
  return rows.filter((row) => row.startsWith('|')).map((row) => row.split('|').slice(1, -1).map(namesIn));
}

function namesIn(cell: string): string[] {
  if (cell.trim() === 'everything') return ['everything'];
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** Imports of a file, including types: files as paths from the root (`src/errors.ts`), packages by their names. */
function importsOf(file: string): string[] {
  const statements = text(file).matchAll(
    /^(?:import|export) (?:type )?(?:[^;]*? from )?'([^']+)'|import\('([^']+)'\)/gm,
  );
  return [...statements].map(([, from, dynamic]) => {
    const path = (from ?? dynamic)!;
    return path.startsWith('.') ? relative(root, join(root, dirname(file), path)) : path;
  });
}

/** Room → what it may import, in one row or several; the names are those of the page, without `src/`. */
const arrows = new Map<string, string[]>();
for (const [rooms, allowed] of table('Room | May import')) {
  for (const room of rooms!) arrows.set(room, [...(arrows.get(room) ?? []), ...allowed!]);
}

/** The room of a file: the longest one that the page has a row for. */
function roomOf(file: string): string | undefined {
  const rooms = [...arrows.keys()].filter((room) => file.startsWith(`src/${room}`));
  return rooms.sort((a, b) => b.length - a.length)[0];
}

/** A cycle of imports through this file, as a list of files; undefined if there is none. */
function circleThrough(file: string): string[] | undefined {
  const waysTo = new Map<string, string[]>([[file, []]]);
  for (const [place, way] of waysTo) {
    for (const next of importsOf(place)) {
      if (next === file) return [...way, place, file];
      if (next.startsWith('src/') && !waysTo.has(next)) waysTo.set(next, [...way, place]);
    }
  }
  return undefined;
}

/** Folders below `folder`, itself included, that contain a file. Each ends with a slash. */
function foldersOf(folder: string): string[] {
  return [...new Set(files(folder).map((file) => `${dirname(file)}/`))].sort();
}

describe('the house', () => {
  it.each(sources)('%s imports only what it may', (file) => {
    const room = roomOf(file);
    expect(room, `ARCHITECTURE.md says of no room that ${file} is in it`).toBeDefined();
    const allowed = arrows.get(room!)!;
    for (const path of importsOf(file)) {
      if (!path.startsWith('src/') || roomOf(path) === room || allowed.includes('everything')) continue;
      expect(allowed, `${file} imports ${path}; see "Who may import whom" in ARCHITECTURE.md`).toContain(roomOf(path));
    }
  });

  it.each(sources.filter((file) => file.startsWith('src/console/')))(
    '%s imports only types of the server, and rules of SQS',
    (file) => {
      const values = text(file).matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)'/gm);
      for (const [, path] of values) expect(join(dirname(file), path!)).toMatch(/^src\/(console|queues|errors\.ts)/);
    },
  );

  it.each(sources)('%s is not part of a cycle of imports', (file) => {
    expect(circleThrough(file)).toBeUndefined();
  });

  it.each(sources)('%s uses packages where they live', (file) => {
    const homes = new Map(
      table('Package | Home').flatMap(([names, places]) => names!.map((name) => [name, places!] as const)),
    );
    for (const path of importsOf(file)) {
      if (path.startsWith('src/') || path.startsWith('node:')) continue;
      const home = homes.get(path) ?? [];
      const isHome = home.some((place) => file.startsWith(`src/${place}`));
      expect(isHome, `${path} has its home in ${home.join(', ') || 'no room'}, not in ${file}`).toBe(true);
    }
  });

  it('is listed in ARCHITECTURE.md, room by room', () => {
    const listed = table('Room | What is in it').flatMap(([names]) => names!);
    for (const room of listed) expect(existsSync(join(root, room)), `${room} does not exist`).toBe(true);
    expect(listed.filter((room) => room.startsWith('src/')).sort()).toEqual(foldersOf('src'));
    // Rooms of tests have the names of the rooms that they test, or are listed in ARCHITECTURE.md.
    const mirrored = foldersOf('src').map((room) => room.replace('src/', 'test/'));
    expect(foldersOf('test').filter((room) => !mirrored.includes(room) && !listed.includes(room))).toEqual([]);
  });

  it('names only files that exist, in ARCHITECTURE.md and docs/internals', () => {
    const pages = [
      'ARCHITECTURE.md',
      ...readdirSync(join(root, 'docs/internals')).map((name) => `docs/internals/${name}`),
    ];
    const everywhere = ['src', 'test', 'bench', 'scripts', 'docs', '.'].flatMap((folder) =>
      folder === '.' ? readdirSync(root) : files(folder),
    );
    for (const file of pages) {
      for (const name of namesIn(text(file)).filter((word) => /^[\w./-]+\.tsx?$/.test(word))) {
        const exists = everywhere.some((path) => path === name || path.endsWith(`/${name}`));
        expect(exists, `${file} names ${name}`).toBe(true);
      }
    }
  });

  it('has a page that is read in three screens, and pages of internals that are read in two', () => {
    const lines = page.split('\n');
    expect(lines.length).toBeLessThanOrEqual(250);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
    for (const name of readdirSync(join(root, 'docs/internals'))) {
      expect(text(`docs/internals/${name}`).split('\n').length, name).toBeLessThanOrEqual(150);
      expect(page, 'is linked from ARCHITECTURE.md').toContain(`(docs/internals/${name})`);
    }
  });

  it.each([...foldersOf('src'), ...foldersOf('test'), ...foldersOf('bench')])('%s has at most 25 files', (folder) => {
    const names = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(names.length).toBeLessThanOrEqual(25);
  });

  it('has at most 12 files directly in src/', () => {
    expect(sources.filter((file) => dirname(file) === 'src').length).toBeLessThanOrEqual(12);
  });

  it('has no file name more often than once in each engine', () => {
    const places = Object.groupBy(sources, (file) => basename(file));
    expect(Object.values(places).filter((same) => same!.length > 3)).toEqual([]);
  });

  it.each(sources)('%s uses time and randomness only through a clock', (file) => {
    if (/^src\/(time\/clock|server|console\/timing)\.ts$/.test(file)) return;
    expect(text(file)).not.toMatch(
      /(?<![.\w])(Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|randomUUID)\b/,
    );
  });

  const written = [...sources, ...files('src', /\.css$/), ...files('test'), ...files('bench'), ...files('scripts')];
  it.each(written)('%s is not too long', (file) => {
    const lines = text(file).split('\n').length - 1;
    expect(lines).toBeLessThanOrEqual(file === 'test/helpers.ts' ? 200 : 300);
  });

  it.each(sources)('%s begins with a comment that says what it is for', (file) => {
    // An operation says what it does in its summary.
    if (/^src\/api\/s[nq]s\//.test(file) && /^ {2}summary: ['"`]/m.test(text(file))) return;
    expect(text(file)).toMatch(/^(#!.*\n)?\/\*\*/);
  });

  it.each(['sqs', 'sns'])('has an operation test for each operation file of %s', (service) => {
    const names = readdirSync(join(root, 'src/api', service)).filter((name) => /^[a-z-]+\.ts$/.test(name));
    const tests = readdirSync(join(root, 'test/api', service));
    for (const name of names.filter((one) => /^ {2}summary: ['"`]/m.test(text(`src/api/${service}/${one}`)))) {
      expect(tests).toContain(name.replace(/\.ts$/, '.test.ts'));
    }
  });

  it('skips no test without a reason', () => {
    for (const file of files('test').filter((one) => one !== 'test/tidy.test.ts')) {
      expect(text(file), file).not.toMatch(/\b(it|test|describe)\.(only|todo|skip)\b/);
    }
  });
});
