#!/usr/bin/env node
/** The executable `squab`: runs a command and exits with its code, or prints one line that says why it failed. */

import module from 'node:module';
import { cacheFolder } from './commands/cache-folder.ts';
import { nodeVersionProblem } from './commands/node-version.ts';
import { onStopSignal } from './commands/stop-signals.ts';
import { type CommandModule, type CommandName, type Running, splitCommand } from './commands/table.ts';
import { printable, printableLine } from './printable.ts';

const FAILED = 1;
const USAGE_ERROR = 2;

/** Imported on demand, so that only the code of the chosen command is loaded. */
const modules: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  serve: () => import('./commands/serve.ts'),
  check: () => import('./commands/check.ts'),
  export: () => import('./commands/export.ts'),
  import: () => import('./commands/import.ts'),
  migrate: () => import('./commands/migrate.ts'),
  move: () => import('./commands/move.ts'),
  wait: () => import('./commands/wait.ts'),
};

// Squab keeps serving when its output pipe is closed or the disk under its log is full. It has nowhere to report it.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const problem = nodeVersionProblem();
if (problem) fail(problem, FAILED);
// Not awaited, because the bundle is CommonJS, which has no await here. It handles its errors itself.
else void main();

async function main(): Promise<void> {
  const { name, args } = splitCommand(process.argv.slice(2));
  const running: Running = {};
  // Most of the other commands can be interrupted at any time, so they keep the default signal handling.
  if (name === 'serve') endAtSignal(running);
  // Reuses V8's compiled code from one start to the next. Without a folder of our own, Node.js would use a shared one.
  // The single-file executable contains its compiled code. (An import of node:sea would fail on old versions of Node.js.)
  const isExecutable = process.getBuiltinModule('node:sea').isSea();
  const cache = isExecutable ? undefined : cacheFolder(process.env);
  if (cache !== undefined) module.enableCompileCache?.(cache);
  if (!isCommand(name)) {
    const names = Object.keys(modules).join(', ');
    const { suggestion } = await import('./suggest.ts');
    const guess = suggestion(name, Object.keys(modules));
    fail(`Unknown command ${JSON.stringify(name)}.${guess} The commands are: ${names}. See squab --help.`, USAGE_ERROR);
    return;
  }
  try {
    const { run } = await modules[name]();
    process.exitCode = await run(args, running);
  } catch (error) {
    const [{ UsageError }, { CredentialsError }] = await Promise.all([
      import('./settings/config.ts'),
      import('./settings/credentials.ts'),
    ]);
    const isUsageError = error instanceof UsageError || error instanceof CredentialsError;
    const help = name === 'serve' ? 'squab --help' : `squab ${name} --help`;
    if (isUsageError) fail(`${textOf(error)} See ${help}.`, USAGE_ERROR);
    else fail(textOf(error), FAILED);
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(modules, name);
}

/**
 * Makes SIGINT (Ctrl+C) and SIGTERM stop Squab cleanly. Installed before anything else, because the first process of a
 * container ignores signals that it has no handler for.
 */
function endAtSignal(running: Running): void {
  onStopSignal(async () => {
    try {
      // `main` reports a failed start.
      await (await running.squab?.catch(() => undefined))?.stop();
      process.exit();
    } catch (error) {
      fail(`Could not stop cleanly: ${textOf(error)}`, FAILED);
      process.exit(FAILED);
    }
  });
}

/** Only the problems of a file are several lines. What other errors quote must not look like a line of its own. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return printableLine(String(error));
  return error.name === 'QueueFileError' ? error.message : printableLine(error.message);
}

/**
 * Prints why a command failed: one line, or one line per problem in a file. Sets the exit code without ending the
 * process, so that work in progress is completed.
 */
function fail(message: string, code: number): void {
  console.error(`squab: ${printable(message)}`);
  process.exitCode = code;
}
