/**
 * Every link between the documents leads somewhere: its file exists, so does the heading that it names, and a document
 * in the npm package links only to files that are in the package too.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../commands/command.ts';

const pages = ['.', 'bench', 'docs', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
/** Files that npm always packs, whether or not `files` lists them. */
const always = ['LICENSE', 'README.md', 'package.json'];
const isShipped = (path: string) =>
  always.includes(path) || files.some((entry) => path === entry || path.startsWith(`${entry}/`));

/** Markdown without its code, in which brackets and `#` mean something else. */
const proseOf = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '');

interface Link {
  /** As written in the document. */
  target: string;
  /** From the root of the repository. */
  path: string;
  anchor: string | undefined;
}

/** The links of a page to other files of the repository, and within itself. */
function linksOf(page: string): Link[] {
  const prose = proseOf(readFileSync(join(root, page), 'utf8')).replace(/`[^`\n]*`/g, '`code`');
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
  const defined = [...prose.matchAll(/^\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
  const html = [...prose.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g)];
  return [...inline, ...defined, ...html]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
    .map((target) => {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page : relative(root, join(root, dirname(page), decodeURIComponent(file)));
      return { target, path, anchor };
    });
}

/** The anchors that GitHub gives to the headings of a page; the anchor of a repeated heading ends with a number. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of proseOf(readFileSync(join(root, page), 'utf8')).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const words = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

it.each(pages)('%s links only to files and headings that exist', (page) => {
  const broken = linksOf(page).filter(({ path, anchor }) => {
    if (!existsSync(join(root, path))) return true;
    return anchor !== undefined && !(path.endsWith('.md') && anchorsOf(path).has(anchor));
  });
  expect(broken.map(({ target }) => target)).toEqual([]);
});

it.each(pages.filter(isShipped))('%s is in the npm package, and so is every file that it links to', (page) => {
  const missing = linksOf(page).filter(({ path }) => !isShipped(path));
  expect(missing.map(({ target }) => target)).toEqual([]);
});

it('finds links and headings at all; otherwise the tests above would prove nothing', () => {
  const targets = linksOf('README.md').map(({ target }) => target);
  expect(targets).toEqual(expect.arrayContaining(['#in-tests', 'docs/options.md', 'LICENSE']));
  expect(targets.join()).not.toContain('http');
  expect([...anchorsOf('docs/testing.md')]).toContain('nodetest-and-others');
});
