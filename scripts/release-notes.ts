/**
 * Prints the notes of a release: its section of CHANGELOG.md.
 *
 *     node scripts/release-notes.ts v1.2.3
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Release {
  /** `2026-01-31`, or `unreleased`. */
  date: string;
  notes: string;
}

/** Returns the section of a version, or undefined if the changelog has none. */
export function releaseOf(changelog: string, version: string): Release | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  for (const section of sections) {
    const [, name, date = ''] = /^\[([^\]]+)\](?: - (\S+))?$/m.exec(section.split('\n', 1)[0]!) ?? [];
    if (name === version) return { date, notes: section.slice(section.indexOf('\n')).trim() };
  }
  return undefined;
}

if (process.argv[1] === import.meta.filename) {
  const version = (process.argv[2] ?? '').replace(/^v/, '');
  const release = releaseOf(readFileSync(join(import.meta.dirname, '../CHANGELOG.md'), 'utf8'), version);
  if (release) console.log(release.notes);
  else {
    console.error(`CHANGELOG.md has no section for version ${JSON.stringify(version)}: ## [1.2.3] - 2026-01-31`);
    process.exitCode = 1;
  }
}
