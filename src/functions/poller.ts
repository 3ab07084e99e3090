/**
 * Feeds a function from a queue, as one event source mapping says: gathers batches, invokes the function with each, and
 * deletes the messages that the function has handled. It changes no visibility timeouts: the others become visible
 * again when theirs end. Nothing runs on a timer: it sleeps in long polls, or until a batch ends or the mapping
 * changes.
 * Source: Lambda developer guide, "Using Lambda with Amazon SQS".
 */

import { isDeepStrictEqual } from 'node:util';
import { SqsError } from '../errors.ts';
import type { Env } from '../queues/env.ts';
import type { Mapping } from '../storage/mappings.ts';
import { type Queue, type QueueKey, STORE_RETRY_MS } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { rest } from '../time/rest.ts';
import { type Batch, gather } from './batch.ts';
import { Bell } from './bell.ts';
import { PAYLOAD_BYTES_MAX } from './call.ts';
import type { EventRoom, Hold } from './event-room.ts';
import { FedQueue } from './fed-queue.ts';
import { type FilterLine, type Filters, filtersOf } from './filters.ts';
import { nameInArn } from './function-names.ts';
import type { FunctionTable, LocalFunction } from './function-table.ts';
import type { Invoker } from './invoker.ts';
import { SHORT_BATCH_BYTES } from './lambda-limits.ts';
import { LeftOver } from './left-over.ts';
import { handledOf, type Outcome } from './outcome.ts';
import { Parallelism } from './parallelism.ts';
import type { Reports } from './reports.ts';

/** How often a poller looks again whether it may feed its function: another node may have, or the policy changed. */
const LOOK_IN_MS: Millis = 5000;

/** How long a function that is throttled is left alone: at first, and at most. */
const BACKOFF_MS = { first: 1000, max: 30_000 } as const;

export interface PollerContext {
  env: Env;
  machine: Clock;
  functions: FunctionTable;
  invoker: Invoker;
  reports: Reports;
  mayFeed: (queue: Queue, account: string) => boolean;
  room: EventRoom;
  filterLine: FilterLine;
  /** Is aborted when Squab stops and no longer waits for invocations. */
  stopping: AbortSignal;
  /** Whether functions get no messages for now. Pollers must be woken when this changes. */
  isPaused: () => boolean;
}

/** What the messages of one batch share. */
interface Share {
  hold: Hold;
  /** Is aborted when the messages are void. */
  isVoid: AbortSignal;
}

interface Running {
  /** The message groups of a batch from a FIFO queue. */
  groups: ReadonlySet<string>;
  done: Promise<void>;
}

export class Poller {
  readonly #context: PollerContext;
  #mapping: Mapping;
  #filters: Filters;
  #isRemoved = false;
  readonly #fedQueue: FedQueue;
  /** Rings when the mapping, the functions or the existence of the queue has changed. */
  readonly #changes = new Bell();
  /** Rings when the function turns out to be throttled. */
  readonly #throttles = new Bell();
  /** Rings when a batch has ended. */
  readonly #ends = new Bell();
  readonly #running = new Set<Running>();
  readonly #parallelism = new Parallelism();
  /** How many batches wait because the function was throttled. */
  #throttled = 0;
  /** No batch is gathered before this instant. */
  #restsUntil: Millis = Number.NEGATIVE_INFINITY;
  readonly #leftOver: LeftOver;
  /** Resolves when the batch that is being gathered is complete, or cannot be. */
  #gathered = Promise.resolve();
  /** Rings when the messages that were received so far are void: their queue was replaced or removed. */
  readonly #voids = new Bell();
  /** Resolves once the mapping is removed, and its last batch has ended. */
  readonly ended: Promise<void>;

  constructor(context: PollerContext, mapping: Mapping) {
    this.#context = context;
    this.#mapping = mapping;
    this.#filters = filtersOf(mapping.settings.filters);
    this.#leftOver = new LeftOver(context.room);
    this.#fedQueue = new FedQueue(context);
    this.ended = this.#run();
  }

  get queue(): QueueKey {
    return this.#mapping.queue;
  }

