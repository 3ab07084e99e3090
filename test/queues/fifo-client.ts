/**
 * Shorthands for tests of FIFO queues. Messages are named `{group}{number}`, with spaces between several: `a1 a2 b1`.
 */

import type { StartOptions } from '../../src/index.ts';
import type { Fixture, Input, Output } from '../helpers.ts';

export interface FifoFixture extends Fixture {
  /** Creates a FIFO queue, `q.fifo` by default, and resolves to its URL. */
  fifo(name?: string, attributes?: Record<string, string>): Promise<string>;
  /**
   * Sends messages one after another, each with its name as its body and its deduplication ID. Resolves to the
   * responses.
   */
  send(QueueUrl: string, names: string, more?: Input): Promise<Output[]>;
  /** Receives up to ten messages, and remembers their receipt handles. */
  receive(QueueUrl: string, more?: Input): Promise<Output[]>;
  /** Receives like `receive`, and resolves to the names of the messages. */
  names(QueueUrl: string, more?: Input): Promise<string>;
  /** Deletes messages, with the handles of their latest receives. */
  remove(QueueUrl: string, names: string): Promise<void>;
  /** Changes the visibility timeout of a message, with the handle of its latest receive. */
  change(QueueUrl: string, name: string, VisibilityTimeout: number): Promise<void>;
  /** Resolves to the numbers of visible, in-flight and delayed messages. */
  counts(QueueUrl: string): Promise<number[]>;
  /** Returns the handle of a message's latest receive. */
  handle(name: string): string;
}

export async function fifoFixture(
  fixture: (options?: StartOptions) => Promise<Fixture>,
  options?: StartOptions,
): Promise<FifoFixture> {
  const f = await fixture(options);
  const handles = new Map<string, string>();
  const handle = (name: string) => handles.get(name)!;
  const receive = async (QueueUrl: string, more: Input = {}) => {
    const { Messages = [] } = await f.call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, ...more });
    for (const { Body, ReceiptHandle } of Messages) handles.set(Body, ReceiptHandle);
    return Messages as Output[];
  };
  return {
    ...f,
    handle,
    receive,
    fifo: (name = 'q.fifo', attributes = {}) => f.queue(name, { FifoQueue: 'true', ...attributes }),
    async send(QueueUrl, names, more) {
      const responses = [];
      for (const name of names.split(' ')) {
        const ids = { MessageGroupId: name.slice(0, -1), MessageDeduplicationId: name };
        responses.push(await f.call('SendMessage', { QueueUrl, MessageBody: name, ...ids, ...more }));
      }
      return responses;
    },
    names: async (QueueUrl, more) => (await receive(QueueUrl, more)).map(({ Body }) => Body).join(' '),
    async remove(QueueUrl, names) {
      for (const name of names.split(' ')) await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: handle(name) });
    },
    change: (QueueUrl, name, VisibilityTimeout) =>
      f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: handle(name), VisibilityTimeout }),
    async counts(QueueUrl) {
      const AttributeNames = ['', 'NotVisible', 'Delayed'].map((kind) => `ApproximateNumberOfMessages${kind}`);
      const { Attributes } = await f.call('GetQueueAttributes', { QueueUrl, AttributeNames });
      return AttributeNames.map((name) => Number(Attributes[name]));
    },
  };
}
