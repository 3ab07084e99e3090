#!/usr/bin/env node
/** The command `squab`: finds the command that is meant, and ends with its exit code, or with a line that says why. */

import module from 'node:module';
import { constants } from 'node:os';
import { compileCacheFolder } from './commands/compile-cache.ts';
import { nodeVersionProblem } from './commands/node-version.ts';
import { type CommandModule, type CommandName, calledBy, type Running } from './commands/table.ts';

const FAILED = 1;
const USED_WRONGLY = 2;

/** Only the command that is called is loaded. */
const modules: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  serve: () => import('./commands/serve.ts'),
  check: () => import('./commands/check.ts'),
  export: () => import('./commands/export.ts'),
  import: () => import('./commands/import.ts'),
  wait: () => import('./commands/wait.ts'),
};

/** A stop takes at most this long; who still sends signals then is tired of waiting. */
const STOP_MS = 2000;

// A pipe whose reader is gone, or a full disk under a log, is no reason to stop serving (and there is nobody to tell).
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const problem = nodeVersionProblem();
if (problem) fail(problem, FAILED);
else await main();

async function main(): Promise<void> {
  const { name, args } = calledBy(process.argv.slice(2));
  const running: Running = {};
  // What only looks may be cut off at any time, and does not hear signals while it looks.
  if (name === 'serve') endAtSignal(running);
  // Keeps what V8 made of our code from one start to the next. Without a folder, Node.js would share one with everybody.
  const cache = compileCacheFolder(process.env);
  if (cache !== undefined) module.enableCompileCache?.(cache);
  if (!isCommand(name)) {
    const names = Object.keys(modules).join(', ');
    fail(`There is no command ${JSON.stringify(name)}; there are: ${names}. See squab --help.`, USED_WRONGLY);
    return;
  }
  try {
    const { run } = await modules[name]();
    process.exitCode = await run(args, running);
  } catch (error) {
    const { UsageError } = await import('./settings/config.ts');
    const message = error instanceof Error ? error.message : String(error);
    const help = name === 'serve' ? 'squab --help' : `squab ${name} --help`;
    if (error instanceof UsageError) fail(`${message} See ${help}.`, USED_WRONGLY);
    else fail(message, FAILED);
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(modules, name);
}

/**
 * Ends the process in good order at SIGINT (Ctrl+C) and SIGTERM, from its first moment on: the first process of a
 * container is deaf to signals that it has no handler for. npm hands on a Ctrl+C that the terminal has sent to everybody
 * already, so that a second signal in short order means nothing.
 */
function endAtSignal(running: Running): void {
  let since: number | undefined;
  const end = async (signal: 'SIGINT' | 'SIGTERM') => {
    if (since !== undefined) {
      if (performance.now() - since > STOP_MS) process.exit(128 + constants.signals[signal]);
      return;
    }
    since = performance.now();
    try {
      // A start that fails is reported where it is awaited.
      await (await running.squab?.catch(() => undefined))?.stop();
      process.exit();
    } catch (error) {
      fail(`Could not stop cleanly: ${error instanceof Error ? error.message : error}`, FAILED);
      process.exit(FAILED);
    }
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

/** One line, and an exit code once what is under way has ended. */
function fail(message: string, code: number): void {
  console.error(`squab: ${message}`);
  process.exitCode = code;
}
