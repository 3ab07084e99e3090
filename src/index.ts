/**
 * Squab for programs and tests:
 *
 *     const squab = await start({ port: 0 });
 *     const sqs = new SQSClient({ endpoint: squab.url, … });
 *     await squab.stop();
 *
 * Several may run in one process; they share nothing.
 */

import { nodeVersionProblem } from './commands/node-version.ts';
import type { QueueDefinition } from './queue-files/definition.ts';
import type { Options } from './settings/options.ts';
import type { Squab } from './squab.ts';
import type { Clock } from './time/clock.ts';

export type { FaultEffect, FaultRuleInput, ListedFaultRule } from './control/faults/fault-rule.ts';
export type { MessageAttributeDefinition, MessageDefinition, QueueDefinition } from './queue-files/definition.ts';
export type { Credential } from './settings/credentials.ts';
export type { Options } from './settings/options.ts';
export type { Squab } from './squab.ts';
export type { Clock, Millis } from './time/clock.ts';
export { VirtualClock } from './time/virtual-clock.ts';

export interface StartOptions extends Partial<Options> {
  /** Queues that are made at the start, beside those of `config`. */
  queues?: readonly QueueDefinition[];
  /** Whose time passes for messages; the machine's by default. */
  clock?: Clock;
  /** Takes the log, a JSON object a line; standard output by default. */
  logStream?: { write(line: string): void };
}

/**
 * Starts a Squab; resolves when it answers requests. It logs nothing unless `logLevel` is given.
 * Throws where an option or a queue is wrong, the port is taken or the data folder can't be used; the message says which
 * and why.
 */
export async function start(options: StartOptions = {}): Promise<Squab> {
  const problem = nodeVersionProblem();
  if (problem) throw new Error(problem);
  const { clock, logStream, queues, ...given } = options;
  if (clock && !(typeof clock.now === 'function' && typeof clock.at === 'function')) {
    throw new TypeError('clock must have now() and at(), as a VirtualClock has.');
  }
  // Only now, since merely loading SQLite crashes an older Node.
  const [{ completeOptions }, { startServer }] = await Promise.all([
    import('./settings/config.ts'),
    import('./server.ts'),
  ]);
  return startServer(completeOptions({ logLevel: 'silent', ...given }), { clock, logStream, queues });
}
