/**
 * The verbs on messages that a random walk (walk.ts) carries out on a store and on the model. Each calls the store
 * before it waits for anything, so that several of them can share a turn of the event loop.
 */

import { expect } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import type { Delivery, NewMessage, Receipt, ReceiveRequest } from '../../src/storage/store.ts';
import type { Millis } from '../../src/time/clock.ts';
import type { Model } from './model.ts';
import type { ModelReceipt } from './model-state.ts';
import type { Random } from './random.ts';
import { message, request, unstorable } from './subject.ts';

export const DELAYS = [0, 0, 0, 1, 50, 400];
const TIMEOUTS = [0, 1, 50, 200];
/** The window of deduplication keys and attempts, in milliseconds. */
const WINDOW = 150;
/** How many of the latest receipts a walk remembers. */
const RECEIPTS = 150;

interface KnownReceipt {
  queueId: number;
  engine: Receipt;
  model: ModelReceipt;
}

/** Which queues a walk has. Those with tenants are standard queues, too, but engines may keep them in another way. */
export type QueueKind = 'fifo' | 'tenants' | 'standard';

/** Returns a random group, and in FIFO queues sometimes a deduplication key, for a new message. */
export function grouped(random: Random, kind: QueueKind): Partial<NewMessage> {
  if (kind === 'standard') return {};
  // With this many tenants, none is ever noisy.
  if (kind === 'tenants') return random.below(2) === 0 ? { groupId: `tenant-${random.below(20)}` } : {};
  const deduplication = { key: random.oneOf(['x', 'y', 'z']), windowMs: WINDOW };
  return {
    groupId: random.oneOf(['a', 'a', 'b', 'c']),
    ...(random.below(3) === 0 && { deduplication }),
  };
}

const messageIdsOf = (messages: Delivery | readonly { messageId: string }[] | undefined) =>
  Array.isArray(messages) ? messages.map(({ messageId }) => messageId) : messages;

export class WalkVerbs {
  /** Returns the current store; a walk may restart it. */
  readonly #store: () => Engine;
  /** Whether verbs of one turn may be carried out in any order, so that none is called before the one before has settled. */
  readonly #isConcurrent: boolean;
  readonly #model: Model;
  readonly #random: Random;
  readonly #kind: QueueKind;
  readonly #fifo: boolean;
  /** The latest last. */
  #receipts: KnownReceipt[] = [];

  constructor(
    { store, isConcurrent }: { store: () => Engine; isConcurrent: boolean },
    model: Model,
    random: Random,
    kind: QueueKind,
  ) {
    this.#store = store;
    this.#isConcurrent = isConcurrent;
    this.#model = model;
    this.#random = random;
    this.#kind = kind;
    this.#fifo = kind === 'fifo';
  }

  /** Carries out a random verb on one of these queues. */
  some(queues: readonly number[], now: Millis): Promise<void> {
    const id = this.#random.oneOf(queues);
    const chance = this.#random.below(100);
    if (chance < 24) return this.#send(id, now);
    if (chance < 58) return this.#receive(id, queues, now);
    if (chance < 68) return this.#delete(id, now);
    if (chance < 87) return this.#changeVisibility(id, now);
    if (chance < 90) return this.#makeVisible(id, now);
    if (chance < 92) return this.#failToSend(id, now);
    if (chance < 93) return this.#purge(id);
    return chance < 98 ? this.#deadLetter(id, queues, now) : this.#remove(id, now);
  }

