/** `squab [serve]`: passes flags and environment variables to `start()`, and prints a banner on a terminal. */

import { existsSync } from 'node:fs';
import { type Squab, start } from '../index.ts';
import { placeOf } from '../settings/database-url.ts';
import type { Options } from '../settings/options.ts';
import { version } from '../version.ts';
import { helpText, readCommand } from './command-line.ts';
import { complain, say } from './output.ts';
import { commands, type Running } from './table.ts';

/**
 * Resolves when Squab is ready for requests. Squab then runs until the process receives a signal. Throws UsageError,
 * CredentialsError and the errors of `start()`.
 */
export async function run(args: readonly string[], running: Running): Promise<number> {
  const command = readCommand(args, process.env);
  if (command.kind === 'help') console.log(helpText(Object.values(commands)));
  else if (command.kind === 'version') console.log(version);
  else {
    for (const warning of [...command.warnings, ...exposureWarnings(command.options, isInContainer())])
      complain(`squab: ${warning}`);
    await serve(command.options, running);
  }
  return 0;
}

async function serve(options: Options, running: Running): Promise<void> {
  const { readableLog } = await import('./readable-log.ts');
  const inTerminal = process.stdout.isTTY;
  running.squab = start({ ...options, logStream: inTerminal ? readableLog(process.stdout) : process.stdout });
  const squab = await running.squab;
  if (options.localstack) console.log('Ready.');
  if (inTerminal) say(...banner(squab, options));
}

/** Whether this is a container of Docker or Podman. */
function isInContainer(): boolean {
  return ['/.dockerenv', '/run/.containerenv'].some(existsSync);
}

/** Warns if anyone may use Squab. In a container, that depends on which ports are published. */
export function exposureWarnings({ host, auth }: Pick<Options, 'host' | 'auth'>, inContainer: boolean): string[] {
  if (/^(127\.|::1$|localhost$)/.test(host) || auth !== 'none' || inContainer) return [];
  return [
    `With --host ${host} and without --auth, anyone who can reach this machine can use Squab. Use --host 127.0.0.1, or ` +
      '--auth with --credentials.',
  ];
}

function banner({ url }: Squab, { data, database, region, auth, credentials, tlsCert }: Options): string[] {
  const place = data ?? (database === undefined ? undefined : placeOf(database));
  const keys =
    auth === 'none'
      ? 'export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local'
      : typeof credentials === 'string'
        ? `export AWS_SHARED_CREDENTIALS_FILE=${credentials}`
        : 'export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…  (the credentials that Squab was given)';
  const trust = `             export AWS_CA_BUNDLE=${tlsCert} NODE_EXTRA_CA_CERTS=${tlsCert}`;
  return [
    '',
    `  Squab ${version} is serving Amazon SQS at ${url}`,
    '',
    `  Messages   ${place === undefined ? 'in memory until Squab stops (use --data DIR to keep them)' : `stored in ${place}`}`,
    `  Clients    export AWS_ENDPOINT_URL_SQS=${url}`,
    `             export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    `             ${keys}`,
    ...(tlsCert === undefined ? [] : [trust]),
    `  Try        aws --endpoint-url ${url} sqs create-queue --queue-name hello`,
    '  Stop       Ctrl+C',
    '',
  ];
}
