/** Virtual environments with packages from PyPI. */

import { join } from 'node:path';
import { lack, output, run } from '../sdk/programs.ts';

/** A reason that would skip the tests fails them instead. */
const needed = process.env.SQUAB_TESTS_NEED_PYTHON === 'yes';

/**
 * Makes a virtual environment and installs packages into it. Returns an empty string, or the end of a suite's title with
 * the reason to skip it if that is impossible here.
 */
export async function makeVenv(venv: string, packages: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const lacking = await lackOfPackages(venv, packages, env);
  if (needed && lacking !== '') {
    throw new Error(`SQUAB_TESTS_NEED_PYTHON is set, but the tests cannot run.${lacking}`);
  }
  return lacking;
}

async function lackOfPackages(venv: string, packages: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const needs = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 9))';
  const lacking = lack('Python 3.9 with venv', 'python3', ['-c', needs]);
  if (lacking !== '') return lacking;
  await output('python3', ['-m', 'venv', venv]);
  const { code, stderr } = await run(join(venv, 'bin/pip'), ['install', ...packages], { env });
  const reason = stderr.trim().split('\n').at(-1);
  return code === 0 ? '' : ` (skipped: pip cannot install packages from PyPI: ${reason})`;
}
