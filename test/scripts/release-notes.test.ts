/** The notes of a release are its section of the changelog. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { releaseOf } from '../../scripts/release-notes.ts';

const root = join(import.meta.dirname, '../..');

const changelog = `# Changelog

What changed.

## [2.0.0-beta.1] - unreleased

### Added

- A thing.

## [1.10.0] - 2026-02-03

### Fixed

- \`## not a heading\` in code.

## [1.1.0] - 2026-01-02
`;

it('returns the section of the version, and no other', () => {
  expect(releaseOf(changelog, '2.0.0-beta.1')).toEqual({ date: 'unreleased', notes: '### Added\n\n- A thing.' });
  expect(releaseOf(changelog, '1.10.0')).toEqual({
    date: '2026-02-03',
    notes: '### Fixed\n\n- `## not a heading` in code.',
  });
  expect(releaseOf(changelog, '1.1.0')).toEqual({ date: '2026-01-02', notes: '' });
});

it.each(['1.1', '1.10', '2.0.0', '', 'x'])('returns nothing for %j', (version) => {
  expect(releaseOf(changelog, version)).toBeUndefined();
});

it('finds the current version in CHANGELOG.md', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const release = releaseOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
  expect(release?.notes).toMatch(/^### /);
});
