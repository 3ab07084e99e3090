/** Makes the queues that Squab is started with, before it answers anybody. */

import { basename } from 'node:path';
import type { Env } from '../queues/env.ts';
import { applyQueues } from './apply.ts';
import { askHere } from './ask.ts';
import type { QueueDefinition } from './definition.ts';
import { readDefinitions, readQueueFile } from './read.ts';

interface Log {
  info(told: object, message: string): void;
  warn(message: string): void;
  error(told: object, message: string): void;
}

interface StartedWith {
  config?: string | undefined;
  account: string;
  region: string;
}

/**
 * Resolves to what tells the log of it, for when the log has said that Squab listens. Throws QueueFileError; then nothing is
 * left of the queues that were made.
 */
export async function makeQueues(
  definitions: readonly QueueDefinition[],
  { config, account, region }: StartedWith,
  env: Env,
  log: Log,
): Promise<() => void> {
  const file = config === undefined ? undefined : await readQueueFile(config, { account, region });
  const ask = askHere(env, { account, region }, (error) => log.error({ err: error }, 'A queue could not be made.'));
  const queues = [...(file?.queues ?? []), ...readDefinitions(definitions)].map((queue) => ({
    ...queue,
    account: queue.account ?? account,
    region: queue.region ?? region,
  }));
  const { made, changed, unchanged, messages } = await applyQueues(queues, ask);
  const counts = { made: made.length, changed: changed.length, unchanged: unchanged.length, messages };
  return () => {
    for (const warning of file?.warnings ?? []) log.warn(warning);
    log.info({ file: config && basename(config), kind: file?.kind, ...counts }, 'The queues are there');
  };
}
