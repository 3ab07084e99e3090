/** Measures the size of an installation: the package as npm would publish it, with its dependencies. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { carryOut, root, scratchFolder } from '../servers/servers.ts';
import { number, table } from '../table.ts';
import { bytesIn } from './memory.ts';
import type { Part } from './part.ts';

export const installedSize: Part = {
  title: 'Installed size',
  keys: () => ['installed-bytes', 'installed-packages'],
  async measure(_fleet, _plan, figures) {
    try {
      const { bytes, packages } = await install();
      figures.set('installed-bytes', 'Squab', [bytes]);
      figures.set('installed-packages', 'Squab', [packages]);
      return table(['', 'MB', 'packages'], [['node_modules', number(bytes / 1e6, 1), `${packages}`]]);
    } catch (error) {
      return `Not measured: ${(error as Error).message}`;
    }
  },
};

/** Packs the built package, and installs it in an empty project. */
async function install(): Promise<{ bytes: number; packages: number }> {
  const folder = scratchFolder('install');
  await npm(['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{}\n');
  const packed = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
  await npm(['install', '--no-audit', '--no-fund', join(folder, packed)], project);
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as { packages: object };
  // One of them is the project itself.
  return { bytes: bytesIn(join(project, 'node_modules')), packages: Object.keys(lock.packages).length - 1 };
}

/** Runs the npm that runs this program, or else the one in PATH. Throws an Error with its output if it fails. */
export function npm(args: readonly string[], folder: string): Promise<void> {
  const own = process.env.npm_execpath;
  return own ? carryOut(process.execPath, [own, ...args], folder) : carryOut('npm', args, folder);
}
