/** Publishing is refused while package.json lacks the author or the addresses, or the changelog lacks the version. */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Manifest, problemsOf } from '../../scripts/publish-check.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const complete: Manifest = {
  version: '1.2.3',
  author: 'Robin Roe <robin@roe.dev>',
  repository: { type: 'git', url: 'git+https://github.com/roe/squab.git' },
  homepage: 'https://github.com/roe/squab#readme',
  bugs: { url: 'https://github.com/roe/squab/issues' },
};
const changelog = '# Changelog\n\n## [1.2.3] - 2026-01-31\n\n### Fixed\n\n- All of it.\n';
const here = { repository: 'Roe/squab', tag: 'v1.2.3' };

describe('the check before publishing', () => {
  it('finds nothing wrong with a complete package.json and changelog', () => {
    expect(problemsOf(complete, changelog)).toEqual([]);
    expect(problemsOf(complete, changelog, here)).toEqual([]);
    const author = { name: 'Robin Roe', email: 'robin@roe.dev' };
    const others = { repository: 'https://github.com/roe/squab', bugs: 'https://github.com/roe/squab/issues' };
    expect(problemsOf({ ...complete, ...others, author }, changelog, here)).toEqual([]);
  });

  it.each<[keyof Manifest, unknown]>([
    ['author', undefined],
    ['author', 'Robin Roe'],
    ['author', { name: 'Robin Roe' }],
    ['author', 'Robin Roe <robin@example.com>'],
    ['repository', undefined],
    ['repository', { type: 'git' }],
    ['repository', { type: 'git', url: 'https://example.com/squab.git' }],
    ['homepage', undefined],
    ['homepage', 'squab'],
    ['bugs', undefined],
    ['bugs', {}],
  ])('asks for "%s" where it is %j', (name, value) => {
    const problems = problemsOf({ ...complete, [name]: value }, changelog);
    expect(problems).toEqual([expect.stringContaining(`"${name}"`)]);
  });

  it.each([
    ['that is missing', '## [1.2.2] - 2026-01-01\n'],
    ['without a date', '## [1.2.3]\n'],
    ['that is unreleased', '## [1.2.3] - unreleased\n'],
  ])('asks for a section of the changelog %s', (_what, text) => {
    expect(problemsOf(complete, text)).toEqual([expect.stringContaining('## [1.2.3] - 2026-01-31')]);
  });

  it('compares the tag with the version, and the repository with the one that it runs in', () => {
    expect(problemsOf(complete, changelog, { ...here, tag: 'v1.2.4' })).toEqual([
      'The tag is v1.2.4, but the version in package.json is 1.2.3.',
    ]);
    expect(problemsOf(complete, changelog, { ...here, repository: 'fork/squab' })).toEqual([
      '"repository" is git+https://github.com/roe/squab.git, but this is github.com/fork/squab.',
    ]);
  });

  it('exits with 1 as a program, and says what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'squab-publish-'));
    try {
      cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
      writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
      const run = (manifest: unknown) => {
        writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
        const env = { PATH: process.env.PATH };
        // Node 22.14 runs TypeScript only with this flag.
        const flags = process.features.typescript ? [] : ['--experimental-strip-types'];
        const args = [...flags, '--no-warnings', join(folder, 'scripts/publish-check.ts')];
        return spawnSync(process.execPath, args, { env, encoding: 'utf8' });
      };
      expect(run({ ...complete, type: 'module' })).toMatchObject({ status: 0, stderr: '' });
      const { status, stderr } = run({ version: '1.2.3', type: 'module' });
      expect(status).toBe(1);
      expect(stderr.match(/^- .*"(\w+)"/gm)).toHaveLength(4);
      expect(stderr).toContain('CONTRIBUTING.md says more, under "Publishing".');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('runs before every npm publish, even outside the workflow', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(scripts.prepublishOnly).toContain('publish:check');
    expect(scripts['publish:check']).toBe('node scripts/publish-check.ts');
    expect(read('CONTRIBUTING.md')).toMatch(/^## Publishing$/m);
  });
});

interface Job {
  strategy?: { matrix: { include: { platform: string; runner: string; archive: string }[] } };
  needs?: string | string[];
  if?: string;
  uses?: string;
  'continue-on-error'?: boolean;
  steps?: { uses?: string; run?: string; if?: string; 'continue-on-error'?: boolean }[];
}

interface Workflow {
  on: Record<string, unknown>;
  jobs: Record<string, Job>;
}

describe('the release workflow', () => {
  const release = parse(read('.github/workflows/release.yml')) as Workflow;
  const ci = parse(read('.github/workflows/ci.yml')) as Workflow;
  const needsOf = ({ needs = [] }: Job): string[] =>
    [needs].flat().flatMap((name) => [name, ...needsOf(release.jobs[name]!)]);

  it('starts with the check, and runs the checks of CI', () => {
    expect(release.on).toEqual({ push: { tags: ['v*'] } });
    expect(release.jobs.ready!.steps!.map(({ run }) => run)).toContain('node scripts/publish-check.ts');
    expect(release.jobs.ci!.uses).toBe('./.github/workflows/ci.yml');
    expect(ci.on).toHaveProperty('workflow_call');
  });

  it.each(['package', 'python', 'image', 'notes'])('publishes no %s unless both have passed', (name) => {
    expect(needsOf(release.jobs[name]!)).toEqual(expect.arrayContaining(['ready', 'ci']));
  });

  it('builds the executable for four platforms, and publishes nothing unless all of them work', () => {
    const { strategy, steps } = release.jobs.executable!;
    const built = strategy!.matrix.include.map(({ platform, archive }) => [platform, archive]);
    expect(Object.fromEntries(built)).toEqual({
      'linux-x64': 'squab-linux-x64.tar.gz',
      'linux-arm64': 'squab-linux-arm64.tar.gz',
      'darwin-arm64': 'squab-macos-arm64.tar.gz',
      'win32-x64': 'squab-windows-x64.zip',
    });
    for (const platform of Object.keys(Object.fromEntries(built))) {
      expect(existsSync(join(root, `node_modules/better-sqlite3/prebuilds/${platform}.node`)), platform).toBe(true);
    }
    expect(steps!.map(({ run }) => run)).toContain('npm run build:executable');
    for (const name of ['package', 'image', 'notes']) expect(needsOf(release.jobs[name]!)).toContain('executable');
  });

  it('publishes the executables with their checksums', () => {
    const commands = release.jobs.notes!.steps!.map(({ run = '' }) => run).join('\n');
    expect(commands).toContain('sha256sum squab-* > SHA256SUMS');
    expect(commands).toMatch(/gh release create .*\\\n\s+executables\/\*$/m);
    const page = read('docs/executable.md');
    for (const { archive } of release.jobs.executable!.strategy!.matrix.include) expect(page).toContain(archive);
  });

  it('never continues after a failure', () => {
    const parts = Object.values(release.jobs).flatMap((job) => [job, ...(job.steps ?? [])]);
    for (const part of parts) {
      expect(part.if).toBeUndefined();
      expect(part['continue-on-error']).toBeUndefined();
    }
  });

  it.each([
    ['release.yml', release],
    ['ci.yml', ci],
  ])('pins actions by their major version (%s)', (_file, { jobs }) => {
    const uses = Object.values(jobs).flatMap((job) => [
      job.uses ?? [],
      ...(job.steps ?? []).map((step) => step.uses ?? []),
    ]);
    for (const action of uses.flat()) expect(action).toMatch(/^(\.\/|[\w-]+\/[\w-]+@(release\/)?v\d+$)/);
  });
});
