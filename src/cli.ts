#!/usr/bin/env node
/** The command `squab`: flags and environment to `start()`, and what people see in a terminal. */

import module from 'node:module';
import { constants } from 'node:os';
import type { Options } from './config.ts';
import type { Squab } from './index.ts';
import { nodeVersionProblem } from './node-version.ts';

const FAILED = 1;
const USED_WRONGLY = 2;

/** A stop takes at most this long; who still sends signals then is tired of waiting. */
const STOP_MS = 2000;

/** What there is to stop. */
let started: Promise<Squab> | undefined;

// A pipe whose reader is gone, or a full disk under a log, is no reason to stop serving (and there is nobody to tell).
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const problem = nodeVersionProblem();
if (problem) fail(problem, FAILED);
else await main();

async function main(): Promise<void> {
  endAtSignal();
  // Keeps what V8 made of our code from one start to the next.
  module.enableCompileCache?.();
  const { helpText, readCommand, UsageError } = await import('./config.ts');
  try {
    const command = readCommand(process.argv.slice(2), process.env);
    if (command.kind === 'help') console.log(helpText());
    else if (command.kind === 'version') console.log(await version());
    else await serve(command.options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError) fail(`${message} See squab --help.`, USED_WRONGLY);
    else fail(message, FAILED);
  }
}

async function serve(options: Options): Promise<void> {
  const [{ start }, { readableLog }] = await Promise.all([import('./index.ts'), import('./readable-log.ts')]);
  const inTerminal = process.stdout.isTTY;
  started = start({ ...options, logStream: inTerminal ? readableLog(process.stdout) : process.stdout });
  const squab = await started;
  if (inTerminal) console.log(banner(squab, options, await version()));
}

/**
 * Ends the process in good order at SIGINT (Ctrl+C) and SIGTERM, from its first moment on: the first process of a
 * container is deaf to signals that it has no handler for. npm hands on a Ctrl+C that the terminal has sent to everybody
 * already, so that a second signal in short order means nothing.
 */
function endAtSignal(): void {
  let since: number | undefined;
  const end = async (signal: 'SIGINT' | 'SIGTERM') => {
    if (since !== undefined) {
      if (performance.now() - since > STOP_MS) process.exit(128 + constants.signals[signal]);
      return;
    }
    since = performance.now();
    try {
      // A start that fails is reported where it is awaited.
      await (await started?.catch(() => undefined))?.stop();
      process.exit();
    } catch (error) {
      fail(`Could not stop cleanly: ${error instanceof Error ? error.message : error}`, FAILED);
      process.exit(FAILED);
    }
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

function banner({ url }: Squab, { data, region, auth, credentials, tlsCert }: Options, version: string): string {
  const keys =
    auth === 'none'
      ? 'export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local'
      : typeof credentials === 'string'
        ? `export AWS_SHARED_CREDENTIALS_FILE=${credentials}`
        : 'export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…, the ones that Squab was given';
  const trust =
    tlsCert === undefined ? '' : `\n             export AWS_CA_BUNDLE=${tlsCert} NODE_EXTRA_CA_CERTS=${tlsCert}`;
  return `
  Squab ${version} answers as Amazon SQS on ${url}

  Messages   ${data === undefined ? 'in memory, gone when Squab stops (--data DIR keeps them)' : `kept in ${data}`}
  Clients    export AWS_ENDPOINT_URL_SQS=${url}
             export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
             ${keys}${trust}
  Try        aws --endpoint-url ${url} sqs create-queue --queue-name hello
  Stop       Ctrl+C
`;
}

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** One line, and an exit code once what is under way has ended. */
function fail(message: string, code: number): void {
  console.error(`squab: ${message}`);
  process.exitCode = code;
}
