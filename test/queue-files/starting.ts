/** Starts Squab with queues and files, and inspects the result. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StartOptions, start } from '../../src/index.ts';
import { client, setup, temporaryFolder } from '../helpers.ts';
import { databaseOptions, reuse } from '../stores.ts';

export const url = (name: string, account = '000000000000') => `http://localhost/${account}/${name}`;

export async function attributesOf(squabUrl: string, name: string, options = {}) {
  const input = { QueueUrl: url(name), AttributeNames: ['All'] };
  return (await client('JSON', squabUrl).call('GetQueueAttributes', input, options)).Attributes;
}

export function file(text: string, name = 'squab.yaml'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** Starts Squab, calls `action` with its URL, and stops it. */
export async function during<T>(options: StartOptions, action: (url: string) => Promise<T>): Promise<T> {
  const place = databaseOptions(options);
  const squab = await start({ port: 0, ...place, ...options });
  try {
    return await action(squab.url);
  } finally {
    await squab.stop();
    await reuse(place);
  }
}

/** Starts Squab with queues, and resolves to its warnings. */
export async function warningsOf(options: StartOptions): Promise<string[]> {
  const lines: string[] = [];
  await setup({ ...options, logLevel: 'warn', logStream: { write: (line) => void lines.push(line) } });
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}
