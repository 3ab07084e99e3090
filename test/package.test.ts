/** The contents of the npm package, its dependencies and its types. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { root } from './commands/command.ts';
import { project, runIn } from './docs/snippets.ts';

interface Packed {
  files: { path: string }[];
  unpackedSize: number;
}

it('the package contains dist/ and the documents, but no sources or tests', () => {
  const packing = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(packing) as [Packed];
  const papers = [
    ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
    ...['bench/RESULTS.md', 'package.json'],
  ];
  const filesIn = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  const [dist, docs] = [filesIn('dist'), filesIn('docs')];
  expect(packed.files.map(({ path }) => path).sort()).toEqual([...papers, ...docs, ...dist].sort());
  expect(dist).toContain('dist/THIRD-PARTY-LICENSES.txt');
  expect(packed.unpackedSize).toBeLessThan(3_500_000);
});

it('the script and the style sheet of the console have less than 120 KB when compressed', () => {
  const folder = join(root, 'dist/console');
  const files = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name));
  const sizes = files.map((name) => gzipSync(readFileSync(join(folder, name))).length);
  expect(files).toHaveLength(2);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(120_000);
});

it('dist/ imports only Node.js, better-sqlite3, and Jest and Vitest in one file each; its types only Vitest', () => {
  const dist = join(root, 'dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  const imported = (pattern: RegExp) =>
    files
      .filter((file) => pattern.test(file))
      .flatMap((file) => {
        const text = readFileSync(join(dist, file), 'utf8');
        const statement = file.endsWith('.cjs')
          ? /\brequire\("([^."][^"]*)"\)/g
          : /^(?:import|export)\b(?:[^;'"]*\bfrom)? ?["']([^."'][^"']*)["']/gm;
        const found = [...text.matchAll(statement)].map(([, name]) => name!);
        return found.filter((name) => !isBuiltin(name)).map((name) => `${file}: ${name}`);
      });
  expect(imported(/^vitest\.js$/)).toEqual(['vitest.js: vitest']);
  expect(imported(/^jest\.cjs$/)).toEqual(['jest.cjs: @jest/globals']);
  const others = imported(/^(?!vitest\.js$|jest\.cjs$).*\.c?js$/).map((line) => line.split(': ')[1]);
  expect([...new Set(others)]).toEqual(['better-sqlite3']);
  expect(imported(/\.d\.c?ts$/)).toEqual(['testing/vitest.d.ts: vitest']);
});

it.each([false, true])('SQLite is loaded only with a data folder (with one: %s)', (withData) => {
  const folder = mkdtempSync(join(tmpdir(), 'squab-package-'));
  const code = `
    const { start } = await import(${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)});
    const squab = await start({ port: 0, ${withData ? `data: ${JSON.stringify(folder)}` : ''} });
    process.report.excludeNetwork = true;
    console.log(process.report.getReport().sharedObjects.some((file) => file.includes('better-sqlite3')));
    await squab.stop();
  `;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(printed.trim()).toBe(String(withData));
});

it('the package pg is bundled, and loaded only with --database', () => {
  const dist = join(root, 'dist');
  const text = (file: string) => readFileSync(join(dist, file), 'utf8');
  /** Written by pg's connections, and by nothing else. */
  const hasPg = (file: string) => text(file).includes('SASLInitialResponse');
  /** The files that are loaded together with a file: those that it does not import only when it needs them. */
  const loadedWith = (file: string, loaded = new Set<string>()): Set<string> => {
    if (loaded.has(file)) return loaded;
    loaded.add(file);
    const imports = file.endsWith('.cjs')
      ? text(file).matchAll(/(?<=^(?:const|let|require)\b.*)\brequire\("\.\/([^"]+)"\)/gm)
      : text(file).matchAll(/^(?:import|export)\b(?:[^;'"]*\bfrom)? ?["']\.\/([^"']+)["']/gm);
    for (const [, imported] of imports) loadedWith(imported!, loaded);
    return loaded;
  };
  const scripts = readdirSync(dist).filter((name) => /\.c?js$/.test(name));
  const bundles = scripts.filter(hasPg);
  expect(bundles).toHaveLength(1);
  for (const file of ['cli.cjs', 'index.js', 'thread.cjs', 'vitest.js', 'server.cjs', 'serve.cjs', 'check.cjs']) {
    expect(loadedWith(file).size, file).toBeGreaterThan(1);
    expect([...loadedWith(file)].filter(hasPg), file).toEqual([]);
  }
  expect(text('THIRD-PARTY-LICENSES.txt')).toMatch(/^pg 8\.\d+\.\d+ \(MIT\)$/m);
});

it('the types of dist/ declare the control interface and the options, but not what is behind them', () => {
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' });
  const types = files.filter((file) => /\.d\.c?ts$/.test(file));
  expect(types).toContain('control/control.d.ts');
  expect(types.filter((file) => /^(api|http|metrics|queues|server|works)\b|sqlite/.test(file))).toEqual([]);
  const text = readFileSync(join(root, 'dist/control/control.d.ts'), 'utf8');
  expect(text).not.toMatch(/constructor|Dependencies|close\(/);
});

/** Code as users write it. `@ts-expect-error` marks what must not compile. */
const USES = `
squab.control.clock.advance('30s').then(({ now }) => now.toUpperCase());
// @ts-expect-error: a duration is a string
squab.control.clock.advance(30);
// @ts-expect-error: there is no such method
squab.control.clock.stop();
// @ts-expect-error: internals are not visible
squab.control.close();
`;
const FIXTURE_USES = `${USES}
squab.control.clock.read().then(({ frozen, millis }) => frozen || millis.toFixed());
const config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } } = squab.sqsConfig;
const env: Record<string, string> = { ...squab.env };
config.endpoint + env.AWS_REGION;
`;
const SETUP_USES = `const squab = setupSquab({ inFlightLimit: 10, queues: [{ name: 'q' }] });
// @ts-expect-error: there is no such option
setupSquab({ inFlightLimits: 10 });
${FIXTURE_USES}`;

it.each([
  [
    'squab',
    'index.mts',
    `import { start } from 'squab';\nimport { type Control, ControlError, type StartOptions } from 'squab';\nconst options: StartOptions = { port: 0, queues: [{ name: 'q' }] };\nconst squab = await start(options);\nconst control: Control = squab.control;\ncontrol.queues.purge('q').catch((error) => error instanceof ControlError && error.status === 404);\n${USES}`,
  ],
  ['squab/jest, in a module', 'jest.mts', `import { setupSquab } from 'squab/jest';\n${SETUP_USES}`],
  ['squab/jest, in CommonJS', 'jest.cts', `import { setupSquab } from 'squab/jest';\n${SETUP_USES}`],
  ['squab/vitest', 'vitest.mts', `import { setupSquab } from 'squab/vitest';\n${SETUP_USES}`],
  [
    'the fixture of squab/vitest',
    'fixture.mts',
    `import { test } from 'squab/vitest';\ntest('…', async ({ squab, expect }) => { expect(squab.url);\n${FIXTURE_USES} });`,
  ],
])('the types of %s compile with moduleResolution nodenext', async (_what, file, code) => {
  const folder = project({ [file]: code }, ['vitest', '@types/node']);
  // Vitest's own declarations need more libraries than Squab's.
  const skipLibCheck = file.startsWith('vitest') || file.startsWith('fixture');
  const compilerOptions = {
    ...{ module: 'nodenext', moduleResolution: 'nodenext', target: 'es2024', lib: ['es2024'], types: ['node'] },
    ...{ strict: true, noEmit: true, skipLibCheck },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const { code: result, stdout } = await runIn(folder, process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['-p', folder],
  ]);
  expect({ result, stdout }).toEqual({ result: 0, stdout: '' });
});
