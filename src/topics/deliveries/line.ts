/**
 * Delivers the backlog of one subscription. The line sleeps until the backlog may have a visible message, takes as many
 * as it may send at once, and settles each when its attempt is over: a delivered message is deleted, a failed one
 * hidden until its next attempt. A subscriber that is slow or down therefore delays no other, and waiting messages cost
 * nothing.
 */

import type { Waiters } from '../../queues/waiters.ts';
import { charactersOf } from '../../storage/content-size.ts';
import { type Delivery, type Message, type Receipt, STORE_RETRY_MS, type Store } from '../../storage/store.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { rest } from '../../time/rest.ts';
import type { Room } from './room.ts';

/** How long a message is hidden while it is being delivered; afterwards, it is taken again. An attempt is shorter. */
const ATTEMPT_HIDDEN_MS: Millis = 60_000;

const NEVER: Millis = Number.POSITIVE_INFINITY;

/** The backlog of a subscription has no limit of its own on messages in flight. */
export const IN_FLIGHT_LIMIT = 1_000_000_000;

/** What is to happen with a message after an attempt: its delay until the next one, or `done`. */
export type Settlement = Millis | 'done';

/**
 * Hides the message once more, and resolves to whether the line still has it: not if another node has restored a snapshot
 * since.
 */
export type Holds = () => Promise<boolean>;

export interface LineOptions {
  backlogId: number;
  store: Pick<Store, 'receive' | 'delete' | 'changeVisibility'>;
  waiters: Waiters;
  clock: Clock;
  machine: Clock;
  signal: AbortSignal;
  room: Room;
  /** Makes an attempt. Undefined leaves the message as it is: the line is about to end, or no longer has the message. */
  attempt(message: Message, holds: Holds): Promise<Settlement | undefined>;
  report(error: unknown): void;
}

export class Line {
  readonly #options: LineOptions;
  /** The latest receipts of the messages that are being delivered, by their keys. */
  #receipts = new Map<number, Receipt>();
  readonly #attempts = new Set<Promise<void>>();
  /** Called when an attempt is over. */
  #attemptEnded = () => {};

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Resolves when the signal is aborted, or the backlog does not exist any more, and the attempts are over. */
  async run(): Promise<void> {
    const { machine, signal, report } = this.#options;
    while (!signal.aborted) {
      try {
        const messages = await this.#next();
        if (messages === 'gone') break;
        while (this.#attempts.size >= this.#options.room.perLine) await this.#untilAttemptEnds();
      } catch (error) {
        report(error);
        await rest([signal], machine, machine.now() + STORE_RETRY_MS);
      }
    }
    await Promise.all(this.#attempts);
  }

  /** Not a race of all attempts: one that lasts for minutes would keep something in memory of each of thousands. */
  #untilAttemptEnds(): Promise<void> {
    return new Promise((resolve) => {
      this.#attemptEnded = resolve;
    });
  }

  /** Waits for messages. None are returned only if the signal is aborted. */
  async #next(): Promise<Message[] | 'gone'> {
    const { backlogId, waiters, signal } = this.#options;
    return (await waiters.poll({ queueId: backlogId, deadline: NEVER, signal, look: () => this.#look() })) ?? [];
  }

  async #look(): Promise<Message[] | 'gone' | undefined> {
    const { backlogId, store, clock, signal, room } = this.#options;
    const max = Math.max(1, room.perLine - this.#attempts.size);
    const giveBack = await room.reserve(max, signal);
    if (!giveBack) return undefined;
    try {
      const request = { max, visibilityMs: ATTEMPT_HIDDEN_MS, inFlightLimit: IN_FLIGHT_LIMIT, signal };
      let delivery: Delivery | undefined;
      do delivery = await store.receive(backlogId, request, clock.now());
      while (delivery === 'unfinished');
      if (delivery === undefined) return 'gone';
      if (delivery === 'over-limit' || delivery.length === 0) return undefined;
      for (const message of delivery) this.#start(message);
      return delivery;
    } finally {
      giveBack();
    }
  }

  /**
   * Must be called when all queues were replaced: attempts that began before then decide about no message that is taken
   * from now on. The engine knows which receipts of theirs are still valid.
   */
  queuesReplaced(): void {
    this.#receipts = new Map();
  }

  #start(message: Message): void {
    const { key } = message.receipt;
    const receipts = this.#receipts;
    const isUnderWay = receipts.has(key);
    receipts.set(key, message.receipt);
    // The clock was moved during an attempt, whose outcome decides about the message.
    if (isUnderWay) return;
    const leave = this.#options.room.enter(charactersOf(message));
    const attempt = this.#attempt(message, receipts)
      .catch(this.#options.report)
      .finally(() => {
        leave();
        receipts.delete(key);
        this.#attempts.delete(attempt);
        this.#attemptEnded();
      });
    this.#attempts.add(attempt);
  }

  async #attempt(message: Message, receipts: ReadonlyMap<number, Receipt>): Promise<void> {
    const { backlogId, store, clock } = this.#options;
    const hide = (visibilityMs: Millis) => {
      const receipt = receipts.get(message.receipt.key)!;
      return store.changeVisibility(backlogId, [{ receipt, visibilityMs }], clock.now());
    };
    const holds = async () => (await hide(ATTEMPT_HIDDEN_MS))?.[0] === 'changed';
    const settlement = await this.#options.attempt(message, holds);
    if (settlement === undefined) return;
    if (settlement !== 'done') await hide(settlement);
    else await store.delete(backlogId, [receipts.get(message.receipt.key)!], clock.now());
  }
}
