/** The shorthands in which tests speak to FIFO queues over a wire. Messages are named `{group}{number}`: `a1 a2 b1`. */

import type { StartOptions } from '../../src/index.ts';
import type { Fixture, Input, Output } from '../helpers.ts';

export interface FifoFixture extends Fixture {
  /** Makes a queue, `q.fifo` by default, that takes the names of messages as their deduplication ids. */
  fifo(name?: string, attributes?: Record<string, string>): Promise<string>;
  /** Sends messages by their names, one after the other; resolves to the answers. */
  send(QueueUrl: string, names: string, more?: Input): Promise<Output[]>;
  /** Receives up to ten messages, and keeps their handles. */
  receive(QueueUrl: string, more?: Input): Promise<Output[]>;
  /** As `receive`: the names. */
  names(QueueUrl: string, more?: Input): Promise<string>;
  /** Deletes messages by the handles that they were last received with. */
  remove(QueueUrl: string, names: string): Promise<void>;
  change(QueueUrl: string, name: string, VisibilityTimeout: number): Promise<void>;
  /** Messages that are visible, in flight and delayed. */
  counts(QueueUrl: string): Promise<number[]>;
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
      const answers = [];
      for (const name of names.split(' ')) {
        const ids = { MessageGroupId: name.slice(0, -1), MessageDeduplicationId: name };
        answers.push(await f.call('SendMessage', { QueueUrl, MessageBody: name, ...ids, ...more }));
      }
      return answers;
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