  async #send(id: number, now: Millis): Promise<void> {
    const messages = Array.from({ length: 1 + this.#random.below(5) }, () =>
      message('walk', {
        ...{
          delayMs: this.#random.oneOf(DELAYS),
          deadLetterSource: this.#random.oneOf([undefined, undefined, `arn:${id}`]),
        },
        ...grouped(this.#random, this.#kind),
      }),
    );
    const sent = await this.#store().send(id, messages, now);
    expect(sent!.map(({ messageId }) => messageId)).toEqual(this.#model.send(id, messages, now));
  }

  /** Sends something that cannot be stored, so that the transaction of this turn fails, early or late. */
  async #failToSend(id: number, now: Millis): Promise<void> {
    const unprintable = message('walk', { attributes: new Map([['number', 1n as never]]) });
    const wrong = this.#random.oneOf([unstorable(), unprintable]);
    await expect(this.#store().send(id, [message('walk'), wrong], now)).rejects.toThrow();
  }

  async #receive(id: number, queues: readonly number[], now: Millis): Promise<void> {
    // A receive that moves too many messages ends early.
    const mayRedrive = this.#model.size(id) < 100 && this.#random.below(3) > 0;
    const attempt = { id: this.#random.oneOf(['x', 'y']), windowMs: WINDOW };
    const asked = request({
      max: 1 + this.#random.below(10),
      visibilityMs: this.#random.oneOf(TIMEOUTS),
      inFlightLimit: this.#random.oneOf([5, 120_000]),
      ...(this.#random.below(3) === 0 && { sizeLimit: sizeLimitOf(this.#random.below(6)) }),
      ...(this.#fifo && this.#random.below(2) === 0 && { attempt }),
      ...(mayRedrive && { redrive: this.#someRedrive(id, queues) }),
    });
    const store = this.#store();
    const preview = asked.attempt ? undefined : store.inspection.preview(id, asked, now);
    if (this.#isConcurrent) await preview;
    const receiving = store.receive(id, asked, now);
    if (this.#isConcurrent) await receiving;
    const next = store.nextVisibleAt(id, asked.inFlightLimit, now);
    const delivery = await receiving;
    const expected = this.#model.receive(id, asked, now);
    if (preview) {
      const { delivery: foreseen, nextVisibleAt } = (await preview)!;
      expect(messageIdsOf(foreseen)).toEqual(messageIdsOf(delivery));
      // For a FIFO queue, an engine may return an earlier instant: when a message may expire that locks a group.
      if (!this.#fifo) expect(nextVisibleAt).toBe(await next);
    }
    if (!Array.isArray(delivery) || !Array.isArray(expected)) return expect(delivery).toEqual(expected);
    const delivered = delivery.map(({ messageId, receiveCount, receipt, deadLetterSource }) => ({
      ...{ messageId, receiveCount, deadLetterSource },
      receipt: { receive: receipt.receive },
    }));
    expect(delivered).toEqual(expected.map(({ receipt: { receive }, ...rest }) => ({ ...rest, receipt: { receive } })));
    for (const [index, { receipt }] of delivery.entries()) {
      this.#receipts.push({ queueId: id, engine: receipt, model: expected[index]!.receipt });
    }
    this.#receipts = this.#receipts.slice(-RECEIPTS);
  }

  /** Any queue may be the target, including the queue itself. */
  #someRedrive(id: number, queues: readonly number[]) {
    const target = this.#random.oneOf(queues);
    return { targetId: target, maxReceiveCount: this.#random.oneOf([1, 1, 2, 3]), sourceArn: `arn:${id}` };
  }

  /** Returns random receipts of a queue, some of them old, some of them twice; most of messages that still exist. */
  #someReceipts(id: number): KnownReceipt[] {
    const known = this.#receipts.filter(({ queueId }) => queueId === id);
    const ofPresent = known.filter(({ model }) => this.#model.sentAt(id, model.place) !== undefined);
    const chosen = ofPresent.length > 0 && this.#random.below(4) > 0 ? ofPresent : known;
    if (chosen.length === 0) return [];
    return Array.from({ length: 1 + this.#random.below(4) }, () => this.#random.oneOf(chosen));
  }

  /**
   * Returns how long it is until the instant at which a message was sent, if the clock was set back since; otherwise 0.
   * Engines may differ in when a message expires that becomes visible before that instant.
   */
  #untilSent(id: number, { model }: KnownReceipt, now: Millis): Millis {
    return Math.max((this.#model.sentAt(id, model.place) ?? now) - now, 0);
  }

  async #delete(id: number, now: Millis): Promise<void> {
    const chosen = this.#someReceipts(id);
    const receipts = chosen.map(({ engine }) => engine);
    const outcomes = await this.#store().delete(id, receipts, now);
    this.#model.unexpired(id, now);
    expect(outcomes).toEqual(chosen.map(({ model }) => this.#model.delete(id, model, now)));
  }

  async #changeVisibility(id: number, now: Millis): Promise<void> {
    const changes = this.#someReceipts(id).map((receipt) => ({
      ...receipt,
      visibilityMs: Math.max(this.#random.oneOf(TIMEOUTS), this.#untilSent(id, receipt, now)),
    }));
    const asked = changes.map(({ engine, visibilityMs }) => ({ receipt: engine, visibilityMs }));
    const outcomes = await this.#store().changeVisibility(id, asked, now);
    this.#model.unexpired(id, now);
    expect(outcomes).toEqual(
      changes.map((change) => this.#model.changeVisibility(id, change.model, change.visibilityMs, now)),
    );
  }

  async #makeVisible(id: number, now: Millis): Promise<void> {
    const [receipt] = this.#someReceipts(id);
    if (!receipt || this.#untilSent(id, receipt, now) > 0) return;
    const shown = await this.#store().inspection.makeVisible(id, receipt.engine.key, now);
    this.#model.unexpired(id, now);
    expect(shown).toBe(this.#model.makeVisible(id, receipt.model.place, now));
  }

  async #purge(id: number): Promise<void> {
    expect(await this.#store().purge(id)).toBe(true);
    this.#model.purge(id);
  }

  async #deadLetter(id: number, queues: readonly number[], now: Millis): Promise<void> {
    const [receipt] = this.#someReceipts(id);
    const redrive = this.#someRedrive(id, queues);
    if (!receipt || this.#untilSent(id, receipt, now) > 0) return;
    const { engine, model } = receipt;
    const moved = await this.#store().inspection.deadLetter(id, engine.key, redrive, now);
    this.#model.unexpired(id, now);
    expect(moved).toBe(this.#model.deadLetter(id, model.place, redrive, now));
  }

  async #remove(id: number, now: Millis): Promise<void> {
    const [receipt] = this.#someReceipts(id);
    if (!receipt) return;
    const removed = await this.#store().inspection.remove(id, receipt.engine.key, now);
    this.#model.unexpired(id, now);
    expect(removed).toBe(this.#model.remove(id, receipt.model.place, now));
  }
}

/** A size limit by which every message has the size 1. */
function sizeLimitOf(max: number): NonNullable<ReceiveRequest['sizeLimit']> {
  return { of: () => 1, max: () => max };
}
