#!/usr/bin/env node
/** The command `squab`: flags and environment to `start()`, and what people see in a terminal. */

import module from 'node:module';
import type { Options } from './config.ts';
import type { Squab } from './index.ts';
import { nodeVersionProblem } from './node-version.ts';

const FAILED = 1;
const USED_WRONGLY = 2;

const problem = nodeVersionProblem();
if (problem) fail(problem, FAILED);
else await main();

async function main(): Promise<void> {
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
  const squab = await start({ ...options, ...(inTerminal && { logStream: readableLog(process.stdout) }) });
  if (inTerminal) console.log(banner(squab, options, await version()));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(squab));
}

async function end(squab: Squab): Promise<void> {
  try {
    await squab.stop();
    process.exit(0);
  } catch (error) {
    fail(`Could not stop cleanly: ${error instanceof Error ? error.message : error}`, FAILED);
    process.exit(FAILED);
  }
}

function banner({ url }: Squab, { data, region }: Options, version: string): string {
  return `
  Squab ${version} answers as Amazon SQS on ${url}

  Messages   ${data === undefined ? 'in memory, gone when Squab stops (--data DIR keeps them)' : `kept in ${data}`}
  Clients    export AWS_ENDPOINT_URL_SQS=${url}
             export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
             export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
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
