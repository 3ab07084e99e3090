/**
 * The Python package, used as its users do: its own tests, its types and the examples of its documents, on the wheel,
 * in an environment with no Node.js except the one from PyPI.
 */

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../commands/command.ts';
import { scratchFolder, snippetsOf } from '../docs/snippets.ts';
import { BUILD_MS } from '../sdk/programs.ts';
import { installPackage } from './installed.ts';

const folder = await mkdtemp(join(tmpdir(), 'squab-python-'));
const python = await installPackage(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const tests = join(root, 'python/tests');

/** The test functions of the package: the name of the file, and their own. */
const functions = readdirSync(tests)
  .filter((name) => name.startsWith('test_'))
  .flatMap((file) => {
    const names = readFileSync(join(tests, file), 'utf8').matchAll(/^def (test_\w+)/gm);
    return [...names].map(([, name]) => ({ file, name: name!, sentence: name!.slice(5).replaceAll('_', ' ') }));
  });

/** A folder with these files, as a project of a user. */
function project(files: Record<string, string>): string {
  const place = scratchFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  return place;
}

/** The part of a clone from which pip builds, without what `npm ci` and `npm run build` add. */
function clone(): string {
  const place = scratchFolder();
  mkdirSync(join(place, 'python'));
  const files = ['pyproject.toml', 'hatch_build.py', 'README.md', 'LICENSE', 'src'].map((name) => `python/${name}`);
  for (const name of ['package.json', ...files]) cpSync(join(root, name), join(place, name), { recursive: true });
  return place;
}

describe.skipIf(python.lacking)(`the Python package${python.lacking}`, () => {
  describe('is tested by pytest:', () => {
    const outcomes = new Map<string, string[]>();
    let report = '';

    beforeAll(async () => {
      const args = ['-q', '-rA', '--tb=short', '-p', 'no:cacheprovider', tests];
      const { stdout, stderr } = await python.run('pytest', args, folder);
      report = `${stdout}${stderr}`;
      for (const [, outcome, test] of report.matchAll(/^([A-Z]+) \S*?(test_\w+\.py::test_\w+)/gm)) {
        outcomes.set(test!, [...(outcomes.get(test!) ?? []), outcome!]);
      }
    }, BUILD_MS);

    it.each(functions)('$file: $sentence', ({ file, name }) => {
      const seen = new Set(outcomes.get(`${file}::${name}`));
      expect([...seen], report).toEqual(['PASSED']);
    });
  });

  it('has types that mypy accepts, and that refuse mistakes', async () => {
    const args = [
      '--strict',
      '--config-file',
      join(root, 'python/pyproject.toml'),
      '--cache-dir',
      join(folder, 'mypy'),
    ];
    const typed = join(tests, 'typed_use.py');
    const { code, stdout } = await python.run('mypy', [...args, join(root, 'python/src/squab'), typed], folder);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('no issues found') });
  });

  it.each([
    ['docs/testing.md', ['test_orders.py', 'test_worker.py'], 2],
    ['docs/testing.md', ['test_orders.py', 'conftest.py'], 1],
    ['python/README.md', ['test_orders.py', 'test_worker.py', 'test_resilience.py', 'test_fan_out.py'], 5],
  ])('runs the examples for pytest in %s: %s', async (page, names, count) => {
    const snippets = snippetsOf(page);
    const place = project(Object.fromEntries(names.map((name) => [name, snippets.get(name)!])));
    const { code, stdout } = await python.run('pytest', ['-q', '-p', 'no:cacheprovider'], place);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`${count} passed`) });
  });

  it.each([
    ['docs/testing.md', 'without_pytest.py'],
    ['python/README.md', 'program.py'],
  ])('runs the example without pytest in %s', async (page, name) => {
    const place = project({ [name]: snippetsOf(page).get(name)! });
    expect(await python.run('python', [name], place)).toEqual({
      code: 0,
      stdout: "['arn:aws:sqs:eu-central-1:000000000000:orders']\n",
      stderr: '',
    });
  });

  it('has no example in its README that is not run', () => {
    const names = ['test_orders.py', 'test_worker.py', 'test_resilience.py', 'test_fan_out.py', 'program.py'];
    expect([...snippetsOf('python/README.md').keys()]).toEqual(names);
  });

  it('is installed where no program is called node', async () => {
    const which = 'import shutil; print(shutil.which("node"), shutil.which("squab") is not None)';
    expect((await python.run('python', ['-c', which], folder)).stdout).toBe('None True\n');
  });

  it('is one wheel for all platforms, with the version, the licences and a binary for each', async () => {
    const list = 'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\\n")';
    const { stdout } = await python.run('python', ['-c', list, python.wheel], folder);
    const files = stdout.trim().split('\n');
    expect(python.wheel).toMatch(new RegExp(`squab-${version.replaceAll('.', '\\.')}-py3-none-any\\.whl$`));
    const sqlite = 'squab/_app/node_modules/better-sqlite3';
    const prebuilds = readdirSync(join(root, 'node_modules/better-sqlite3/prebuilds'));
    expect(prebuilds.length).toBeGreaterThanOrEqual(8);
    expect(files).toEqual(expect.arrayContaining(prebuilds.map((name) => `${sqlite}/prebuilds/${name}`)));
    expect(files).toEqual(
      expect.arrayContaining([
        ...[`squab-${version}.dist-info/licenses/LICENSE`, `${sqlite}/LICENSE`, 'squab/py.typed'],
        ...['squab/_app/package.json', 'squab/_app/dist/cli.cjs', 'squab/_app/dist/THIRD-PARTY-LICENSES.txt'],
      ]),
    );
    expect(files.filter((name) => /\.d\.c?ts$|tests?\/|\.(cc|cpp|c|h|gyp)$/.test(name))).toEqual([]);
    expect(readFileSync(join(root, 'python/LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
  });

  it('takes its version, author and addresses from package.json', async () => {
    const metadata = async (manifest: object) => {
      const place = clone();
      writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
      const { stdout } = await python.run('hatchling', ['metadata'], join(place, 'python'));
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const unreleased = await metadata({ version: '1.2.3-beta.1' });
    expect(unreleased).toMatchObject({ name: 'squab', version: '1.2.3b1', license: 'Apache-2.0' });
    expect(unreleased.authors ?? []).toEqual([]);
    const url = 'https://github.com/roe/squab';
    const repository = { type: 'git', url: `git+${url}.git` };
    const author = 'Robin Roe <robin@roe.dev>';
    expect(
      await metadata({ version: '1.2.3', author, repository, homepage: url, bugs: { url: `${url}/issues` } }),
    ).toMatchObject({
      version: '1.2.3',
      authors: [{ name: 'Robin Roe', email: 'robin@roe.dev' }],
      urls: { Homepage: url, Source: url, Issues: `${url}/issues` },
    });
  });

  it('cannot be built in a clone without a build, and says what to do', async () => {
    const place = clone();
    const args = ['install', '--no-build-isolation', '--no-index', '--no-deps', '--target', 'there', './python'];
    const { code, stdout, stderr } = await python.run('pip', args, place);
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toContain(
      `Squab is not built: ${join(place, 'dist/cli.cjs')} is missing. Run \`npm ci && npm run build\` in ${place} first`,
    );
  });
});
