/** Functions that are fed from queues: puts their pollers, and what clients can do with them, together. */

import type { Env, Feeding } from '../queues/env.ts';
import type { FunctionTarget } from '../settings/functions.ts';
import type { HappeningListener } from '../storage/happenings.ts';
import type { Mappings } from '../storage/mappings.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { EventRoom } from './event-room.ts';
import { FilterLine } from './filters.ts';
import { FunctionTable } from './function-table.ts';
import { Invocations } from './invoke.ts';
import { Invoker } from './invoker.ts';
import type { MappingContext } from './mappings.ts';
import { Pollers } from './pollers.ts';
import { type Log, Reports } from './reports.ts';

/** How long batches in progress may take to end when Squab stops. */
const STOP_GRACE_MS: Millis = 1500;

interface Dependencies {
  env: Env;
  mappings: Mappings;
  /** Real time. */
  machine: Clock;
  /** The functions that the user has configured. */
  given: Readonly<Record<string, string | FunctionTarget>> | undefined;
  log: Log;
  /** Receives the events of messages. */
  report: HappeningListener;
  /** Returns whether the mappings of an account may receive from a queue. */
  mayFeed(queue: Queue, account: string): boolean;
  /** For tests: how many bytes the messages of batches may have in memory. */
  eventBytesMax?: number;
  /** Receives each invocation, so that a move of the clock can wait for it. */
  track(invocation: Promise<unknown>): void;
}

export class Functions implements MappingContext, Feeding {
  readonly env: Env;
  readonly mappings: Mappings;
  readonly functions: FunctionTable;
  readonly pollers: Pollers;
  readonly invocations: Invocations;
  readonly #machine: Clock;
  readonly #filterLine = new FilterLine();

  constructor({ env, mappings, machine, given, log, report, mayFeed, track, eventBytesMax }: Dependencies) {
    this.env = env;
    this.mappings = mappings;
    this.functions = new FunctionTable(given);
    this.#machine = machine;
    const invoker = new Invoker({ machine, track });
    const { functions } = this;
    const reports = new Reports(log, report);
    this.pollers = new Pollers(
      {
        env,
        machine,
        functions,
        invoker,
        reports,
        mayFeed,
        room: new EventRoom(eventBytesMax),
        filterLine: this.#filterLine,
      },
      mappings,
    );
    this.invocations = new Invocations({ functions, invoker, clock: env.clock, log });
  }

  /** A count that grows while messages are compared with filters, so that a move of the clock waits for them. */
  get progress(): number {
    return this.#filterLine.count;
  }

  /** Polls for the mappings of the data: at the start, and when another node has changed them. */
  sync(): Promise<void> {
    return this.pollers.sync({ voids: 'none' });
  }

  pause(): Promise<void> {
    return this.pollers.pause();
  }

  resume(): void {
    this.pollers.resume();
  }

  queuesRemoved(): Promise<void> {
    return this.pollers.sync({ voids: 'removed' });
  }

  queuesReplaced(): Promise<void> {
    return this.pollers.sync({ voids: 'all' });
  }

  /** Must be called when a queue was created. */
  queueCreated(queue: QueueKey): void {
    this.pollers.queueCreated(queue);
  }

  /** Must be called when another node created queues. */
  queuesCreated(): void {
    this.pollers.wakeAll();
  }

  /** Adds functions of a file. Those that are known already keep their URLs. */
  add(given: Readonly<Record<string, string | FunctionTarget>>): void {
    this.functions.add(given);
    this.pollers.wakeAll();
  }

  /** Must be called when SQS's clock was set back by `byMs`. */
  setBack(byMs: Millis): void {
    this.pollers.setBack(byMs);
  }

  /** Receives no more messages. */
  stop(): void {
    this.pollers.stop();
  }

  /** Resolves when all invocations have ended, or were abandoned: their messages become visible again. */
  async end(): Promise<void> {
    this.invocations.end();
    await this.pollers.end(this.#machine, STOP_GRACE_MS);
  }
}
