/**
 * Runs random sequences of every operation on a FIFO queue and its dead-letter queue. Squab and the reference
 * (fifo-reference.ts) must agree at every step: on the messages delivered and their order, on the results of deletes
 * and visibility changes, on duplicates, and on the counts.
 *
 * SQUAB_SEQUENCES=10000 runs that many sequences instead of a few hundred.
 *
 * To see whether the test finds bugs, some were planted. The numbers of sequences that it took to find each, in three
 * attempts:
 *
 * - Messages in flight also block the messages before them: 23, 25, 6.
 * - A group is unlocked before its last message in flight is deleted: 25, 46, 19.
 * - A hidden message in the middle of a group is skipped: 23, 680, 295.
 * - The deduplication window ends 1 ms late: 50, 32, 3.
 * - A duplicate extends the deduplication window: 100, 25, 59.
 * - A message keeps its deduplication ID when it is dead-lettered: 5, 16, 16.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SqsError } from '../../src/errors.ts';
import { createQueue, deleteQueue, findQueue, purgeQueue, setQueueAttributes } from '../../src/queues/catalog.ts';
import type { Env } from '../../src/queues/env.ts';
import { ReceiptHandles } from '../../src/queues/receipt-handle.ts';
import { type Received, receive } from '../../src/queues/receive.ts';
import { batchDelete, batchVisibilityChange, changeVisibility, deleteMessages } from '../../src/queues/received.ts';
import { Mover } from '../../src/queues/redrive/mover.ts';
import { batchSend, prepareSend, send } from '../../src/queues/send.ts';
import { Waiters } from '../../src/queues/waiters.ts';
import type { Engine } from '../../src/storage/engine.ts';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { QueueKey } from '../../src/storage/store.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { type Handle, ReferenceQueue, type Rules } from './fifo-reference.ts';

const SEQUENCES = Number(process.env.SQUAB_SEQUENCES ?? 0);

const queueName = fc.constantFrom('q', 'q', 'q', 'dlq');
const seconds = fc.constantFrom(0, 0, 1, 5, 30);
/** An index into the receipt handles so far, latest first. */
const someHandle = fc.oneof(fc.nat(3), fc.nat(9));
const handles = fc.array(someHandle, { minLength: 1, maxLength: 3 });

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      verb: fc.constant('send' as const),
      queue: queueName,
      // An entry without a deduplication ID gets a unique one.
      entries: fc.array(
        fc.record({ group: fc.constantFrom('a', 'a', 'a', 'b', 'c'), id: fc.option(fc.constantFrom('x', 'y', 'z')) }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      verb: fc.constant('receive' as const),
      queue: queueName,
      max: fc.constantFrom(1, 2, 3, 10),
      seconds,
      attempt: fc.option(fc.constantFrom('1', '2'), { nil: undefined, freq: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ verb: fc.constant('delete' as const), queue: queueName, handles }) },
  {
    weight: 7,
    arbitrary: fc.record({
      verb: fc.constant('change' as const),
      queue: queueName,
      entries: fc.array(fc.record({ handle: someHandle, seconds }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 999, 1000, 1000, 2000, 5000, 29_999, 30_000, 299_999, 300_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('delay' as const), seconds: fc.constantFrom(0, 1, 5) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('purge' as const), queue: queueName }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('sweep' as const), limit: fc.constantFrom(1, 100) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('restart' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

const rules = fc.record({
  scope: fc.constantFrom('queue' as const, 'messageGroup' as const),
  retentionMs: fc.constantFrom(60_000, 345_600_000),
  inFlightLimit: fc.constantFrom(3, 120_000),
  maxReceiveCount: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  delaySeconds: fc.constantFrom(0, 0, 1, 5),
});

/** A queue in Squab and in the reference, and the receipt handles from it. */
interface Side {
  key: QueueKey;
  reference: ReferenceQueue;
  /** Each handle as Squab returned it, and in the reference's form; latest first. */
  handles: { text: string; expected: Handle }[];
  /** The engine's key of each message, from which its sequence number follows, by message ID. */
  keys: Map<string, number>;
}

/** Runs sequences against Squab and the reference at the same time. */
class Pair {
  readonly #clock = new VirtualClock();
  readonly #folder: string | undefined;
  #store: Engine;
  #env: Env;
  #ids = 0;
  #largestKey = 0;
  #sides: Record<'q' | 'dlq', Side> | undefined;

  constructor(folder?: string) {
    this.#folder = folder;
    [this.#store, this.#env] = this.#open();
  }

  #open(): [Engine, Env] {
    const store = this.#folder === undefined ? new MemoryStore() : new SqliteStore(this.#folder);
    const clock = this.#clock;
    const waiters = new Waiters(clock, async () => undefined);
    const newId = () => `m${++this.#ids}`;
    const mover = new Mover({ store, clock, machine: clock, newId }, () => {});
    const receiptHandles = new ReceiptHandles(store.receiptSecret);
    return [store, { store, receiptHandles, clock, waiters, mover, inFlightLimit: 120_000, newId }];
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async run(queueRules: Rules & { delaySeconds: number }, commands: readonly Command[]): Promise<void> {
    const { scope, retentionMs, inFlightLimit, maxReceiveCount, delaySeconds } = queueRules;
    this.#env.inFlightLimit = inFlightLimit;
    const dlq = new ReferenceQueue({ ...queueRules, maxReceiveCount: undefined }, 0);
    const side = (name: string, reference: ReferenceQueue): Side => ({
      key: { account: '000000000000', region: 'us-east-1', name: `${name}.fifo` },
      reference,
      handles: [],
      keys: new Map(),
    });
    const sides = { q: side('q', new ReferenceQueue(queueRules, delaySeconds * 1000, dlq)), dlq: side('dlq', dlq) };
    this.#sides = sides;
    const attributes = [
      ['FifoQueue', 'true'],
      ['DeduplicationScope', scope],
      ['MessageRetentionPeriod', String(retentionMs / 1000)],
    ] as const;
    const target = 'arn:aws:sqs:us-east-1:000000000000:dlq.fifo';
    const redrive = JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount });
    await createQueue(this.#env, sides.dlq.key, { attributes: new Map(attributes), tags: new Map() });
    await createQueue(this.#env, sides.q.key, {
      attributes: new Map([
        ...attributes,
        ['DelaySeconds', String(delaySeconds)],
        ...(maxReceiveCount === undefined ? [] : ([['RedrivePolicy', redrive]] as const)),
      ]),
      tags: new Map(),
    });
    try {
      for (const one of commands) {
        await this.#carryOut(one);
        await this.#compareCounts();
      }
    } finally {
      for (const { key } of Object.values(sides)) await deleteQueue(this.#env, await findQueue(this.#env, key));
      await this.#store.expire(this.#clock.now(), 10_000);
    }
  }

  async #carryOut(one: Command): Promise<void> {
    const now = this.#clock.now();
    if (one.verb === 'pass') return this.#clock.advance(one.ms);
    if (one.verb === 'sweep') return void (await this.#store.expire(now, one.limit));
    if (one.verb === 'restart') return this.#restart();
    const side = this.#sides![one.verb === 'delay' ? 'q' : one.queue];
    const queue = await findQueue(this.#env, side.key);
    if (one.verb === 'send') {
      const inputs = one.entries.map(({ group, id }, index) => {
        return { body: 'm', groupId: group, deduplicationId: id ?? `own-${this.#ids + index + 1}` };
      });
      const sender = { id: '000000000000', traceHeader: undefined };
      const prepared = inputs.map((input) => prepareSend(this.#env, queue, input, sender, batchSend('')));
      const sent = await send(this.#env, queue, prepared);
      const sendings = inputs.map(({ groupId, deduplicationId }, index) => {
        return { id: prepared[index]!.message.messageId, group: groupId, deduplicationId };
      });
      expect(sent.map(({ messageId }) => messageId)).toEqual(side.reference.send(sendings, now));
      for (const { messageId, key } of sent) this.#checkKey(side, messageId, key);
    } else if (one.verb === 'receive') {
      const input = { max: one.max, visibilitySeconds: one.seconds, attemptId: one.attempt };
      const received = await receive(this.#env, queue, input, () => new AbortController().signal);
      const expected = side.reference.receive(one.max, one.seconds * 1000, one.attempt, now);
      expect(received.map(handleOf)).toEqual(expected);
      for (const [index, { message, receiptHandle }] of received.entries()) {
        this.#checkKey(side, message.messageId, message.receipt.key);
        expect(message.deduplicationId).toBe(side.reference.deduplicationIdOf(message.messageId));
        side.handles.unshift({ text: receiptHandle, expected: expected[index]! });
      }
    } else if (one.verb === 'delete') {
      const chosen = choose(side, one.handles);
      const texts = chosen.map(({ text }) => text);
      const refusals = await deleteMessages(this.#env, queue, texts, batchDelete);
      expect(refusals.map(outcome)).toEqual(chosen.map((handle) => side.reference.delete(handle.expected, now)));
    } else if (one.verb === 'change') {
      const chosen = one.entries.flatMap((entry) =>
        choose(side, [entry.handle]).map((chosen) => ({ ...chosen, ...entry })),
      );
      const inputs = chosen.map(({ text, seconds }) => ({ handle: text, visibilitySeconds: seconds }));
      const refusals = await changeVisibility(this.#env, queue, inputs, batchVisibilityChange(''));
      const expected = chosen.map(({ expected: handle, seconds }) =>
        side.reference.changeVisibility(handle, seconds * 1000, now),
      );
      expect(refusals.map(outcome)).toEqual(expected);
    } else if (one.verb === 'delay') {
      await setQueueAttributes(this.#env, queue, new Map([['DelaySeconds', String(one.seconds)]]));
      side.reference.setDelay(one.seconds * 1000);
    } else {
      await purgeQueue(this.#env, queue);
      side.reference.purge();
    }
  }

  async #restart(): Promise<void> {
    if (this.#folder === undefined) return;
    await this.#store.close();
    const { inFlightLimit } = this.#env;
    [this.#store, this.#env] = this.#open();
    this.#env.inFlightLimit = inFlightLimit;
  }

  async #compareCounts(): Promise<void> {
    const now = this.#clock.now();
    for (const { key, reference } of Object.values(this.#sides!)) {
      const queue = await findQueue(this.#env, key);
      expect(await this.#store.counts(queue.id, now)).toEqual(reference.counts(now));
    }
  }

  /** Checks that a message keeps its sequence number, and that a new message has a larger one than all before it. */
  #checkKey({ keys }: Side, id: string, key: number): void {
    const known = keys.get(id);
    const moved = this.#sides!.q.keys.get(id);
    // A message that was dead-lettered may be received only after later ones were sent.
    if (known !== undefined) expect(key).toBe(known);
    else expect(key).toBeGreaterThan(moved ?? this.#largestKey);
    this.#largestKey = Math.max(this.#largestKey, key);
    keys.set(id, key);
  }
}

const handleOf = ({ message: { messageId, groupId, receiveCount, receipt } }: Received) => {
  expect(receipt.receive).toBe(receiveCount);
  return { id: messageId, group: groupId, receive: receiveCount };
};

const choose = (side: Side, numbers: readonly number[]) =>
  numbers.flatMap((number) => side.handles[number % side.handles.length] ?? []);

function outcome(refusal: SqsError | undefined): string {
  if (!(refusal instanceof SqsError)) return 'success';
  return refusal.message.includes('has expired') ? 'expired' : 'not available';
}

async function runSequences(pair: Pair, numRuns: number): Promise<void> {
  const sequences = fc.asyncProperty(rules, fc.array(command, { maxLength: 60, size: 'max' }), (queueRules, commands) =>
    pair.run(queueRules, commands),
  );
  try {
    await fc.assert(sequences, { numRuns });
  } finally {
    await pair.close();
  }
}

describe('A FIFO queue behaves like the reference', () => {
  const folder = mkdtempSync(join(tmpdir(), 'squab-fifo-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const hour = 3_600_000;

  it('in memory', { timeout: hour }, () => runSequences(new Pair(), SEQUENCES || 300));

  it('in a data folder, with restarts', { timeout: hour }, () =>
    runSequences(new Pair(folder), SEQUENCES ? Math.ceil(SEQUENCES / 10) : 60),
  );
});
