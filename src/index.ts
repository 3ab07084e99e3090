/**
 * The API of the package, which runs Squab inside a program or test:
 *
 *     const squab = await start({ port: 0 });
 *     const sqs = new SQSClient({ endpoint: squab.url, … });
 *     await squab.stop();
 *
 * Several instances can run in one process; they share nothing.
 */

import { nodeVersionProblem } from './commands/node-version.ts';
import type { QueueDefinition, TopicDefinition } from './queue-files/definition.ts';
import type { Options } from './settings/options.ts';
import type { Squab } from './squab.ts';
import type { Clock } from './time/clock.ts';

export type { Control } from './control/control.ts';
export { ControlError } from './control/control-error.ts';
export type { FaultEffect, FaultRuleInput, ListedFaultRule } from './control/faults/fault-rule.ts';
export type {
  MessageAttributeDefinition,
  MessageDefinition,
  QueueDefinition,
  SubscriptionDefinition,
  TopicDefinition,
  TriggerDefinition,
} from './queue-files/definition.ts';
export type { Credential } from './settings/credentials.ts';
export type { FunctionTarget } from './settings/functions.ts';
export type { Squab } from './squab.ts';
export type { Clock, Millis } from './time/clock.ts';
export { VirtualClock } from './time/virtual-clock.ts';

/** The options of `start()`, all of which are optional. */
export interface StartOptions extends Partial<Options> {
  /** Queues to create at startup, in addition to those of `config`. */
  queues?: readonly QueueDefinition[];
  /** Topics to create at startup, likewise. */
  topics?: readonly TopicDefinition[];
  /** The clock for messages: delays, visibility timeouts, retention. By default the machine's clock. */
  clock?: Clock;
  /** Receives the log, one JSON object per line. By default standard output. */
  logStream?: { write(line: string): void };
}

/**
 * Starts Squab, and resolves when it is ready for requests. Logs nothing unless `logLevel` is given.
 *
 * Throws UsageError for an invalid option, QueueFileError for an invalid queue or topic, CredentialsError for invalid
 * credentials, DataFolderError if the data folder cannot be used, and other errors if Squab cannot listen, read the TLS
 * files or write the ready file. The message says what is wrong and what to do.
 */
export async function start(options: StartOptions = {}): Promise<Squab> {
  const problem = nodeVersionProblem();
  if (problem) throw new Error(problem);
  const { clock, logStream, queues, topics, ...given } = options;
  if (clock && !(typeof clock.now === 'function' && typeof clock.at === 'function')) {
    throw new TypeError('clock must have the methods now() and at(), like VirtualClock.');
  }
  // Imported only now, because an older Node.js may not be able to load the code.
  const [{ completeOptions }, { startServer }] = await Promise.all([
    import('./settings/complete.ts'),
    import('./server.ts'),
  ]);
  return startServer(completeOptions({ logLevel: 'silent', ...given }), { clock, logStream, queues, topics });
}
