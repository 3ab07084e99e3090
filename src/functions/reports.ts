/** Reports what functions get and answer: as events of the messages, and as lines of the log. */

import type { Received } from '../queues/receive.ts';
import type { Happening, HappeningListener } from '../storage/happenings.ts';
import type { Mapping } from '../storage/mappings.ts';
import { type Queue, StoreUnavailable } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';
import { FILTER_STEPS_MAX } from '../topics/filters/rules.ts';
import type { Batch } from './batch.ts';
import { nameInArn } from './function-names.ts';
import type { LocalFunction } from './function-table.ts';
import type { Handled, Outcome } from './outcome.ts';

export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(error: unknown, message: string): void;
}

export interface Result extends Handled {
  outcome: Outcome;
  durationMs: Millis;
}

type Kind = 'function-succeeded' | 'function-failed' | 'function-throttled' | 'function-filtered';

export class Reports {
  readonly #log: Log;
  readonly #report: HappeningListener;

  constructor(log: Log, report: HappeningListener) {
    this.#log = log;
    this.#report = report;
  }

  invoked({ name }: LocalFunction, { id }: Mapping, { queue, entries }: Batch, result: Result): void {
    const { outcome, handled, reason, durationMs } = result;
    const failed = outcome.kind === 'throttled' ? 'function-throttled' : 'function-failed';
    this.#report(
      entries.map((entry) =>
        handled.has(entry)
          ? eventOf('function-succeeded', name, queue, entry)
          : eventOf(failed, name, queue, entry, reason),
      ),
    );
    const answer = 'answer' in outcome ? outcome.answer : undefined;
    const facts = {
      ...{ function: name, queue: queue.name, mapping: id },
      ...(answer && { status: answer.status }),
      ...{ durationMs, deleted: handled.size, kept: entries.length - handled.size },
    };
    if (reason === undefined) this.#log.info(facts, 'Invoked a function.');
    else this.#log.warn({ ...facts, reason }, 'A function did not handle all messages of its event.');
  }

  throttled({ name }: LocalFunction, { queue, entries }: Batch, reason: string): void {
    this.#report(entries.map((entry) => eventOf('function-throttled', name, queue, entry, reason)));
    const facts = { function: name, queue: queue.name, messages: entries.length, reason };
    this.#log.warn(facts, 'A function cannot be invoked now; this is retried while its messages are hidden.');
  }

  filtered({ name }: LocalFunction, queue: Queue, messages: readonly Received[]): void {
    this.#report(messages.map((one) => eventOf('function-filtered', name, queue, one)));
  }

  /** Reports messages that stay in their queue, since the filters would take too long on them. */
  undecided({ name }: LocalFunction, { id }: Mapping, queue: Queue, messages: readonly Received[]): void {
    const reason = `the filters of its event source mapping would take more than ${FILTER_STEPS_MAX} steps on the message`;
    this.#report(messages.map((one) => eventOf('function-failed', name, queue, one, reason)));
    const facts = { function: name, queue: queue.name, mapping: id, messages: messages.length, reason };
    this.#log.warn(facts, 'A function did not get messages of its queue.');
  }

  /** Reports an error after which something is retried. */
  failed(error: unknown): void {
    // The outage log already reports the engine's own faults.
    if (!(error instanceof StoreUnavailable)) this.#log.error(error, 'Feeding a function failed; it will be retried.');
  }

  /** Logs that the policy of a queue of another account does not allow a mapping to receive. */
  refused({ id, account, queue, functionArn }: Mapping): void {
    this.#log.warn(
      { function: nameInArn(functionArn), queue: queue.name, mapping: id },
      `The policy of the queue ${queue.name} does not allow the account ${account} to receive and delete its messages, so ` +
        'a function no longer gets them.',
    );
  }

  /** Logs that a function cannot get the messages of its queue. */
  withoutUrl(name: string, { id, queue }: Mapping): void {
    this.#log.warn(
      { function: name, queue: queue.name, mapping: id },
      `The function ${name} has no URL, so the messages of its queue stay there. Give it one with --function ${name}=URL.`,
    );
  }
}

function eventOf(kind: Kind, functionName: string, queue: Queue, { message }: Received, reason?: string): Happening {
  return { kind, queue, key: message.receipt.key, messageId: message.messageId, functionName, reason };
}
