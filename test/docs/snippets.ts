/** The examples of the documents, and projects in which they can be run as a reader would run them. */

import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { type Ended, root, run } from '../commands/command.ts';

/** Returns the examples in a document that begin with a comment that names their file, by that name. */
export function snippetsOf(document: string): Map<string, string> {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = text.matchAll(/^```\w+\n((?:\/\/|#) ([\w./-]+\.\w+)\n[\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, code, name]) => [name!, code!]));
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'squab-project-'));
  folders.push(folder);
  return folder;
}

/**
 * A folder with these files, in which Squab is installed as from npm, together with the given packages of this project.
 */
export function project(files: Record<string, string>, packages: readonly string[] = []): string {
  const folder = scratchFolder();
  const installed = join(folder, 'node_modules');
  for (const path of ['package.json', 'dist']) {
    cpSync(join(root, path), join(installed, 'squab', path), { recursive: true });
  }
  for (const name of ['better-sqlite3', ...packages]) {
    mkdirSync(dirname(join(installed, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(installed, name));
  }
  // As npm does.
  chmodSync(join(installed, 'squab/dist/cli.cjs'), 0o755);
  mkdirSync(join(installed, '.bin'));
  symlinkSync(join(installed, 'squab/dist/cli.cjs'), join(installed, '.bin/squab'));
  const all = { 'package.json': '{ "private": true }\n', ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs a program in a folder, where `node` is the one that runs the tests. It is killed if it outlives the test. */
export function runIn(
  cwd: string,
  command: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return run(command, args, { cwd, env: environmentOf(more) }).ended;
}

/** The environment of a reader's programs, with `more` added: without these tests' settings, but with their `node`. */
export function environmentOf(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // The test runner's variables for its own workers must not reach those of another runner.
  const ours = /^(VITEST|NODE_OPTIONS|NODE_ENV|AWS_|FORCE_COLOR|npm_)/;
  const without = Object.keys(process.env).filter((name) => ours.test(name));
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return { ...Object.fromEntries(without.map((name) => [name, undefined])), PATH, NO_COLOR: '1', ...more };
}
