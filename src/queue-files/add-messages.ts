/** Adds the messages of a file to the queues that it creates. */

import { SqsError } from '../errors.ts';
import { parseArn, queueArn } from '../queues/arn.ts';
import { type CallSqs, Refused } from './call-sqs.ts';
import type { AddDeadLetter } from './dead-letters.ts';
import type { DeclaredMessage, DeclaredQueue } from './declared.ts';
import type { ExistingQueue } from './existing.ts';
import { QueueFileError } from './syntax/tree.ts';

/** The server to which queues are applied. */
export interface Server {
  callSqs: CallSqs;
  /** For messages in dead-letter queues. Without it, they are sent like all others. */
  addDeadLetter?: AddDeadLetter | undefined;
  /** Ends the work when it is aborted: what was created is deleted. */
  signal?: AbortSignal | undefined;
}

/**
 * Sends the messages of a queue, in order. Resolves to the number of messages that should have the name of the queue
 * that dead-lettered them, but do not. Throws QueueFileError if SQS refuses one.
 */
export async function addMessages(
  { messages }: DeclaredQueue,
  { url, owner, arn }: ExistingQueue,
  { callSqs, addDeadLetter, signal }: Server,
): Promise<number> {
  const key = parseArn(arn);
  let withoutSource = 0;
  for (const message of messages) {
    signal?.throwIfAborted();
    const { deadLetterSource, at } = message;
    await refusedAt(at, async () => {
      if (key && deadLetterSource !== undefined) {
        const source = parseArn(deadLetterSource) ? deadLetterSource : queueArn({ ...key, name: deadLetterSource });
        if (await addDeadLetter?.(key, message, source)) return;
        withoutSource++;
      }
      await callSqs('SendMessage', { QueueUrl: url, ...inputOf(message) }, owner);
    });
  }
  return withoutSource;
}

function inputOf({ input }: DeclaredMessage): object {
  const attributes = (given: typeof input.attributes) =>
    given &&
    Object.fromEntries(
      [...given].map(([name, { dataType, stringValue, binaryValue }]) => [
        name,
        { DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue },
      ]),
    );
  return {
    MessageBody: input.body,
    DelaySeconds: input.delaySeconds,
    MessageAttributes: attributes(input.attributes),
    MessageSystemAttributes: attributes(input.systemAttributes),
    MessageGroupId: input.groupId,
    MessageDeduplicationId: input.deduplicationId,
  };
}

/** Turns a refusal by SQS into a QueueFileError with its place in the file. */
export async function refusedAt<T>(at: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Refused || error instanceof SqsError)
      throw new QueueFileError(`${at}: ${error.message}`, { cause: error });
    throw error;
  }
}
