/**
 * Whatever happened to a queue, an explanation says what a receive then returns: random sequences over queues with
 * retention, delays, groups, in-flight limits and dead-letter queues, including cycles of them. SQUAB_SEQUENCES=1000
 * runs that many of each kind instead of a few dozen.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Input, Refusal, setup } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';

const SEQUENCES = Number(process.env.SQUAB_SEQUENCES ?? 30);

const queue = fc.nat(2);
const seconds = fc.constantFrom(0, 0, 1, 5, 30);
const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constant('send' as const),
      queue,
      group: fc.option(fc.constantFrom('a', 'b', 'c')),
      delay: fc.constantFrom(0, 0, 1, 60),
      count: fc.constantFrom(1, 1, 3, 10),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      verb: fc.constant('receive' as const),
      queue,
      max: fc.constantFrom(1, 2, 10),
      seconds,
    }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('change' as const), handle: fc.nat(), seconds }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('delete' as const), handle: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('pass' as const), seconds: fc.constantFrom(1, 5, 29, 60) }) },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constant('retain' as const), queue, seconds: fc.constantFrom(60, 3600) }),
  },
  { weight: 5, arbitrary: fc.record({ verb: fc.constant('explain' as const), queue, seconds }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** The dead-letter queue of each queue, which may be the queue itself. */
const redrives = fc.array(fc.option(fc.record({ target: queue, maxReceiveCount: fc.integer({ min: 1, max: 2 }) })), {
  minLength: 3,
  maxLength: 3,
});

class Sequence {
  readonly #fifo: boolean;
  readonly #handles: { QueueUrl: string; ReceiptHandle: string }[] = [];
  readonly #started: Awaited<ReturnType<typeof setup>>;
  readonly #urls: string[] = [];
  #sent = 0;

  constructor(started: Awaited<ReturnType<typeof setup>>, fifo: boolean) {
    this.#started = started;
    this.#fifo = fifo;
  }

  async run(commands: readonly Command[], targets: Redrives): Promise<void> {
    for (let index = 0; index < 3; index++) {
      const Attributes = { MessageRetentionPeriod: '3600', ...(this.#fifo && { FifoQueue: 'true' }) };
      this.#urls.push((await this.#call('CreateQueue', { QueueName: this.#name(index), Attributes })).QueueUrl);
    }
    for (const [index, redrive] of targets.entries()) {
      if (!redrive) continue;
      const { target, maxReceiveCount } = redrive;
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(this.#name(target)), maxReceiveCount });
      await this.#call('SetQueueAttributes', { QueueUrl: this.#urls[index], Attributes: { RedrivePolicy } });
    }
    for (const one of commands) await this.#do(one);
  }

  #name(index: number): string {
    return `q${index}${this.#fifo ? '.fifo' : ''}`;
  }

  #call(operation: string, input: Input) {
    return this.#started.client('JSON').call(operation, input);
  }

  async #do(one: Command): Promise<void> {
    switch (one.verb) {
      case 'send':
        for (let index = 0; index < one.count; index++) await this.#send(one);
        return;
      case 'receive':
        await this.#receive(one.queue, one.max, one.seconds);
        return;
      case 'change':
      case 'delete': {
        const handle = this.#handles[one.handle % this.#handles.length];
        if (!handle) return;
        const more = one.verb === 'change' ? { VisibilityTimeout: one.seconds } : {};
        const operation = one.verb === 'change' ? 'ChangeMessageVisibility' : 'DeleteMessage';
        await this.#call(operation, { ...handle, ...more }).catch((error) => expect(error).toBeInstanceOf(Refusal));
        return;
      }
      case 'pass':
        await this.#started.clock.advance(one.seconds * 1000);
        return;
      case 'retain': {
        const Attributes = { MessageRetentionPeriod: String(one.seconds) };
        await this.#call('SetQueueAttributes', { QueueUrl: this.#urls[one.queue], Attributes });
        return;
      }
      case 'explain':
        await this.#explain(one.queue, one.seconds);
    }
  }

  async #send({ queue: index, group, delay }: Extract<Command, { verb: 'send' }>): Promise<void> {
    const MessageBody = `message ${++this.#sent}`;
    const ids = { MessageGroupId: group ?? 'a', MessageDeduplicationId: `${this.#sent}` };
    const more = this.#fifo ? ids : { DelaySeconds: delay, ...(group && { MessageGroupId: group }) };
    await this.#call('SendMessage', { QueueUrl: this.#urls[index], MessageBody, ...more });
  }

  /** Resolves to the IDs of the received messages, or to the code of the refusal. */
  async #receive(index: number, max: number, VisibilityTimeout: number): Promise<string[] | string> {
    const QueueUrl = this.#urls[index]!;
    try {
      const { Messages = [] } = await this.#call('ReceiveMessage', {
        ...{ QueueUrl, MaxNumberOfMessages: max, VisibilityTimeout },
      });
      for (const { ReceiptHandle } of Messages) this.#handles.push({ QueueUrl, ReceiptHandle });
      return Messages.map(({ MessageId }: { MessageId: string }) => MessageId);
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
      return (error as Refusal).code;
    }
  }

  async #explain(index: number, visibilitySeconds: number): Promise<void> {
    const { clock, squab } = this.#started;
    const explain = () => squab.control.explain.receive(this.#name(index));
    const { outcome, next, changesAt, messages } = await explain();
    if (outcome === 'nothing' && changesAt !== undefined && Date.parse(changesAt) > clock.now() + 1) {
      await clock.advance(Date.parse(changesAt) - 1 - clock.now());
      expect(await explain()).toMatchObject({ outcome: 'nothing' });
      return;
    }
    const received = await this.#receive(index, 1, visibilitySeconds);
    expect(received).toEqual(outcome === 'over-limit' ? 'OverLimit' : outcome === 'message' ? [next!.messageId] : []);
    if (messages.visible + messages.inFlight + messages.delayed === 0) expect(received).toEqual([]);
  }
}

type Redrives = ({ target: number; maxReceiveCount: number } | null)[];

it.each([
  ['a standard queue', false],
  ['a FIFO queue', true],
])('an explanation says what a receive from %s then returns', async (_, fifo) => {
  const sequence = fc.array(command, { minLength: 15, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(redrives, fc.constantFrom(3, 120_000), sequence, async (targets, inFlightLimit, commands) => {
      const started = await setup({ inFlightLimit });
      try {
        await new Sequence(started, fifo).run(commands, targets);
      } finally {
        await started.squab.stop();
      }
    }),
    { numRuns: SEQUENCES, endOnFailure: true, interruptAfterTimeLimit: SEQUENCES * 1000 },
  );
});
