/** Creates the queues that Squab is started with, before it serves the first request. */

import { basename } from 'node:path';
import type { Call } from '../api/operation.ts';
import { applyQueues } from './apply.ts';
import { callSqsInProcess } from './call-sqs.ts';
import { addDeadLetterInProcess } from './dead-letters.ts';
import type { Deployment } from './declared.ts';
import type { QueueDefinition } from './definition.ts';
import { checkParameters, readDefinitions, readQueueFile } from './read.ts';

interface Log {
  info(fields: object, message: string): void;
  warn(message: string): void;
  error(fields: object, message: string): void;
}

interface StartSettings extends Deployment {
  config?: string | undefined;
}

/**
 * Resolves to a function that logs the result; call it after Squab has logged that it is listening. Throws
 * QueueFileError if a queue is invalid or refused. The queues that were created until then are deleted.
 */
export async function createQueues(
  definitions: readonly QueueDefinition[],
  { config, account, region, parameters, stackName }: StartSettings,
  rules: Pick<Call, 'env' | 'functions'>,
  log: Log,
): Promise<() => void> {
  const deployment = { account, region, parameters, stackName };
  const file = config === undefined ? undefined : await readQueueFile(config, deployment);
  checkParameters(deployment, file ? [file] : []);
  if (file) rules.functions.add(Object.fromEntries(file.functions));
  const callSqs = callSqsInProcess(rules, { account, region }, (error) =>
    log.error({ err: error }, 'A queue could not be created.'),
  );
  const queues = [...(file?.queues ?? []), ...readDefinitions(definitions)].map((queue) => ({
    ...queue,
    account: queue.account ?? account,
    region: queue.region ?? region,
  }));
  const applied = await applyQueues(queues, { callSqs, addDeadLetter: addDeadLetterInProcess(rules.env) });
  const { created, changed, unchanged, messages, warnings } = applied;
  const counts = { created: created.length, changed: changed.length, unchanged: unchanged.length, messages };
  return () => {
    for (const warning of [...(file?.warnings ?? []), ...warnings]) log.warn(warning);
    log.info({ file: config && basename(config), kind: file?.kind, ...counts }, 'The queues are ready');
  };
}
