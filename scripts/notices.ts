/** The licences of bundled packages, which must be distributed with them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the folders of the packages that these modules belong to. */
export function packagesOf(modules: readonly string[]): string[] {
  const paths = modules.map((file) => file.replaceAll('\\', '/'));
  return [...new Set(paths.flatMap((file) => file.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []))].sort();
}

/** Returns the licences of the packages in these folders, as one text. */
export function noticesOf(folders: readonly string[]): string {
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return notices.join(`\n${'-'.repeat(80)}\n\n`);
}
