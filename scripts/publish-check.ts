/**
 * Refuses to publish while package.json lacks the author or the public addresses of Squab, or the changelog lacks the
 * version. `npm publish` and the release workflow run it first.
 *
 *     npm run publish:check
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseOf } from './release-notes.ts';

export interface Manifest {
  version: string;
  /** CODE_OF_CONDUCT.md sends reports to this address. */
  author?: string | { name?: string; email?: string };
  repository?: string | { type?: string; url?: string };
  homepage?: string;
  bugs?: string | { url?: string };
}

/** Where the release workflow runs. Both are absent on a developer's machine. */
export interface Surroundings {
  /** `owner/name` on GitHub. */
  repository?: string | undefined;
  /** `v1.2.3`. */
  tag?: string | undefined;
}

/** Placeholders, which are not public addresses. */
const PLACEHOLDER = /\bexample\b|\.invalid\b|\.test\b|localhost|TODO/i;

/** Returns what is missing or wrong, one sentence each. */
export function problemsOf(manifest: Manifest, changelog: string, { repository, tag }: Surroundings = {}): string[] {
  const { version, author, homepage, bugs } = manifest;
  const problems: string[] = [];
  const check = (fine: boolean, problem: string) => {
    if (!fine) problems.push(problem);
  };

  const [, name, email] = /^(.+?) <([^<>]+)>/.exec(typeof author === 'string' ? author : printed(author)) ?? [];
  const hasAuthor = Boolean(name) && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email ?? '') && !PLACEHOLDER.test(email ?? '');
  check(
    hasAuthor,
    'package.json needs "author", a name and an address: "Name <address>". Reports of conduct go there.',
  );

  const url = typeof manifest.repository === 'string' ? manifest.repository : manifest.repository?.url;
  check(isUrl(url), 'package.json needs "repository": { "type": "git", "url": "git+https://…" }.');
  check(isUrl(homepage), 'package.json needs "homepage", a URL.');
  check(
    isUrl(typeof bugs === 'string' ? bugs : bugs?.url),
    'package.json needs "bugs": { "url": "https://…/issues" }.',
  );
  const here = `github.com/${repository}`.toLowerCase();
  const isHere =
    url
      ?.toLowerCase()
      .replace(/\.git$/, '')
      .endsWith(here) ?? false;
  // npm compares the two when it takes the provenance of a package.
  check(!isUrl(url) || repository === undefined || isHere, `"repository" is ${url}, but this is ${here}.`);

  check(
    tag === undefined || tag === `v${version}`,
    `The tag is ${tag}, but the version in package.json is ${version}.`,
  );
  const release = releaseOf(changelog, version);
  check(
    /^\d{4}-\d{2}-\d{2}$/.test(release?.date ?? ''),
    `CHANGELOG.md needs a section with a date for this version: ## [${version}] - 2026-01-31`,
  );
  return problems;
}

function printed({ name = '', email = '' }: { name?: string; email?: string } = {}): string {
  return `${name} <${email}>`;
}

function isUrl(url: string | undefined): boolean {
  return /^(git\+)?https:\/\//.test(url ?? '') && !PLACEHOLDER.test(url!) && URL.canParse(url!);
}

if (process.argv[1] === import.meta.filename) {
  const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  const { GITHUB_REPOSITORY: repository, GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env;
  const tag = GITHUB_REF_TYPE === 'tag' ? GITHUB_REF_NAME : undefined;
  const problems = problemsOf(JSON.parse(read('package.json')), read('CHANGELOG.md'), { repository, tag });
  for (const problem of problems) console.error(`- ${problem}`);
  if (problems.length > 0)
    console.error('Squab cannot be published yet. CONTRIBUTING.md says more, under "Publishing".');
  process.exitCode = problems.length === 0 ? 0 : 1;
}