  /**
   * Goes on with a changed mapping. A batch that is being gathered ends with the messages that there are. Resolves when
   * no receive with the former settings is in progress.
   */
  async change(mapping: Mapping): Promise<void> {
    if (isDeepStrictEqual(mapping, this.#mapping)) return;
    this.#mapping = mapping;
    this.#filters = filtersOf(mapping.settings.filters);
    await this.wake();
  }

  /** Looks again for the queue and the function. Resolves when no receive that began before is in progress. */
  async wake(): Promise<void> {
    this.#changes.ring();
    await this.#gathered;
  }

  /** Drops everything that was received so far, and looks again for the queue. No function is invoked with it any more. */
  restart(): void {
    this.#voids.ring();
    this.#leftOver.drop();
    this.#restsUntil = Number.NEGATIVE_INFINITY;
    this.#changes.ring();
  }

  /** Takes no more messages. Batches that are in progress end as usual. Resolves when no receive is in progress. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.wake();
  }

  /** Must be called when the clock was set back by `byMs`, so that nothing waits longer. */
  setBack(byMs: Millis): void {
    this.#restsUntil -= byMs;
    this.#changes.ring();
  }

  get #isActive(): boolean {
    return !this.#isRemoved && this.#mapping.settings.enabled;
  }

  async #run(): Promise<void> {
    const { machine, reports } = this.#context;
    while (!this.#isRemoved) {
      const { signal } = this.#changes;
      try {
        if (!(await this.#step(signal))) await rest([signal]);
      } catch (error) {
        // The next step finds out that the queue is gone.
        if (error instanceof SqsError && error.code === 'QueueDoesNotExist') continue;
        reports.failed(error);
        await rest([signal], machine, machine.now() + STORE_RETRY_MS);
      }
    }
    this.#leftOver.drop();
    await Promise.all([...this.#running].map(({ done }) => done));
    // If this fails, another node waits until this one has not been heard of for a while.
    this.#context.env.store.nodes?.stopsFeeding(this.#mapping.id).catch(() => {});
  }

  /** Starts a batch. Resolves to false if there is nothing to do until something changes. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const { machine, functions, room, isPaused } = this.#context;
    const mapping = this.#mapping;
    const target = functions.find(nameInArn(mapping.functionArn));
    if (!mapping.settings.enabled || !target || isPaused()) {
      this.#leftOver.drop();
      return false;
    }
    const { signal: throttles } = this.#throttles;
    if (!(await this.#waitForTurn(target, signal))) return true;
    const share: Share = { hold: room.hold(), isVoid: this.#voids.signal };
    let batch: Batch | undefined;
    try {
      const found = await this.#fedQueue.find(mapping);
      if (!found) return false;
      if (found.isAllowed) {
        batch = await this.#gather(found.queue, target, share, AbortSignal.any([signal, throttles]));
        if (batch) this.#start(batch, target, share);
        return true;
      }
    } finally {
      if (!batch) {
        share.hold.set(0);
        this.#leftOver.drop();
      }
    }
    await rest([signal], machine, machine.now() + LOOK_IN_MS);
    return true;
  }

  async #gather(queue: Queue, target: LocalFunction, share: Share, signal: AbortSignal): Promise<Batch | undefined> {
    const { env, reports, room, filterLine } = this.#context;
    const { hold, isVoid } = share;
    const mapping = this.#mapping;
    const gathering = gather({
      ...{ env, queue, mapping, filters: this.#filters, filterLine, leftOver: this.#leftOver, signal, room, hold },
      bytesMax: room.isCrowded ? SHORT_BATCH_BYTES : PAYLOAD_BYTES_MAX,
      receiver: `function ${target.name}`,
      mayPollAgain: async () => (await this.#fedQueue.find(mapping))?.isAllowed === true,
      onFiltered: (messages) => reports.filtered(target, queue, messages),
      onUndecided: (messages) => reports.undecided(target, mapping, queue, messages),
    });
    const end = () => {};
    this.#gathered = gathering.then(end, end);
    const batch = await gathering;
    return isVoid.aborted ? undefined : batch;
  }

  /** Resolves to true once another batch may be gathered, and to false if something has changed before. */
  async #waitForTurn(target: LocalFunction, signal: AbortSignal): Promise<boolean> {
    const { env, machine, room } = this.#context;
    const { clock, store } = env;
    const { maxConcurrency = Number.POSITIVE_INFINITY } = this.#mapping.settings;
    const most = Math.min(maxConcurrency, target.isEmulator ? 1 : Number.POSITIVE_INFINITY);
    while (!signal.aborted) {
      const { signal: ends } = this.#ends;
      const [now, running] = [clock.now(), this.#running.size];
      if (now < this.#restsUntil) await rest([signal], clock, this.#restsUntil);
      else if (this.#throttled > 0 || running >= (room.isCrowded ? 1 : most)) await rest([signal, ends]);
      // Only one node knows how many invocations there are, so that one node feeds the function for all.
      else if (most < Number.POSITIVE_INFINITY && (await store.nodes?.feeds(this.#mapping.id)) === false) {
        this.#leftOver.drop();
        await rest([signal], machine, machine.now() + LOOK_IN_MS);
      } else if (running >= this.#parallelism.limit(running, now)) {
        await rest([signal, ends], clock, this.#parallelism.growsAt);
      } else {
        // Messages that were left over have their room already.
        if (this.#leftOver.isEmpty) await room.wait(signal);
        return !signal.aborted;
      }
    }
    return false;
  }

  #start(batch: Batch, target: LocalFunction, { hold, isVoid }: Share): void {
    const groups = new Set(batch.queue.fifo ? batch.entries.flatMap(({ message }) => message.groupId ?? []) : []);
    // If a function takes longer than the visibility timeout, other messages of its groups can be received before it
    // ends.
    const before = [...this.#running].filter((other) => [...other.groups].some((group) => groups.has(group)));
    const carryOut = async () => {
      await Promise.all(before.map(({ done }) => done));
      await this.#invoke(batch, target, isVoid);
    };
    const done = carryOut()
      .catch((error) => this.#context.reports.failed(error))
      .finally(() => {
        hold.set(0);
        this.#running.delete(running);
        if (this.#running.size === 0) this.#parallelism.reset();
        this.#ends.ring();
      });
    const running = { groups, done };
    this.#running.add(running);
  }

  async #invoke(batch: Batch, target: LocalFunction, isVoid: AbortSignal): Promise<void> {
    const { machine, reports } = this.#context;
    const startedAt = machine.now();
    const outcome = await this.#attempt(batch, target, isVoid);
    if (outcome.kind === 'aborted') return;
    const { handled, reason } = handledOf(batch, outcome, this.#mapping.settings);
    const result = { outcome, handled, reason, durationMs: machine.now() - startedAt };
    reports.invoked(target, this.#mapping, batch, result);
    if (handled.size === 0) return;
    const { env } = this.#context;
    // Receipts that a restored snapshot has made void delete nothing: the engine knows which those are, also if another
    // node has restored it.
    const receipts = batch.entries.filter((entry) => handled.has(entry)).map(({ message }) => message.receipt);
    await env.store.delete(batch.queue.id, receipts, env.clock.now());
  }

  /** Invokes the function; while it is throttled, again for as long as the messages are hidden. */
  async #attempt(batch: Batch, target: LocalFunction, isVoid: AbortSignal): Promise<Outcome> {
    const { env, invoker, stopping, reports, isPaused } = this.#context;
    for (let backoffMs: Millis = BACKOFF_MS.first; ; backoffMs = Math.min(2 * backoffMs, BACKOFF_MS.max)) {
      while (isPaused() && !stopping.aborted) await rest([this.#changes.signal, stopping]);
      const { signal } = this.#changes;
      const outcome = await invoker.invoke(target, batch.event, stopping, { unless: isVoid });
      if (outcome.kind !== 'throttled') return outcome;
      const next = env.clock.now() + backoffMs;
      if (next >= batch.visibleAt || !this.#isActive) {
        this.#restsUntil = Math.max(this.#restsUntil, next);
        return outcome;
      }
      if (backoffMs === BACKOFF_MS.first) reports.throttled(target, batch, outcome.reason);
      this.#throttled++;
      this.#throttles.ring();
      await rest([signal, stopping], env.clock, next);
      this.#throttled--;
      if (stopping.aborted) return { kind: 'aborted', reason: 'Squab stopped' };
      if (!this.#isActive) return outcome;
    }
  }
}
